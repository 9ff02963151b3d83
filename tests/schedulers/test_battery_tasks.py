"""The battery: Thread and Process.

Starting and joining order events and are in no race; a task's last event also writes its end, which
`is_alive` and a timed join read.
"""

from __future__ import annotations

import pytest

import verify


def test_a_target_gets_its_arguments(carry):
    def program():
        got = verify.Shared(None)

        def target(first, second, *, third):
            got.value = (first, second, third)

        task = verify.Thread(None, target, "named", (1, 2), {"third": 3})
        task.start()
        task.join()
        return got.value, task.name

    carry(program, 1, {((1, 2, 3), "named")})


def test_run_can_be_overridden(carry):
    def program():
        got = verify.Shared(None)

        class Worker(verify.Thread):
            def run(self):
                got.value = "ran"

        task = Worker()
        task.start()
        task.join()
        return got.value

    carry(program, 1, {"ran"})


def test_a_task_starts_only_once(carry):
    def program():
        task = verify.Thread(target=lambda: None)
        task.start()
        with pytest.raises(RuntimeError, match="only be started once"):
            task.start()
        task.join()
        with pytest.raises(RuntimeError, match="only be started once"):
            task.start()

    carry(program, 1)


def test_joining_what_was_not_started(carry):
    def program():
        task = verify.Thread(target=lambda: None)
        with pytest.raises(RuntimeError, match="before it is started"):
            task.join()
        return task.is_alive(), task.ident

    carry(program, 1, {(False, None)})


def test_joining_oneself(carry):
    def program():
        refused = verify.Shared(False)

        class Worker(verify.Thread):
            def run(self):
                try:
                    self.join()
                except RuntimeError as error:
                    refused.value = "current thread" in str(error)

        task = Worker()
        task.start()
        task.join()
        return refused.value

    carry(program, 1, {True})


def test_a_task_knows_itself(carry):
    def program():
        seen = verify.Shared(None)

        class Worker(verify.Thread):
            def run(self):
                seen.value = (self.is_alive(), self.ident, verify.get_ident())

        task = Worker()
        task.start()
        task.join()
        alive, ident, own = seen.value
        return alive, ident == own == task.ident, own == verify.get_ident()

    carry(program, 1, {(True, True, False)})


def test_a_process_cannot_join_itself(exactly):
    def program():
        class Worker(verify.Process):
            def run(self):
                self.join()

        task = Worker()
        task.start()
        task.join()

    exactly(program, {"misuse": 1})


def test_joining_twice(carry):
    def program():
        task = verify.Thread(target=lambda: None)
        task.start()
        task.join()
        task.join()
        return task.is_alive()

    carry(program, 1, {False})


def test_a_task_without_a_target(carry):
    def program():
        task = verify.Thread()
        task.start()
        task.join()
        return task.is_alive()

    carry(program, 1, {False})


def test_looking_whether_it_is_alive(carry):
    def program():
        cell = verify.Shared(0)
        task = verify.Thread(target=lambda: setattr(cell, "value", 1))
        task.start()
        alive = task.is_alive()
        task.join()
        return alive, task.is_alive()

    # The look comes before or after the task's one event, which is its end.
    carry(program, 2, {(True, False), (False, False)})


def test_a_timed_join(carry):
    def program():
        gate, cell = verify.Lock(), verify.Shared(0)

        def wait():
            with gate:
                cell.value = 1

        with gate:
            task = verify.Thread(target=wait)
            task.start()
            task.join(0.001)
            alive = task.is_alive()
        task.join(60)
        return alive, cell.value if not task.is_alive() else 1

    # The first join gives up. The second is a read beside the release that is the task's end, and
    # so is the look behind it: both before, between them, or both after.
    carry(program, 3, {(True, 1)})


def test_tasks_start_tasks(carry):
    def program():
        count = verify.Atomic(0)

        def start(depth):
            count.add(1)
            if depth:
                children = [verify.Thread(target=start, args=(depth - 1,)) for _ in range(2)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()

        start(1)
        return count.load()

    # Two children add in either order.
    carry(program, 2, {3})


def test_an_exception_ends_its_task_and_no_other(exactly):
    def program():
        cell = verify.Shared(0)

        def fail():
            cell.value = 1
            raise KeyError("lost")

        task = verify.Thread(target=fail)
        task.start()
        task.join()
        assert cell.value == 1

    exactly(program, {"exception": 1})


@pytest.mark.parametrize("name", ["threads", "processes", "coroutines"])
def test_an_exception_is_reported_by_a_real_run(reported, name):
    def program():
        def fail():
            verify.Shared(0).value = 1
            raise KeyError("lost")

        task = verify.Thread(target=fail, name="unlucky")
        task.start()
        task.join()

    (failure,) = reported(name, program)
    assert (failure.task, failure.kind, failure.message) == (
        "unlucky",
        "exception",
        "KeyError: 'lost'",
    )


def test_a_daemon_may_be_left_behind(exactly):
    def program():
        verify.Thread(target=verify.Semaphore(0).acquire, daemon=True).start()

    exactly(program, {"ok": 1})


def test_a_deadlock_is_one_although_a_daemon_waits_too(exactly):
    def program():
        empty = verify.Semaphore(0)
        verify.Thread(target=empty.acquire, daemon=True).start()
        empty.acquire()

    exactly(program, {"deadlock": 1})


def test_coroutines_refuse_a_process(reported):
    def program():
        verify.Process(target=print, name="child").start()

    (failure,) = reported("coroutines", program)
    assert (failure.task, failure.kind) == ("main", "misuse")
    assert "child is a Process" in failure.message and "--on processes" in failure.message
