"""Whether a Thread has been started is no object of the harness, so looks at it must be in order.

A task that joins a thread which another starts races with that start: in one order it raises
RuntimeError, in the other it waits. Nothing that the search compares tells the two apart, so the
second is refused as misuse, unless something orders the start before the join.
"""

from __future__ import annotations

import pytest

import verify
from verify.exploration.strategies import STRATEGIES

SEARCHES = ["dpor", "exhaustive", "brute_force"]


def racing() -> None:
    other = verify.Thread(target=lambda: None, name="other")
    gate = verify.Shared(0)

    def join_it() -> None:
        assert gate.value == 0
        other.join()

    joiner = verify.Thread(target=join_it, name="joiner")
    joiner.start()
    other.start()


def started_before() -> None:
    """Main starts the other before it starts the joiner."""
    other = verify.Thread(target=lambda: None)
    other.start()
    joiner = verify.Thread(target=other.join)
    joiner.start()
    joiner.join()


def told() -> None:
    """Main starts the other before it sets the event that the joiner waits for."""
    other = verify.Thread(target=lambda: None)
    started = verify.Event()

    def join_it() -> None:
        started.wait()
        other.join()

    joiner = verify.Thread(target=join_it)
    joiner.start()
    other.start()
    started.set()
    joiner.join()


@pytest.mark.parametrize("strategy", SEARCHES)
def test_a_join_that_races_with_the_start_is_refuted(strategy: str) -> None:
    assert strategy in STRATEGIES
    report = verify.explore(racing, strategy=strategy, stop_at_first=False)
    assert report.outcomes and set(report.outcomes) <= {"exception", "misuse"}
    messages = " ".join(failure.message for failure in report.failures)
    assert "before it is started" in messages or "might not have been started" in messages


@pytest.mark.parametrize("strategy", SEARCHES)
@pytest.mark.parametrize("program", [started_before, told])
def test_a_join_that_comes_after_the_start_is_fine(program: object, strategy: str) -> None:
    report = verify.explore(program, strategy=strategy, stop_at_first=False)  # type: ignore[arg-type]
    assert report.complete and set(report.outcomes) == {"ok"}
