"""`time`, explored: virtual, the same in each execution, and never too little."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, as_completed
from time import monotonic, sleep
from typing import Any

import pytest

from tests.substitution.exploring import outcomes
from verify.scheduling.virtual_time import GLANCE
from verify.substitution.clock import RATE

Say = Callable[[Any], None]


def shown_after(looks: int) -> float:
    """What a task's clock has come to show by its looks alone: each takes one GLANCE more."""
    return sum(range(looks + 1)) * GLANCE * RATE


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.1, 0.7, 3, 86_400])
def test_at_least_as_much_time_passes_as_is_slept(seconds: float) -> None:
    def program(say: Say) -> None:
        for clock in (monotonic, time.time, time.perf_counter):
            began, began_ns = clock(), time.monotonic_ns()
            sleep(seconds)
            tolerated = 1e-6 if clock is time.time else 1e-12  # it has as few digits for real
            assert seconds <= clock() - began + tolerated
            at_most = 1.01 * seconds + shown_after(3 * 5)
            assert clock() - began <= at_most + tolerated
            assert time.monotonic_ns() - began_ns <= 1_000_000_000 * at_most + 1
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


def test_a_loop_that_only_looks_ends() -> None:
    """A second, a minute and an hour: the looks add up, fewer than as many as there are steps."""

    def program(say: Say) -> None:
        for seconds in (1, 60, 3_600):
            threading.Thread(target=until, args=(seconds, say)).start()

    def until(seconds: int, say: Say) -> None:
        began = monotonic()
        looks = 1
        while monotonic() - began < seconds:
            looks += 1
        say((seconds, looks))

    told = dict(outcomes(program))
    assert sorted(told) == [1, 60, 3_600]
    for seconds, looks in told.items():
        assert shown_after(looks - 1) < seconds <= shown_after(looks)
    assert told[3_600] < 90_000


def test_a_loop_that_looks_at_something_else_as_well_ends() -> None:
    """Each of its looks may be the first that finds the flag set, or none."""

    def program(say: Say) -> None:
        done = threading.Event()
        threading.Thread(target=done.set).start()
        deadline = monotonic() + shown_after(3)
        looks = 0
        while not done.is_set():
            looks += 1
            if monotonic() >= deadline:
                say("too late")
                return
        say(looks)

    assert outcomes(program) == {0, 1, 2, "too late"}


def test_time_is_over_at_once() -> None:
    """`as_completed` looks at the clock until no time is left."""

    def program(say: Say) -> None:
        with pytest.raises(TimeoutError):
            list(as_completed([Future[int]()], timeout=0))
        say("over")

    assert outcomes(program) == {"over"}


def test_how_late_it_is_does_not_depend_on_what_others_do() -> None:
    """Each task has its own clock, which catches up with the events that its own come after: it
    begins after main's first look, and comes after both where main has had the lock first.
    """

    def program(say: Say) -> None:
        def work() -> None:
            began = monotonic()
            with lock:
                say(("it", monotonic() - began))

        lock = threading.Lock()
        began = monotonic()
        working = threading.Thread(target=work)
        working.start()
        say(("main", monotonic() - began))
        with lock:
            pass
        working.join()
        assert monotonic() - began >= shown_after(2)

    first, both = GLANCE * RATE, 2 * GLANCE * RATE
    assert outcomes(program) == {("it", first), ("it", both), ("main", first)}


def test_a_look_that_is_part_of_a_step_takes_no_time() -> None:
    """Steps are carried out as often as the search needs them."""

    class Job:
        def __lt__(self, other: object) -> bool:
            return monotonic() > 0

    def program(say: Say) -> None:
        jobs: queue.PriorityQueue[Job] = queue.PriorityQueue()
        began = monotonic()
        for _ in range(5):
            jobs.put(Job())
        say(monotonic() - began)

    assert outcomes(program) == {shown_after(1)}


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

    assert outcomes(program) == {shown_after(1)}
    assert set(slept) == {3}


def test_the_processors_time_and_the_time_outside_are_real() -> None:
    def program(say: Say) -> None:
        assert 0 < time.process_time() < 100_000
        with pytest.raises(ValueError, match="non-negative"):
            sleep(-1)
        say(time.time())

    assert outcomes(program) == {1_735_689_600.0}
    assert abs(time.time() - 1_735_689_600.0) > 1_000
