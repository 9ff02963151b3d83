"""The watchdog's rules, look by look, and the judgement of a report."""

from __future__ import annotations

from collections import Counter

import pytest

from verify.modelling import Model
from verify.scheduling.monitor import Blocked
from verify.stressing.report import StressReport, disappointment
from verify.stressing.watchdog import Watchdog


def parked(*tasks: int, timed: bool = False) -> list[Blocked]:
    return [Blocked(task, f"task-{task}", "acquire", (), "Lock 1", timed) for task in tasks]


def test_all_parked_twice_without_an_operation_is_a_deadlock() -> None:
    watchdog = Watchdog(60)
    assert watchdog.look([0, 1], parked(0, 1), {0: 5, 1: 5}) == ""
    assert watchdog.look([0, 1], parked(0, 1), {0: 5, 1: 5}) == "deadlock"


@pytest.mark.parametrize(
    "between",
    [
        ([0, 1], parked(0, 1), {0: 5, 1: 6}, False),  # an operation was begun
        ([0, 1], parked(0), {0: 5, 1: 5}, False),  # one runs
        ([0, 1, 2], parked(0, 1), {0: 5, 1: 5}, False),  # one has not begun yet
        ([0, 1], [*parked(0), *parked(1, timed=True)], {0: 5, 1: 5}, False),
        ([0, 1], parked(0, 1), {0: 5, 1: 5}, True),  # a stranger could wake them
    ],
)
def test_whoever_may_still_move_prevents_the_verdict(between: tuple) -> None:  # type: ignore[type-arg]
    watchdog = Watchdog(60)
    assert watchdog.look([0, 1], parked(0, 1), {0: 5, 1: 5}) == ""
    assert watchdog.look(*between) == ""
    watchdog.look([0, 1], parked(0, 1), between[2])
    assert watchdog.look([0, 1], parked(0, 1), between[2]) == "deadlock"


def test_a_hang_needs_patience_and_somebody_who_is_parked() -> None:
    """A patience below any clock's resolution: the first look without progress exhausts it."""
    for blocked, verdict in ((parked(0), "hang"), ([], ""), (parked(0, timed=True), "")):
        watchdog = Watchdog(1e-12)
        assert watchdog.look([0, 1], blocked, {0: 1}) == ""
        assert watchdog.look([0, 1], blocked, {0: 1}) == verdict
        assert watchdog.look([0, 1], blocked, {0: 2}) == ""


def model(expect: str) -> Model:
    return Model(lambda: None, expect)


@pytest.mark.parametrize(
    ("expect", "failures", "contradicts"),
    [
        ("proved", {}, False),
        ("proved", {"deadlock": 1}, True),
        ("proved", {"hang": 1}, True),
        ("deadlock", {}, False),  # a bug need not show for real
        ("deadlock", {"deadlock": 3}, False),
        ("deadlock", {"deadlock": 3, "assertion": 1}, True),
        ("assertion", {"deadlock": 1}, True),
        ("invariant", {"assertion": 1}, False),  # seen too late for itself: a consequence
    ],
)
def test_judgement(expect: str, failures: dict[str, int], contradicts: bool) -> None:
    report = StressReport("threads", 0, runs=10, failures=Counter(failures))
    assert bool(disappointment(model(expect), report)) == contradicts


def test_a_right_model_without_a_single_finished_run_is_no_silent_pass() -> None:
    report = StressReport("threads", 0, cut="its time was up")
    assert "no run came to its end" in disappointment(model("proved"), report)


def test_a_model_that_the_scheduler_cannot_carry_is_not_judged() -> None:
    report = StressReport("threads", 0, refusal="child is a Process")
    assert disappointment(model("proved"), report) == ""
