"""Virtual time: the largest total of sleeps along any path that leads to where it is asked for."""

from __future__ import annotations

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
