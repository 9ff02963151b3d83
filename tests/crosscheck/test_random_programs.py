"""Random programs: the explorer and the enumeration must tell the same story.

For each program, both name its classes (compared one by one, each run exactly once, and by dpor
nothing besides), how each ends, and the set of final states. Programs that can do too much to be
enumerated quickly are left out.

By default some hundred programs; VERIFY_CROSSCHECK=10000 sets another number (thousands are shared
out among all cores) and VERIFY_CROSSCHECK_SEED another seed. The nightly run takes ten thousand
larger ones.
"""

from __future__ import annotations

import os

import pytest

from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.features import features
from tests.crosscheck.generator import OBJECTS, Description, describe
from tests.crosscheck.sweeping import STRATEGIES, Range, agree

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK", "150"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))

SHARES = {
    "branching": 0.25,
    "deadlock": 0.25,
    "ok": 0.25,
    "exception": 0.1,
    "assertion": 0.05,
    "2 tasks": 0.25,
    "3 tasks": 0.2,
    "4 tasks": 0.15,
    "starting": 0.1,
    "joining": 0.08,
    "looking at ends": 0.03,
    **{f"object {name}": 0.03 for name in OBJECTS},
}
"""How many of all programs, at least, do, or can do, what makes them worth comparing."""


def test_random_programs() -> None:
    agree(Range(SEED, 4, 500), 0, PROGRAMS, SHARES)


@pytest.mark.nightly
def test_ten_thousand_larger_programs() -> None:
    agree(Range(SEED, 4, 5_000), 1_000_000, 10_000, SHARES)


def test_features() -> None:
    one = described(
        [("read", "x"), ("with", "m", [("bump", "x")]), ("choose", [[], []])], objects="xm"
    )
    assert features(one) == {"1 tasks", "object x", "object m"}
    for inside in (("try", "m", []), ("wait until", "c", "x")):
        other = described([], [("choose", [[], [("with", "m", [inside])]])], objects="m")
        assert features(other) == {"2 tasks", "object m", "branching"}
    inside = [("start", [("join", True)]), ("join", False)]
    other = described([("with", "m", inside)], objects="m")
    assert features(other) == {"1 tasks", "object m", "starting", "looking at ends"}
    assert "looking at ends" not in features(described(inside[1:], objects=""))
    start = ("start", [("read", "x")])
    assert "joining" in features(described([start, ("join", False), ("read", "x")], objects="x"))
    for last in ([start, ("join", False)], [("join", False), start, ("read", "x")]):
        assert "joining" not in features(described(last, objects="x"))


def test_the_same_number_is_the_sameprogram() -> None:
    assert describe(7, 1) == describe(7, 1)
    assert len({repr(describe(number)) for number in range(50)}) == 50


def described(
    *tasks: list[object], objects: str, permits: int = 0, watched: str = ""
) -> Description:
    """A description, with the settings that few programs look at."""
    return Description(tuple(objects), permits, "all", tasks, (), tuple(watched))  # type: ignore[arg-type]


REGRESSIONS = {
    # A lock may be released by somebody else between taking it and notifying: notify looks at it.
    "notify looks at the lock": described(
        [("acquire", "m"), ("up", "s"), ("notify", "c", 1)],
        [("down", "s"), ("release", "m")],
        objects="mcs",
    ),
    # A wait that was woken times out there, and leaves the event as it is: what is demanded of that
    # is between it and the write, all the same.
    "an invariant that a late event writes in another place": described(
        [("write", "x", 1)],
        [("await", "e", True), ("clear", "e")],
        [("set", "e")],
        objects="xe",
        watched="xe",
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
    # What begins the reversal of A's taking before C's giving back, in the executions where D reads
    # before B writes, is D's reading; and that had a branch when the race was first met.
    "a race that was planned, and not for all executions": described(
        [("down", "s"), ("up", "s")],
        [("write", "x", 1)],
        [("if", "x", 1, [("down", "s")], [("up", "s")])],
        [("read", "x")],
        objects="xs",
        permits=1,
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
