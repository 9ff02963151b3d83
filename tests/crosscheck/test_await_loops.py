"""Random programs with loops that only look, as in test_random_programs.py.

The reference knows of its loops that they are such; the explorer has to find out. By default fifty
programs; VERIFY_CROSSCHECK_LOOPS=10000 sets another number, VERIFY_CROSSCHECK_SEED another
seed.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache

import pytest

import verify
from tests.counts import exploring
from tests.crosscheck import as_reference, as_verify
from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.features import features
from tests.crosscheck.generator import Description
from tests.crosscheck.sweeping import Range, agree
from tests.reference.enumeration import Survey, TooMany, survey
from verify.exploration import carrying

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK_LOOPS", "50"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))

SHARES = {"livelock": 0.4, "ok": 0.2, "deadlock": 0.2, "2 tasks": 0.3, "3 tasks": 0.2}
"""How many of all programs, at least, can end so, or have so many tasks."""


def test_random_programs() -> None:
    agree(Range(SEED, 4, 250, kind="spinning"), 0, PROGRAMS, SHARES)


@pytest.mark.nightly
def test_ten_thousand_larger_programs() -> None:
    agree(Range(SEED, 4, 2_500, kind="spinning"), 1_000_000, 10_000, SHARES)


def _spinning(*tasks: list[object], objects: str) -> Description:
    return Description(tuple(objects), 0, "all", tasks)  # type: ignore[arg-type]


LOOPS = {
    "a flag that is set": _spinning([("spin", "x", 1)], [("write", "x", 1)], objects="x"),
    "a flag that is set to what it was": _spinning(
        [("spin", "x", 1)], [("write", "x", 0)], [("write", "x", 0)], objects="x"
    ),
    "a loop that is entered again": _spinning(
        [("spin", "x", 1), ("spin", "x", 0)], [("write", "x", 1), ("write", "x", 0)], objects="x"
    ),
    # The second look of a round is where it has been before, if the first had been let go.
    "a round that is found out in its middle": _spinning(
        [("write", "x", 1), ("write", "y", 1), ("spin on both", "x", "y")],
        [("write", "x", 2)],
        objects="xy",
    ),
    # Let go by y, it goes round without having looked at y: now y lets it go no more.
    "a round that is shorter than the one before": _spinning(
        [("spin past", "x", "y")],
        [("write", "x", 1), ("write", "y", 0), ("write", "y", 0)],
        objects="xy",
    ),
    "a round that saw an object before and after a write": _spinning(
        [("write", "x", 1), ("spin twice", "x")],
        [("write", "x", 0), ("write", "x", 1)],
        objects="x",
    ),
    # A try that is let go may find the lock taken again.
    "a lock that others take meanwhile": _spinning(
        [("spin lock", "m", [])], [("with", "m", [])], [("with", "m", [])], objects="m"
    ),
    "who exchanges lets nobody go": _spinning(
        [("spin exchange", "a")], [("spin exchange", "a")], objects="a"
    ),
    "an event that is only pulsed": _spinning(
        [("spin for event", "e")], [("set", "e"), ("clear", "e")], objects="e"
    ),
    "the end of a child": _spinning(
        [("start", [("spin", "x", 1)]), ("spin while alive",)], [("write", "x", 1)], objects="x"
    ),
    # Three writes to two objects: any of them lets it go, and each may come after that.
    "the first of several writes lets it go": _spinning(
        [("spin past", "x", "y")],
        [("write", "y", 1)],
        [("write", "x", 0)],
        [("write", "y", 1)],
        objects="xy",
    ),
    # The look that is let go may be the try that takes the lock: it writes one of what it awaits.
    "a try that is let go by the other lock": _spinning(
        [("try", "m", []), ("try", "m", [])],
        [("spin locks", "n", "m")],
        [("try", "n", [])],
        objects="mn",
    ),
    # Let go, it may still have to wait until the queue is drained again.
    "let go, and not ready": _spinning(
        [("put", "q", 1)],
        [("task done", "q")],
        [("spin draining", "q", "x")],
        [("write", "x", 0)],
        objects="xq",
    ),
    "two who wait for each other": _spinning(
        [("spin", "x", 1), ("write", "y", 1)], [("spin", "y", 1), ("write", "x", 1)], objects="xy"
    ),
}


@cache
def classes(name: str) -> Survey:
    return enumerated(LOOPS[name])


@pytest.mark.parametrize("strategy", ["dpor", "source_dpor", "exhaustive"])
@pytest.mark.parametrize("name", LOOPS)
def test_every_class_once(name: str, strategy: str) -> None:
    assert difference(LOOPS[name], classes(name), strategy) == ""


@pytest.mark.parametrize("name", LOOPS)
def test_every_interleaving_once(name: str) -> None:
    """Brute force knows nothing of classes: it runs each as often as it has interleavings."""
    description = LOOPS[name]
    reference = as_reference.program(description)
    try:
        expected = survey(reference, limit=1_500)
    except TooMany:
        pytest.skip("too many interleavings")
    if expected.interleavings > 3_000:
        pytest.skip("too many interleavings")
    found = exploring.survey(as_verify.program(description), reference, "brute_force")
    counts = {key: ending.interleavings for key, ending in expected.classes.items()}
    assert Counter(found.keys) == counts


@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize("strategy", ["dpor", "source_dpor", "exhaustive"])
@pytest.mark.parametrize("name", LOOPS)
def test_a_search_finds_out_by_itself(
    name: str, strategy: str, memoise: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it has to look for await loops, and that it cannot memoise."""
    monkeypatch.setattr(carrying, "WORTHWHILE", 0)
    description = LOOPS[name]
    expected = classes(name)
    report = verify.explore(
        as_verify.program(description), strategy=strategy, memoise=memoise, stop_at_first=False
    )
    assert report.complete
    assert report.outcomes == expected.outcomes
    if strategy == "dpor" and "looking at ends" not in features(description):
        assert report.blocked_executions == 0
    assert report.carrier == "re-executed"
