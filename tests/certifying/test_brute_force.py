"""Brute force counts what the reference counts: interleavings, classes, and how they end.

The reference (tests/reference) is another implementation of the operations, and of what a class is;
random programs are told to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.counts import programs
from tests.crosscheck import as_reference, as_verify
from tests.crosscheck.features import features
from tests.crosscheck.generator import describe
from tests.reference import programs as reference_programs
from tests.reference.enumeration import TooMany, survey
from tests.reference.world import Program
from tests.unit.test_arrows import VERIFY, imports
from verify.certifying.brute_force import BruteForce, Classes, Tally
from verify.exploration.classes import class_of
from verify.scheduling.dice import Dice
from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored

NAMED = (
    ("store_buffering", ()),
    ("racyinc", (2,)),
    ("readers", (3,)),
    ("writers", (3,)),
    ("spawnjoin", (3,)),
    ("semmutex", (3,)),
    ("flagwait", (2,)),
    ("barrier", (2,)),
    ("lastzero", (3,)),
)


def never(tally: Tally) -> bool:
    """Go on to the end."""
    return False


class Bold(BruteForce):
    """Counts what failed, and goes on."""

    def __init__(self, program: Callable[[], object], engine: Explored | None = None) -> None:
        super().__init__(program, engine or Explored(), never)
        self.outcomes: dict[int, str] = {}

    def _run(self, *how: object) -> Execution:
        execution = super()._run(*how)  # type: ignore[arg-type]
        self.tally.failing = None
        return execution


def agrees(program: Callable[[], object], reference: Program, awaiting: bool = False) -> None:
    """Demand that brute force counts what the reference counts."""
    expected = survey(reference, limit=3_000)
    engine = Explored()
    engine.awaiting.on = awaiting
    every = Bold(program, engine)
    if sum(ending.interleavings for ending in expected.classes.values()) <= 800:
        assert every.every_interleaving()
        assert every.tally.executions == sum(one.interleavings for one in expected.classes.values())
        assert len(every.tally.classes) == len(expected.classes)
    once = Bold(program, engine)
    assert once.every_beginning()
    assert len(once.tally.classes) == len(expected.classes)
    assert every.tally.classes <= once.tally.classes


@pytest.mark.parametrize(("name", "arguments"), NAMED)
def test_named_programs(name: str, arguments: tuple[int, ...]) -> None:
    agrees(getattr(programs, name)(*arguments), getattr(reference_programs, name)(*arguments))


def random_programs(kind: str, count: int) -> Iterator[int]:
    """The numbers of the first programs that are small enough to be enumerated."""
    number = 0
    while count:
        description = describe(number, 0, 3, kind=kind)
        try:
            survey(as_reference.program(description), limit=300)
        except TooMany:
            pass
        else:
            count -= 1
            yield number
        number += 1


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        *(("", 25), ("spinning", 5), ("ending", 5)),
        *(
            pytest.param(kind, 300, marks=pytest.mark.nightly)
            for kind in ("", "spinning", "ending")
        ),
    ],
)
def test_random_programs(kind: str, count: int) -> None:
    for number in random_programs(kind, count):
        description = describe(number, 0, 3, kind=kind)
        agrees(
            as_verify.program(description),
            as_reference.program(description),
            awaiting="spinning" in features(description),
        )


@pytest.mark.parametrize("number", range(20))
def test_a_class_is_what_the_search_takes_for_one(number: int) -> None:
    """Two hashes are equal iff the two values are (exploration/classes.py) from which it is known
    whether an execution was seen before: of executions drawn at random, with many pairs alike."""
    program = as_verify.program(describe(number, 1, 3))
    engine = Explored()
    pairs = set()
    for draw in range(50):
        dice = Dice(f"{draw}")

        def choose(engine: Explored, dice: Dice = dice) -> tuple[int, int]:
            task = dice.choice(engine.enabled)
            return task, dice.randrange(engine.options(task))

        execution = engine.run(program, choose)
        pairs.add((Classes().of(execution), class_of(execution, engine.names)))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


def test_what_was_kept_of_an_execution_makes_no_difference() -> None:
    """A class that is told event by event, with beginnings kept, is that of the whole."""
    classes, engine = Classes(), Explored()
    before: list[tuple[int, int]] = []
    for draw in range(50):
        dice = Dice(f"{draw}")
        execution = engine.run(
            programs.racyinc(3), lambda view, d=dice: (d.choice(view.enabled), 0)
        )  # type: ignore[misc]
        schedule = list(execution.schedule)
        common = 0
        while common < min(len(before), len(schedule)) and before[common] == schedule[common]:
            common += 1
        # what the last common step did may differ still: whether it ended its task
        classes.keep(common)
        assert classes.of(execution) == Classes().of(execution)
        before = schedule


def test_it_shares_nothing_with_the_search() -> None:
    """Not even by way of what it imports."""
    found, todo = set(), ["verify.certifying.brute_force"]
    while todo:
        module = todo.pop()
        if module in VERIFY and module not in found:
            found.add(module)
            todo += imports(VERIFY[module].read_text(encoding="utf-8"), VERIFY)
    assert "verify.scheduling.explored" in found
    assert [one for one in found if one.startswith("verify.exploration")] == []
