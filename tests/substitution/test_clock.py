"""`time`, explored: virtual, the same in each execution, and never too little."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from tests.substitution.exploring import outcomes

Say = Callable[[Any], None]


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.1, 0.7, 3, 86_400])
def test_at_least_as_much_time_passes_as_is_slept(seconds: float) -> None:
    def program(say: Say) -> None:
        for clock in (monotonic, time.time, time.perf_counter):
            began, began_ns = clock(), time.monotonic_ns()
            sleep(seconds)
            tolerated = 1e-6 if clock is time.time else 1e-12  # it has as few digits for real
            assert seconds <= clock() - began + tolerated
            assert clock() - began <= 1.01 * seconds + tolerated
            assert time.monotonic_ns() - began_ns <= 1_010_000_000 * seconds + 1
        say(began)

    assert len(outcomes(program)) == 1


def test_a_loop_until_a_deadline_ends() -> None:
    """A wait that timed out has taken its time, or it would begin again for ever."""

    def program(say: Say) -> None:
        changed = threading.Condition()
        deadline = monotonic() + 1
        waits = 0
        with changed:
            while (left := deadline - monotonic()) > 0:
                changed.wait(min(left, 0.5))
                waits += 1
        say(waits)

    assert outcomes(program) == {2}


def test_others_learn_how_late_it_is() -> None:
    def program(say: Say) -> None:
        done = threading.Event()

        def work() -> None:
            sleep(2)
            done.set()

        working = threading.Thread(target=work)
        began = monotonic()
        working.start()
        woken = done.wait(5)
        assert monotonic() - began >= (2 if woken else 5)
        say(woken)
        working.join()

    assert outcomes(program) == {True, False}


def test_what_a_test_has_put_in_their_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    def program(say: Say) -> None:
        began = monotonic()
        time.sleep(3)
        say(monotonic() - began)

    assert outcomes(program) == {0.0}
    assert set(slept) == {3}


def test_the_processors_time_and_the_time_outside_are_real() -> None:
    def program(say: Say) -> None:
        assert 0 < time.process_time() < 100_000
        with pytest.raises(ValueError, match="non-negative"):
            sleep(-1)
        say(time.time())

    assert outcomes(program) == {1_735_689_600.0}
    assert abs(time.time() - 1_735_689_600.0) > 1_000
