"""The bounded search runs exactly the classes that some schedule within the bound shows.

What a class needs is found in the reference alone, which knows no strategy: `least` goes through
all beginnings of runs, told apart by class and by the task that ran last, with the fewest
preemptions that lead there. For small programs, every interleaving is counted by itself too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.counts import exploring, programs
from tests.crosscheck import as_reference, as_verify
from tests.crosscheck.generator import Description, describe
from tests.crosscheck.test_random_programs import REGRESSIONS, described
from tests.reference import programs as reference_programs
from tests.reference.enumeration import TooMany
from tests.reference.history import Key
from tests.reference.semantics import Task
from tests.reference.world import Choice, Program, World
from verify.errors import UsageError
from verify.exploration.bounded import Bounded

BOUNDS = (0, 1, 2, 3)


def _preempts(last: Task | None, choices: list[Choice], choice: Choice) -> bool:
    return last != choice[0] and any(task == last for task, _ in choices)


def least(program: Program, limit: int = 1_000_000) -> dict[Key, int]:
    """By class, the fewest preemptions among its interleavings."""
    found: dict[Key, int] = {}
    level: dict[tuple[Key, Task | None], tuple[int, World]] = {((), None): (0, World(program))}
    beginnings = 0
    while level:
        following: dict[tuple[Key, Task | None], tuple[int, World]] = {}
        for (key, last), (spent, before) in level.items():
            beginnings += 1
            if beginnings > limit:
                raise TooMany(f"more than {limit} beginnings")
            choices = before.choices()
            if not choices:
                found[key] = min(spent, found.get(key, spent))
            for choice in choices:
                world = before.copy()
                world.step(*choice)
                there = (world.history.key(), choice[0])
                cost = spent + _preempts(last, choices, choice)
                if there not in following or cost < following[there][0]:
                    following[there] = (cost, world)
        level = following
    return found


def every_interleaving(program: Program) -> Iterator[tuple[Key, int]]:
    """The class and the preemptions of every interleaving, one by one."""
    unfinished: list[tuple[Choice, ...]] = [()]
    while unfinished:
        schedule = unfinished.pop()
        world = World(program)
        last: Task | None = None
        spent = 0
        for choice in schedule:
            spent += _preempts(last, world.choices(), choice)
            world.step(*choice)
            last = choice[0]
        choices = world.choices()
        if not choices:
            yield world.history.key(), spent
        unfinished.extend((*schedule, choice) for choice in choices)


SMALL = (
    *(("lastzero", (2,)), ("readers", (2,)), ("writers", (3,)), ("lockinc", (2,))),
    *(("racyinc", (2,)), ("semmutex", (3,)), ("spawnjoin", (2,)), ("dining", (2,))),
    *(("store_buffering", ()), ("lostwake", (1,)), ("flagwait", (1,)), ("barrier", (2,))),
    *(("buffer", (1, 1)), ("semaphore_buffer", (1, 1)), ("lazy01", ()), ("sync01", ())),
)


@pytest.mark.parametrize(("name", "arguments"), SMALL)
def test_named_programs(name: str, arguments: tuple[int, ...]) -> None:
    reference = getattr(reference_programs, name)(*arguments)
    needed: dict[Key, int] = {}
    interleavings = list(every_interleaving(reference))
    for key, spent in interleavings:
        needed[key] = min(spent, needed.get(key, spent))
    assert least(reference) == needed
    program = getattr(programs, name)(*arguments)
    _compare(program, reference, needed, name)
    for bound in BOUNDS:
        strategy = Bounded(bound)
        found = exploring.survey(program, reference, lambda seed, made=strategy: made)
        within = Counter(key for key, spent in interleavings if spent <= bound)
        assert Counter(found.keys) == within, "each schedule within the bound once"
        assert strategy.cut == (len(interleavings) > within.total())


def _compare(
    program: Callable[[], object], reference: Program, needed: dict[Key, int], name: str
) -> None:
    before: set[Key] = set()
    for bound in BOUNDS:
        strategy = Bounded(bound)
        found = exploring.survey(program, reference, lambda seed, made=strategy: made)
        keys = set(found.keys)
        within = {key for key, spent in needed.items() if spent <= bound}
        lost, beyond = len(within - keys), len(keys - within)
        assert not lost and not beyond, f"{name}, {bound}: {lost} of {len(within)} lost, {beyond}"
        assert before <= keys, "a larger bound has all that a smaller one has"
        assert found.redundant == 0
        assert not strategy.begin()
        if not strategy.cut:
            assert len(keys) == len(needed), f"{name}, {bound}: nothing was cut, but some are lost"
        before = keys


def crosscheck(first: int, count: int, most_tasks: int, limit: int) -> int:
    """Compare the programs with so many numbers; how many classes needed a preemption."""
    preempted = 0
    for number in range(first, first + count):
        description = describe(number, 0, most_tasks)
        with suppress(TooMany):
            preempted += _crosscheck(description, f"program {number}: {description}", limit)
    return preempted


def _crosscheck(description: Description, name: str, limit: int = 1_000_000) -> int:
    reference = as_reference.program(description)
    needed = least(reference, limit)
    _compare(as_verify.program(description), reference, needed, name)
    return sum(spent > 0 for spent in needed.values())


def test_random_programs() -> None:
    assert crosscheck(0, 100, most_tasks=3, limit=200) > 100


@pytest.mark.nightly
def test_thousands_of_random_programs() -> None:
    crosscheck(3_000_000, 5_000, most_tasks=3, limit=2_000)


TAKING_RACES_BACK_LOSES_CLASSES = [
    described(
        [("write", "x", 0), ("acquire", "m")],
        [
            (
                *("if", "x", 1),
                [("alive",), ("with", "m", [("notify", "c", 1)])],
                [
                    ("with", "m", [("bump", "x"), ("wait", "c", True)]),
                    ("with", "m", [("bump", "x"), ("write", "x", 1)]),
                ],
            ),
            ("with", "m", [("wait", "c", False)]),
            ("expect", "x", 1),
        ],
        objects="xmc",
    ),
    described(
        [
            ("with", "r", []),
            (
                *("if", "x", 1),
                [("with", "r", [("expect", "x", 0), ("bump", "x")])],
                [("with", "m", []), ("try", "r", [("read", "x")])],
            ),
        ],
        [
            *(("with", "r", [("bump", "x")]), ("acquire", "r")),
            *(("with", "m", [("write", "x", 1)]), ("release", "r")),
        ],
        objects="xmr",
    ),
    described(
        [
            (
                *("try", "m"),
                [
                    ("bump", "x"),
                    (
                        *("if", "x", 1),
                        [("notify", "c", 1), ("wait until", "c", "x")],
                        [("wait until", "c", "x"), ("notify", "c", 9)],
                    ),
                ],
            ),
            (
                *("if", "x", 1),
                [("bump", "x")],
                [("with", "m", [("expect", "x", 0), ("wait", "c", False)]), ("alive",)],
            ),
            (
                *("with", "m"),
                [("choose", [[("bump", "x")], [("wait", "c", False)]]), ("expect", "x", 0)],
            ),
            ("bump", "x"),
        ],
        [("with", "m", [("read", "x")]), ("read", "x")],
        objects="xmc",
    ),
]


@pytest.mark.parametrize("description", TAKING_RACES_BACK_LOSES_CLASSES)
def test_programs_in_which_reversing_races_within_the_bound_is_not_enough(
    description: Description,
) -> None:
    assert _crosscheck(description, str(description)) > 0


@pytest.mark.parametrize("name", REGRESSIONS)
def test_programs_that_are_hard_to_reduce(name: str) -> None:
    _crosscheck(REGRESSIONS[name], name)


def _search(bound: int) -> Bounded:
    strategy = Bounded(bound)
    exploring.survey(programs.racyinc(2), reference_programs.racyinc(2), lambda seed: strategy)
    return strategy


def test_the_guarantee_names_the_bound_and_whether_it_mattered() -> None:
    assert Bounded(1).guarantee == "", "nothing was run"
    assert _search(1).cut
    assert _search(1).guarantee == "every schedule with at most 1 preemption was run"
    assert not _search(9).cut
    assert _search(9).guarantee == (
        "every schedule with at most 9 preemptions was run, and no schedule needs more"
    )


def test_a_negative_bound_is_refused() -> None:
    with pytest.raises(UsageError, match="-1 preemptions"):
        Bounded(-1)
