"""Random programs: the explorer and the enumeration must tell the same story.

For each program, both name its classes (compared one by one, each run exactly once), how each ends,
and the set of final states. Programs that can do too much to be enumerated quickly are left out.

By default some hundred programs; VERIFY_CROSSCHECK=10000 sets another number and
VERIFY_CROSSCHECK_SEED another seed. The nightly run takes ten thousand, larger ones.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.generator import Description, describe
from tests.reference.enumeration import TooMany

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK", "300"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))
STRATEGIES = ("dpor", "exhaustive")


def crosscheck(first: int, count: int, most_tasks: int, limit: int) -> Counter[str]:
    """Compare so many programs; how many they were, and how many of them can end in each way."""
    tally: Counter[str] = Counter()
    number = first
    while tally["compared"] < count:
        description = describe(number, SEED, most_tasks)
        number += 1
        try:
            expected = enumerated(description, limit)
        except TooMany:
            continue
        tally["compared"] += 1
        tally.update(expected.outcomes.keys())
        for strategy in STRATEGIES:
            found = difference(description, expected, strategy)
            name = f"program {number - 1} of seed {SEED}"
            assert not found, f"{name}, {strategy}: {found}: {description}"
    return tally


def test_random_programs() -> None:
    tally = crosscheck(0, PROGRAMS, most_tasks=3, limit=400)
    # The generator is worth something only if its programs go wrong often enough, in every way.
    assert tally["deadlock"] >= 0.25 * tally["compared"]
    assert tally["exception"] >= 0.1 * tally["compared"]
    assert tally["assertion"] >= 0.05 * tally["compared"]
    assert tally["ok"] >= 0.25 * tally["compared"]


@pytest.mark.nightly
def test_ten_thousand_random_programs() -> None:
    crosscheck(1_000_000, 10_000, most_tasks=4, limit=2_000)


def test_the_same_number_is_the_same_program() -> None:
    assert describe(7, 1) == describe(7, 1)
    assert len({repr(describe(number)) for number in range(50)}) == 50


def described(*tasks: list[object], objects: str, permits: int = 0) -> Description:
    """A description, with the settings that few programs look at."""
    return Description(tuple(objects), permits, "all", tasks)  # type: ignore[arg-type]


REGRESSIONS = {
    # A lock may be released by somebody else between taking it and notifying: notify looks at it.
    "notify looks at the lock": described(
        [("acquire", "m"), ("up", "s"), ("notify", "c", 1)],
        [("down", "s"), ("release", "m")],
        objects="mcs",
    ),
    # Only one of the two options ends the task, which another task looks at.
    "options of a choice sleep one by one": described(
        [("start", [("up", "s"), ("choose", [[], [("is set", "e")]])]), ("down", "s"), ("alive",)],
        objects="se",
    ),
    "all options of a choice cover, not one": described(
        [("start", [("up", "s"), ("choose", [[("is set", "e")], []])]), ("down", "s"), ("alive",)],
        objects="se",
    ),
    # The second task is notified and never gets the lock back; it could have timed out before.
    "a timed sleeper that was woken and is stuck": described(
        [("with", "m", [("notify", "c", 1), ("acquire", "m")])],
        [("with", "m", [("wait", "c", True)])],
        [("wait", "c", False)],
        objects="mc",
    ),
    # A release that raises is only a read: reversing a race decides which of the two it is.
    "a release that raises when it comes earlier": described(
        [("with", "m", [])],
        [("start", [("locked", "m")]), ("release", "m")],
        [("release", "m")],
        objects="m",
    ),
    # With the race reversed the child's release succeeds, and is not its last event.
    "a last event that is none when it comes earlier": described(
        [("with", "m", [])],
        [("start", [("release", "m"), ("acquire", "m")]), ("join", True)],
        objects="m",
    ),
    # The child's get depends on the put, and races with the look at its end for another reason.
    "a blocking last event whose end is looked at": described(
        [("start", [("get", "q")]), ("join", True)],
        [("put", "q", 1)],
        objects="q",
    ),
    # A sleeper that leaves is independent of the delivery that woke the other one.
    "the state after a sleeper has left": Description(
        ("p",),
        0,
        "one",
        (
            [("await", "p", True)],
            [("await", "p", True)],
            [("deliver", "p"), ("deliver", "p")],
        ),
    ),
    # As a time-out the wake touches the condition alone, and depends on nothing at the lock.
    "a wake that times out when it comes earlier": described(
        [("try", "m", [])],
        [("acquire", "m"), ("notify", "c", 1)],
        [("try", "m", [("wait", "c", True)])],
        objects="mc",
    ),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_was_wrong(name: str, strategy: str) -> None:
    description = REGRESSIONS[name]
    assert difference(description, enumerated(description), strategy) == ""
