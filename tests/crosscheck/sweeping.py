"""Compare ranges of random programs, on all cores.

    sweep      hands out chunks of program numbers, and collects what came of them in their order
    _chunk     one chunk, in whatever process
    _compare   one program: enumerate, explore, look at what it is good for

Which programs are compared depends on nothing but the numbers: the first `count` from `first` on
that are small enough to be enumerated, and that do what they are to. Every program is explored with
dpor, every other one also in pieces, by one search or as if by several workers, and every tenth
also without any reduction but sleep sets, and by dpor with its tasks started in another order and
with another seed, neither of which may change anything.
Programs that end processes or give them copies have no other search than that with sleep sets, into
which every strategy falls: all are explored like this, and every tenth by the others, too.
"""

from __future__ import annotations

import gc
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count as count_from, permutations
from multiprocessing import get_context
from typing import Any, NamedTuple

from tests.crosscheck.apart import apart
from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.dividing import divided
from tests.crosscheck.features import features
from tests.crosscheck.generator import Description, describe
from tests.reference.enumeration import TooMany
from verify.exploration.case import Cases
from verify.exploration.frontier import Frontier
from verify.exploration.pieces import Pieces
from verify.exploration.strategy import Strategy
from verify.exploration.validator import checking

STRATEGIES = ("dpor", "exhaustive")
OF_A_CHILD = ("join", "alive", "spin joining", "spin while alive")
"""Actions that are none without a child."""
OFTEN = 2
"""Of so many programs, one is looked at in pieces, too."""
THOROUGH = 10
"""Of so many programs, one is looked at in every way."""
SEVERAL = 10
"""A program with more classes than these has something to explore."""
CHUNK = 50
WORTH_PROCESSES = 1_000
"""Fewer programs are compared before the other processes are up."""


class Range(NamedTuple):
    """Which programs: a seed, how large they are, how many beginnings they may have at most, and
    their kind: "spinning" for loops that only look, "ending" for processes that are terminated."""

    seed: int
    most_tasks: int
    limit: int
    kind: str = ""


class Compared(NamedTuple):
    """What came of a program: all that it is and the ways in which it can end; what differed."""

    features: frozenset[str]
    difference: str


def agree(programs: Range, first: int, count: int, shares: Mapping[str, float]) -> None:
    """Demand that so many programs agree, and are worth it: `shares` says how many of them, at
    least, do or can do what."""
    tally, disagreements = sweep(programs, first, count)
    shown = "\n".join(disagreements[:20])
    assert not disagreements, f"{len(disagreements)} of {count} programs disagree:\n{shown}"
    assert tally["compared"] == count
    rare = {name: tally[name] / count for name in shares if tally[name] < shares[name] * count}
    assert not rare, f"too few programs of a sort: {rare}"


def sweep(programs: Range, first: int, count: int) -> tuple[Counter[str], list[str]]:
    """Compare `count` programs from number `first` on.

    How many were compared, and have each feature; and all disagreements, the shortest first.
    """
    tally: Counter[str] = Counter()
    disagreements: list[str] = []
    with _mapping(count) as mapped:
        for chunk in mapped(partial(_chunk, programs), count_from(first, CHUNK)):
            for compared in chunk[: count - tally["compared"]]:
                tally["compared"] += 1
                tally.update(compared.features)
                if compared.difference:
                    disagreements.append(compared.difference)
            if tally["compared"] == count:
                break
    return tally, sorted(disagreements, key=len)


@contextmanager
def _mapping(count: int) -> Iterator[Any]:
    """A lazy `map` over an endless range of chunks, by as many processes as are worth it."""
    cores = os.cpu_count() or 1
    if cores == 1 or count < WORTH_PROCESSES:
        yield map
        return
    # Spawned, not forked: greenlets and locks of this process are nobody else's.
    with get_context("spawn").Pool(cores, checking, (True,)) as pool:

        def mapped(work: Any, numbers: Iterable[int]) -> Iterator[Any]:
            """A few ahead, for `imap` would take in an endless range at once."""
            every = iter(numbers)
            ahead = deque(pool.apply_async(work, [next(every)]) for _ in range(4 * cores))
            while True:
                yield ahead.popleft().get()
                ahead.append(pool.apply_async(work, [next(every)]))

        yield mapped


def _chunk(programs: Range, first: int) -> list[Compared]:
    # By threshold, collecting would take a third of the time: an enumeration keeps what it makes.
    gc.disable()
    try:
        found = (_compare(programs, number) for number in range(first, first + CHUNK))
        return [compared for compared in found if compared is not None]
    finally:
        gc.enable()
        gc.collect()


def _compare(programs: Range, number: int) -> Compared | None:
    """Compare one program; None if it can do too much to be enumerated, or is of another sort."""
    description = describe(number, programs.seed, programs.most_tasks, kind=programs.kind)
    if programs.kind and programs.kind not in features(description):
        return None
    try:
        expected = enumerated(description, programs.limit)
    except TooMany:
        return None
    differing = ""
    for way, how in _ways(description, number, programs.kind):
        try:
            found = difference(description, expected, **how)
        except Exception as fault:  # one more that disagrees, and the others are of interest too
            found = f"{type(fault).__name__}: {fault}"
        if found:
            program = f"{programs.kind} program {number} of seed {programs.seed}".lstrip()
            differing = f"{program}, {way}: {found}: {description}"
            break
    kinds = features(description) | expected.outcomes.keys()
    if len(expected.classes) > SEVERAL:
        kinds |= {"several classes"}
    return Compared(kinds, differing)


def _ways(description: Description, number: int, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """How a program is explored: in words, and as arguments of `difference`."""
    if kind in ("ending", "forking"):  # dpor would find that out, and begin again like this
        yield "exhaustive", {"strategy": "exhaustive"}
        if number % THOROUGH == 0:
            yield "dpor", {"strategy": "dpor"}
            yield "source_dpor", {"strategy": "source_dpor"}
        return
    yield "dpor", {"strategy": "dpor"}
    turn, rest = divmod(number, OFTEN)
    if not rest:  # in the smallest of pieces, by turns in one search and as if by several workers
        lanes, least, workers = 1 + turn % 8, 1 + turn % 3, 1 + turn // 2 % 3
        how = f"in pieces, {lanes} at once, of {least} executions"
        by_workers = f"{how}, by {workers} workers"
        if turn % 2:
            yield how, {"strategy": lambda seed: Pieces(Frontier(least, lanes))}
        else:
            yield by_workers, {"strategy": lambda seed: apart(Frontier(least, lanes), workers)}
        after = 1 + turn // 3 % 4

        def by_cases(cases: Cases) -> Strategy:
            frontier = Frontier(least, lanes, cases=cases)
            return Pieces(frontier) if turn % 4 < 2 else apart(frontier, workers)

        yield (
            f"divided after {after}, {how if turn % 4 < 2 else by_workers}",
            {"strategy": lambda seed: divided(after), "by_cases": by_cases},
        )
    if number % THOROUGH:
        return
    yield "exhaustive", {"strategy": "exhaustive"}
    # A task that does nothing ends with the main task's step that starts it, whose number is
    # another in another order. These, of no child, are all that does nothing.
    if not any(actions[0][0] in OF_A_CHILD for actions in description.tasks):
        orders = list(permutations(range(len(description.tasks))))[1:]
        order = orders[number // THOROUGH % len(orders)]
        yield f"dpor, started in the order {order}", {"order": order, "seed": number}
