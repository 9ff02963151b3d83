"""Virtual time: the largest total of sleeps along any path that leads to where it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

import verify

Look = Callable[[verify.Thread], bool]
LOOKS: dict[str, Look] = {
    "is_alive": lambda child: not child.is_alive(),
    "a timed join": lambda child: child.join(1.0) is None and not child.is_alive(),
    "a join": lambda child: child.join() is None,
}


@pytest.mark.parametrize("strategy", ["dpor", "exhaustive", "brute_force"])
@pytest.mark.parametrize("look", LOOKS)
def test_who_sees_that_a_task_has_ended_is_later_than_its_sleeps(look: str, strategy: str) -> None:
    """The child's end is written by its last event, and read by whoever finds it over."""

    def program() -> None:
        x = verify.Shared(0)

        def child() -> None:
            verify.sleep(5)
            x.value = 1

        task = verify.Thread(target=child)
        task.start()
        over = LOOKS[look](task)
        assert verify.now() == (5 if over else 0)

    report = verify.explore(program, strategy=strategy, stop_at_first=False)
    assert (report.complete, set(report.outcomes)) == (True, {"ok"})


@pytest.mark.parametrize("strategy", ["dpor", "exhaustive", "brute_force"])
def test_a_clock_shows_what_calls_have_waited_in_vain_and_now_does_not(strategy: str) -> None:
    """Also to who comes after them: by a lock, a wake-up, a join."""

    def program() -> None:
        lock, event = verify.Lock(), verify.Event()
        began = time.monotonic()

        def child() -> None:
            late = not event.wait(5)
            with lock:
                ends.append(late)

        ends: list[bool] = []
        task = verify.Thread(target=child)
        task.start()
        event.set()
        with lock:
            late = ends == [True]
            assert (time.monotonic() - began >= 5) == late
        task.join()
        assert (time.monotonic() - began >= 5) == ends[0]
        assert verify.now() == 0

    report = verify.explore(program, strategy=strategy, stop_at_first=False)
    assert (report.complete, set(report.outcomes)) == (True, {"ok"})
