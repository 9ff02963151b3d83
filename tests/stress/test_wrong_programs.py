"""Programs that fail for certain, in every run: what is reported, and that nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

import verify
from verify.stressing import runner


def together(*targets: Callable[[], object]) -> None:
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def acquire_twice() -> None:
    lock = verify.Lock()
    lock.acquire()
    lock.acquire()  # nobody else could release it


def opposite_orders() -> None:
    """AB-BA: each takes its own lock and says so; then both want the other's."""
    a, b = verify.Lock(), verify.Lock()
    has_a, has_b = verify.Event(), verify.Event()

    def a_first() -> None:
        with a:
            has_a.set()
            has_b.wait()
            with b:
                pass

    def b_first() -> None:
        with b:
            has_b.set()
            has_a.wait()
            with a:
                pass

    together(a_first, b_first)


def nobody_notifies() -> None:
    condition = verify.Condition()
    with condition:
        condition.wait()


def lost_update() -> None:
    """Both have read before either writes, so one of the two additions is lost."""
    count = verify.Shared(0)
    one_read, other_read = verify.Event(), verify.Event()

    def one() -> None:
        seen = count.value
        one_read.set()
        other_read.wait()
        count.value = seen + 1

    def other() -> None:
        seen = count.value
        other_read.set()
        one_read.wait()
        count.value = seen + 1

    together(one, other)
    assert count.value == 2


def raising_task() -> None:
    def fall() -> None:
        raise LookupError("nothing there")

    together(fall)


def over_the_bound() -> None:
    count = verify.Shared(0)
    verify.invariant(lambda: count.value < 3, name="at most two")
    count.value = 3


def test_a_lock_taken_twice_is_a_deadlock_at_once(on: str) -> None:
    """Well below the five seconds of patience; every run shows it, and the first is told."""
    report = verify.stress(acquire_twice, on=on, iterations=2)
    assert report.failures == {"deadlock": 2}
    assert report.elapsed < 4
    assert not report.ok and not report.stuck
    assert "main  acquire   Lock 1  itself" in report.hang
    assert "lock.acquire()  # nobody else could release it" in report.hang
    assert report.hang.partition("\n")[2] in str(report)


def test_opposite_lock_orders_name_both_tasks_and_whom_they_wait_for(on: str) -> None:
    report = verify.stress(opposite_orders, on=on, iterations=1)
    assert report.failures == {"deadlock": 1}
    rows = [line.split() for line in report.hang.splitlines()]
    assert ["main", "join", "-", "a_first-1"] in rows
    assert ["a_first-1", "acquire", "Lock", "2", "b_first-1"] in rows
    assert ["b_first-1", "acquire", "Lock", "1", "a_first-1"] in rows
    for task, line in (("main", "task.join()"), ("a_first-1", "with b:"), ("b_first-1", "with a:")):
        stack = report.hang.partition(f"stack of {task}, ")[2].partition("stack of ")[0]
        assert line in stack and "verify/scheduling" not in stack


def test_a_wait_that_nobody_ends_may_be_ended_by_anybody(on: str) -> None:
    report = verify.stress(nobody_notifies, on=on, iterations=1)
    assert report.failures == {"deadlock": 1}
    assert "main  wake      Condition 1  anybody" in report.hang


def test_a_failed_assertion_is_told_with_its_line(on: str) -> None:
    report = verify.stress(lost_update, on=on, iterations=3)
    assert report.failures == {"assertion": 3}
    (failure,) = report.first
    assert (failure.task, failure.kind) == ("main", "assertion")
    assert "assert count.value == 2" in failure.traceback
    assert "assert count.value == 2" in str(report)


def test_an_exception_in_a_task_is_told_with_task_and_traceback(on: str) -> None:
    report = verify.stress(raising_task, on=on, iterations=2)
    assert report.failures == {"exception": 2}
    (failure,) = report.first
    assert (failure.task, failure.message) == ("fall-1", "LookupError: nothing there")
    assert 'raise LookupError("nothing there")' in failure.traceback
    assert "in _run" not in failure.traceback  # none of our own frames above the user's


def test_invariants_are_looked_at_when_a_run_has_ended(on: str) -> None:
    report = verify.stress(over_the_bound, on=on, iterations=2)
    assert report.failures == {"invariant": 2}
    assert report.first[0].message == "at most two does not hold"


