"""Programs whose numbers of classes are known by arithmetic, in the literature or by enumeration.

Each is counted four times, with nothing in common but the rules of counting: the number in the
table; this project's enumeration (tests/reference); the search with sleep sets; optimal DPOR. They
must agree on the classes one by one, on how each ends, and on the set of final states; where every
interleaving can be run, on the number of interleavings too.

Where the numbers come from:

    lastzero     the reader scans a[n] … a[0] for a zero; (n+3)·2^(n-2) (Abdulla et al., POPL 2014)
    readers      each of n reads comes before or after the one write: 2^n
    writers      any order of n writes differs from any other: n!
    indexer      no two of up to 11 tasks hash to a common slot: 1
    filesystem   no two of up to 13 tasks begin at a common block: 1
    lockinc      orders of n·r critical sections, each task's in order: (nr)!/(r!)^n
    racyinc      the n reads see each other's writes in (n!)² ways: the order of the writes, and for
                 the i-th writer's own read one of the i places before its write
    semmutex     a semaphore of one permit is a lock: n!
    spawnjoin    starting and joining add nothing: n!
    dining       who of two neighbours takes their common fork first: 2^n, less the one or two round
                 the circle that no run can have; all left is the deadlock, all right impossible
    store buffering  each task's read before or after the other's write, not both before: 3
    others       small enough to be listed by hand, and enumerated
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import factorial
from typing import Any, NamedTuple

import pytest

import verify
from tests.counts import exploring, programs
from tests.reference import enumeration, programs as reference_programs
from tests.reference.world import Program
from verify.exploration.report import Verdict


class Known(NamedTuple):
    """What is known of a program: its classes, failing ones among them, its interleavings when its
    tasks are simply there from the beginning."""

    name: str
    arguments: tuple[Any, ...]
    classes: int
    interleavings: int | None = None
    failing: tuple[tuple[str, int], ...] = ()

    def __repr__(self) -> str:
        return f"{self.name}({','.join(map(str, self.arguments))})"


DEADLOCK = (("deadlock", 1),)

KNOWN = [
    *(Known("lastzero", (n,), (n + 3) * 2 ** (n - 2), runs)
      for n, runs in ((2, 35), (3, 920), (4, 44300), (5, 3487880))),
    *(Known("readers", (n,), 2**n, factorial(n + 1)) for n in (2, 4, 6)),
    *(Known("writers", (n,), factorial(n), factorial(n)) for n in (3, 4, 5)),
    Known("indexer", (2,), 1),
    Known("filesystem", (2,), 1),
    Known("filesystem", (3,), 1),
    *(Known("lockinc", (n,), factorial(n), factorial(n)) for n in (2, 3, 4, 5)),
    Known("lockinc", (2, 2), 6, 6),
    Known("lockinc", (3, 2), 90, 90),
    Known("lockinc", (2, 5), 252, 252),
    Known("racyinc", (2,), 4, 6),
    Known("racyinc", (3,), 36, 90),
    Known("racyinc", (2, 2), 34, 70),
    Known("racyinc", (2, 3), 328, 924),
    Known("semmutex", (3,), 6, 6),
    Known("semmutex", (4,), 24, 24),
    Known("spawnjoin", (3,), 6),
    Known("spawnjoin", (4,), 24),
    *(Known("dining", (n,), 2**n - 1, runs, DEADLOCK)
      for n, runs in ((2, 6), (3, 168), (4, 98184))),
    *(Known("dining", (n, True), 2**n - 2, runs) for n, runs in ((3, 142), (4, 64000))),
    Known("store_buffering", (), 3, 6),
    Known("lostwake", (1,), 2, 2, DEADLOCK),
    Known("flagwait", (1,), 2, 2),
    Known("flagwait", (2,), 10, 10),
    Known("flagwait", (2, False), 8, 8, (("deadlock", 2),)),
    Known("barrier", (2,), 2, 2),
    Known("barrier", (3,), 12, 12),
    Known("buffer", (1, 1), 2, 2),
    Known("buffer", (1, 1, 1, 2), 8, 8),
    Known("buffer", (2, 2), 56, 56),
    Known("buffer", (2, 2, 2), 48, 48),
    Known("buffer", (2, 2, 1, 1, True), 60, 60, (("deadlock", 4),)),
    Known("buffer", (2, 2, 1, 1, False, True), 56, 56, (("assertion", 8),)),
    Known("semaphore_buffer", (1, 1), 1, 1),
    Known("semaphore_buffer", (2, 2), 4, 4),
    Known("lazy01", (), 6, 6, (("assertion", 2),)),
    Known("phase01", (), 6, 6, (("deadlock", 6),)),
    Known("sync01", (), 2, 2, (("deadlock", 2),)),
]  # fmt: skip

LARGER = [
    Known("lastzero", (6,), 9 * 2**4),
    Known("readers", (8,), 2**8, factorial(9)),
    Known("lockinc", (6,), factorial(6), factorial(6)),
    Known("racyinc", (4,), 576, 2520),
    Known("dining", (5,), 31, 66468720, DEADLOCK),
    Known("dining", (5, True), 30, 49719072),
    Known("indexer", (4,), 1),
]

COUNTABLE = [
    *("lastzero(2)", "readers(2)", "writers(3)", "writers(4)", "lockinc(2)", "lockinc(3)"),
    *("racyinc(2)", "racyinc(3)", "semmutex(3)", "spawnjoin(3)", "dining(2)", "store_buffering()"),
    *("lostwake(1)", "flagwait(1)", "flagwait(2)", "barrier(2)", "barrier(3)", "buffer(1,1)"),
    *("buffer(1,1,1,2)", "semaphore_buffer(1,1)", "lazy01()", "phase01()", "sync01()"),
]
"""So few interleavings, started from a main task, that they can be run one by one: up to 1256."""


@cache
def _reference(known: Known) -> Program:
    program: Program = getattr(reference_programs, known.name)(*known.arguments)
    return program


@cache
def _enumerated(known: Known) -> enumeration.Survey:
    return enumeration.survey(_reference(known), main_first=True)


def _check(known: Known, strategy: str) -> None:
    program = getattr(programs, known.name)(*known.arguments)
    expected = _enumerated(known)
    found = exploring.survey(program, _reference(known), strategy)
    failing = Counter(dict(known.failing))
    outcomes = failing + Counter(ok=known.classes - failing.total())
    assert (found.executions, found.outcomes) == (known.classes, outcomes)
    assert (len(expected.classes), expected.outcomes) == (known.classes, outcomes)
    assert Counter(found.keys) == Counter(expected.classes.keys()), "each class exactly once"
    assert found.finals == expected.finals
    if known.interleavings is not None:
        assert expected.interleavings == known.interleavings
    if strategy == "dpor":
        assert found.redundant == 0


@pytest.mark.parametrize("strategy", ["exhaustive", "dpor"])
@pytest.mark.parametrize("known", KNOWN, ids=repr)
def test_classes(known: Known, strategy: str) -> None:
    _check(known, strategy)


@pytest.mark.nightly
@pytest.mark.parametrize("strategy", ["exhaustive", "dpor"])
@pytest.mark.parametrize("known", LARGER, ids=repr)
def test_classes_of_larger_programs(known: Known, strategy: str) -> None:
    _check(known, strategy)


@pytest.mark.parametrize("known", [k for k in KNOWN if repr(k) in COUNTABLE], ids=repr)
def test_interleavings(known: Known) -> None:
    """Brute force runs as many interleavings as there are, and they fall into the same classes."""
    program = getattr(programs, known.name)(*known.arguments)
    expected = enumeration.survey(_reference(known))
    found = exploring.survey(program, _reference(known), "brute_force")
    assert found.executions == expected.interleavings
    assert found.outcomes == expected.outcomes_of_interleavings
    assert Counter(found.keys) == {
        key: ending.interleavings for key, ending in expected.classes.items()
    }
    assert found.finals == expected.finals


def test_interleavings_of_three_locked_increments_started_and_joined() -> None:
    """1256, by three ways of counting."""
    reference = reference_programs.spawnjoin(3)
    assert enumeration.survey(reference).interleavings == 1256
    assert sum(1 for _ in enumeration.every_run(reference)) == 1256
    assert exploring.survey(programs.spawnjoin(3), reference, "brute_force").executions == 1256


def test_interleavings_of_four_locked_increments_started_and_joined() -> None:
    """84 056, run one by one."""
    reference = reference_programs.spawnjoin(4)
    assert enumeration.survey(reference).interleavings == 84_056
    report = verify.explore(programs.spawnjoin(4), strategy="brute_force")
    assert (report.executions, report.blocked_executions) == (84_056, 0)
    assert report.verdict is Verdict.PROVED
