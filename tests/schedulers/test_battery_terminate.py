"""The battery: processes that are ended from outside.

Explored, a process may be ended before each of its events, its exit included, so one of k events
has k + 1 ends. On threads a process shares no object with its parent: only what needs none is
carried there.
"""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

import verify
from verify.errors import OwnerDied

PROCESSES = pytest.mark.parametrize("carry", ["explored", "threads", "processes"], indirect=True)
"""The schedulers that carry processes."""
SHARING = pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)
"""The schedulers on which processes share objects."""


@pytest.mark.parametrize(("end", "code"), [("terminate", -15), ("kill", -9)])
@PROCESSES
def test_exit_codes(carry, end, code):
    """It sleeps and exits: ended before either, it has the signal's code, else its own."""

    def program():
        task = verify.Process(target=verify.sleep, args=(60,))
        task.start()
        getattr(task, end)()
        task.join()
        return task.exitcode, task.is_alive()

    carry(program, 3, {(code, False), (0, False)} if carry.name == "explored" else {(code, False)})


@PROCESSES
def test_a_handler_of_its_parents_is_not_its_own(carry):
    def program():
        task = verify.Process(target=verify.sleep, args=(60,))
        task.start()
        task.terminate()
        task.join()
        return task.exitcode

    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        carry(program, 3, {-15, 0} if carry.name == "explored" else {-15})
    finally:
        signal.signal(signal.SIGTERM, before)


@PROCESSES
def test_who_has_ended_stays_as_it_is(carry):
    def program():
        task = verify.Process(target=lambda: None)
        task.start()
        task.join()
        task.terminate()
        task.kill()
        return task.exitcode

    carry(program, 1, {0})


@PROCESSES
def test_it_is_ended_once(carry):
    """Whoever comes second finds it ended. It sleeps and exits, so there are 3 orders with the
    first, and the second is a look."""

    def program():
        task = verify.Process(target=verify.sleep, args=(60,))
        task.start()
        task.terminate()
        task.kill()
        task.join()
        return task.exitcode

    carry(program, 3, {-15, 0} if carry.name == "explored" else {-15})


@SHARING
def test_what_it_held_is_abandoned(carry):
    """It is past its set, so it holds the lock: ended before its wait, or asleep in it."""

    def program():
        lock, taken, never = verify.Lock(), verify.Event(), verify.Event()

        def hold():
            with lock:
                taken.set()
                never.wait()

        task = verify.Process(target=hold, name="holder")
        task.start()
        taken.wait()
        task.terminate()
        told = []
        for timeout in (-1, 1000):
            with pytest.raises(OwnerDied, match=r"Lock 1 is held by .*holder"):
                lock.acquire(timeout=timeout)
            told.append(timeout)
        return tuple(told), lock.acquire(blocking=False), lock.locked()

    # Whether main has to sleep for the set, times whether the holder sleeps already.
    carry(program, 4, {((-1, 1000), False, True)})


@SHARING
def test_who_sleeps_for_its_lock_is_told(carry):
    """The sleeper asks for the lock before or after the holder has been ended: the same to all."""

    def program():
        lock, taken, told = verify.RLock(), verify.Event(), verify.Shared(False)
        never = verify.Event()

        def hold():
            lock.acquire()
            taken.set()
            never.wait()

        def want():
            try:
                lock.acquire()
            except OwnerDied:
                told.value = True

        holder = verify.Process(target=hold)
        holder.start()
        taken.wait()
        waiting = verify.Process(target=want)
        waiting.start()
        holder.kill()
        waiting.join()
        return told.value

    carry(program, 4, {True})


@SHARING
def test_a_wake_up_passes_over_the_dead(carry):
    """Both sleep, in one order, when the first is ended; the notify is the second one's."""

    def program():
        condition = verify.Condition()
        asleep = verify.Semaphore(0)

        def wait():
            with condition:
                asleep.release()
                condition.wait()

        first, second = verify.Process(target=wait), verify.Process(target=wait)
        first.start()
        asleep.acquire()
        with condition:
            second.start()
        asleep.acquire()
        with condition:
            first.terminate()
            condition.notify()
        second.join()
        return first.exitcode, second.exitcode

    carry(program, 1, {(-15, 0)})


@SHARING
@pytest.mark.parametrize("make", [verify.Lock, verify.RLock])
def test_who_cannot_take_the_lock_back_leaves_it_alone(carry, make):
    """The waiter is notified by one that dies with the lock in its hands. It hears of that, and its
    `with` does not release what is not its own: who comes later hears of it, too."""

    def program():
        lock, told = make(), verify.Shared("")
        condition, asleep, notified = verify.Condition(lock), verify.Event(), verify.Event()

        def wait():
            try:
                with condition:
                    asleep.set()
                    condition.wait()
            except OwnerDied:
                told.value = "told"

        def notify():
            lock.acquire()
            condition.notify()
            notified.set()
            verify.Event().wait()

        waiting, notifying = verify.Process(target=wait), verify.Process(target=notify)
        waiting.start()
        asleep.wait()
        lock.acquire()
        lock.release()
        notifying.start()
        notified.wait()
        notifying.kill()
        waiting.join()
        with pytest.raises(OwnerDied):
            lock.acquire()
        return told.value

    # Main sleeps for either event or does not, and the notifying process before it is killed or
    # does not: 2 x 2 x 2.
    carry(program, 8, {"told"})