def test_a_run_counts_once_under_the_most_telling_failure(on: str) -> None:
    """The task falls while it holds the lock, so the main task waits for ever: an exception."""

    def program() -> None:
        lock = verify.Lock()

        def fall() -> None:
            lock.acquire()
            raise LookupError("with the lock")

        together(fall)
        lock.acquire()

    report = verify.stress(program, on=on, iterations=1)
    assert report.failures == {"exception": 1}
    assert [failure.kind for failure in report.first] == ["exception", "deadlock"]


def test_an_endless_loop_hangs_and_is_ended(on: str) -> None:
    def spin() -> None:
        while True:
            pass

    report = verify.stress(lambda: together(spin), on=on, seconds=30, patience=0.2)
    assert report.failures == {"hang": 1} and report.runs == 1
    assert "spin-1  (not parked)" in report.hang
    assert "while True:" in report.hang or "pass" in report.hang
    assert not report.stuck


def test_a_main_task_that_loops_is_ended_when_time_is_up(on: str) -> None:
    """Nobody is parked, so this may be a long computation: it is no failure, and no run either."""

    def spin() -> None:
        while True:
            pass

    report = verify.stress(spin, on=on, seconds=0.1, patience=0.2)
    assert (report.runs, report.cut) == (0, "its time was up")
    assert not report.failures and not report.ok


def test_a_run_that_makes_progress_for_ever_has_an_end(
    on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only iterations are asked for, and the first never ends: its task looks again and again."""
    monkeypatch.setattr(runner, "LONGEST_RUN", 0.2)

    def spin() -> None:
        flag = verify.Shared(False)
        while not flag.value:
            pass

    report = verify.stress(spin, on=on, iterations=3)
    assert (report.runs, report.cut) == (0, "it took 0.2 seconds; with --seconds it may take more")
    assert not report.failures and not report.ok


@pytest.mark.parametrize("on", ["threads", "coroutines"])
def test_a_task_that_really_blocks_is_named_and_left(on: str) -> None:
    """No exception reaches it; its thread is a daemon, and goes on once the lock is released."""
    real = threading.Lock()
    real.acquire()

    def block() -> None:
        real.acquire()

    before = set(threading.enumerate())
    report = verify.stress(lambda: together(block), on=on, seconds=30, patience=0.2)
    left = set(threading.enumerate()) - before
    real.release()
    for thread in left:
        assert thread.daemon
        thread.join()
    assert report.failures == {"hang": 1}, str(report)
    assert report.stuck == ["block-1"]
    assert "block-1" in str(report) and "really blocks" in str(report)


def test_a_real_thread_leaves_the_decision_to_patience() -> None:
    """It sets the event though every task is parked: no deadlock."""

    def program() -> None:
        event, looked = verify.Event(), threading.Event()
        helper = threading.Thread(target=lambda: (looked.wait(0.2), event.set()))
        helper.start()
        event.wait()
        helper.join()

    assert verify.stress(program, iterations=1).ok


@pytest.mark.parametrize("on", ["threads", "coroutines"])
def test_a_process_is_refused_by_name_where_it_cannot_be_carried(on: str) -> None:
    def program() -> None:
        verify.Process(target=print, name="child").start()

    report = verify.stress(program, on=on, seconds=30)
    assert "child is a Process" in report.refusal and "--on processes" in report.refusal
    assert report.runs == 0 and not report.ok
    assert str(report).startswith(f"not run on {on}")


def test_an_object_from_outside_is_refused(on: str) -> None:
    lock = verify.Lock()
    report = verify.stress(lock.acquire, on=on, iterations=1)
    assert report.failures == {"misuse": 1}
    assert "outside the model" in report.first[0].message


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"on": "mars"}, "threads, processes, coroutines"),
        ({"seconds": 0}, "seconds=0"),
        ({"seconds": float("nan")}, "seconds=nan"),
        ({"iterations": -1}, "iterations=-1"),
        ({"patience": 0}, "patience=0"),
    ],
)
def test_what_cannot_be_asked_for(arguments: dict[str, object], told: str) -> None:
    with pytest.raises(verify.UsageError, match=told):
        verify.stress(acquire_twice, **arguments)  # type: ignore[arg-type]