@SHARING
def test_its_threads_end_with_it(carry):
    """The thread is asleep, or about to be, when its process is ended, and holds the lock."""

    def program():
        lock, taken, never = verify.Lock(), verify.Event(), verify.Event()

        def hold():
            lock.acquire()
            taken.set()
            never.wait()

        def begin():
            thread = verify.Thread(target=hold, name="thread")
            thread.start()
            thread.join()

        task = verify.Process(target=begin)
        task.start()
        taken.wait()
        task.terminate()
        never.set()  # nobody is left to go on
        with pytest.raises(OwnerDied, match="thread"):
            lock.acquire()

    # Whether main has to sleep for the set, times whether the thread sleeps already.
    carry(program, 4)


@SHARING
def test_no_finally_runs(carry):
    """Ended before it sleeps, or asleep; main reads after that."""

    def program():
        inside, unwound, never = verify.Event(), verify.Shared(False), verify.Event()

        def sleep():
            try:
                inside.set()
                never.wait()
            finally:
                unwound.value = True

        task = verify.Process(target=sleep)
        task.start()
        inside.wait()
        task.terminate()
        task.join()
        return unwound.value

    carry(program, 4, {False})


@SHARING
def test_processes_that_it_has_started_go_on(carry):
    def program():
        done, started, never = verify.Semaphore(0), verify.Event(), verify.Event()

        def begin():
            verify.Process(target=done.release).start()
            started.set()
            never.wait()

        task = verify.Process(target=begin)
        task.start()
        started.wait()
        task.terminate()
        done.acquire()

    # Whether main has to sleep for the set, times whether the process sleeps already.
    carry(program, 4)


@SHARING
def test_no_process_ends_itself(carry):
    def program():
        refused = verify.Atomic(0)

        class Worker(verify.Process):
            def run(self):
                for end in (self.terminate, self.kill):
                    try:
                        end()
                    except verify.Misuse as error:
                        refused.add("ends itself" in str(error))

        task = Worker()
        task.start()
        task.join()
        return refused.load()

    carry(program, 1, {2})


@PROCESSES
def test_what_was_not_started_cannot_be_ended(carry):
    def program():
        task = verify.Process(target=lambda: None)
        for end in (task.terminate, task.kill):
            with pytest.raises(AssertionError, match="only terminate a started process"):
                end()
        return task.exitcode

    carry(program, 1, {None})


@PROCESSES
def test_closing(carry):
    """Only who has ended can be closed; after that it is of no use any more."""

    def program():
        task = verify.Process(target=verify.sleep, args=(60,))
        unused = verify.Process(target=verify.sleep, args=(60,))
        task.start()
        try:
            task.close()
        except ValueError as error:
            running = "still running" in str(error)
        else:
            return True
        task.terminate()
        task.join()
        for one in (task, unused):
            one.close()
            one.close()
            for use in (one.start, one.join, one.is_alive, one.terminate, one.kill):
                with pytest.raises(ValueError, match="process object is closed"):
                    use()
            with pytest.raises(ValueError, match="process object is closed"):
                one.exitcode  # noqa: B018
        return running

    # The first close comes after the exit, and works; else the end comes at one of three places.
    carry(program, 4, {True})


@PROCESSES
def test_another_program(carry):
    """A process may run another program; whichever way it is carried, that one is real."""

    def program():
        def run(*command):
            raise SystemExit(subprocess.call(command))

        task = verify.Process(target=run, args=(sys.executable, "-c", "raise SystemExit(3)"))
        task.start()
        task.join()
        return task.exitcode

    carry(program, 1, {3})


@pytest.mark.parametrize("name", ["threads", "processes"])
def test_a_program_that_is_not_found(reported, name):
    def program():
        task = verify.Process(target=subprocess.call, args=("no-such-program",), name="runner")
        task.start()
        task.join()
        assert task.exitcode == 1

    (failure,) = reported(name, program)
    assert (failure.task, failure.kind) == ("runner", "exception")
    assert "No such file or directory: 'no-such-program'" in failure.message


def test_a_program_that_is_not_found_when_explored(exactly):
    def program():
        task = verify.Process(target=subprocess.call, args=("no-such-program",))
        task.start()
        task.join()

    exactly(program, {"exception": 1})
