"""Ctrl-C in the middle of a wait: whoever is interrupted no longer stands in any line.

A helper thread looks until the main task is parked, and only then sends the signal.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager

import pytest

import verify
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler


@pytest.fixture
def interrupted():
    """Interrupts the block once its task is parked."""
    scheduler = ThreadScheduler()
    before = activate(scheduler)

    @contextmanager
    def block():
        over, main = threading.Event(), threading.get_ident()

        def interrupt():
            while not scheduler.blocked():
                if over.wait(0.001):
                    return
            signal.pthread_kill(main, signal.SIGINT)

        helper = threading.Thread(target=interrupt)
        helper.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                yield
        finally:
            over.set()
            helper.join()

    yield block
    activate(before)


def test_an_event_forgets_who_was_interrupted(interrupted):
    event = verify.Event()
    with interrupted():
        event.wait()
    event.set()
    event.clear()
    assert event.wait(0.001) is False  # the set was not for a wait that comes later


def test_a_descriptor_forgets_who_was_interrupted(interrupted):
    descriptor = verify.Descriptor("one")
    with interrupted():
        descriptor.wait()
    descriptor.deliver()
    assert descriptor.take() == 1
    assert descriptor.wait(0.001) is False


def test_a_barrier_forgets_who_was_interrupted(interrupted):
    barrier = verify.Barrier(2)
    with interrupted():
        barrier.wait()
    assert (barrier.n_waiting, barrier.broken) == (0, False)


@pytest.mark.parametrize("make", [verify.Lock, verify.RLock])
def test_a_condition_gives_the_lock_back_to_who_was_interrupted(interrupted, make):
    condition = verify.Condition(make())
    with condition:
        with interrupted():
            condition.wait()
        condition.notify_all()  # the lock is held: no error; and nobody is there to be woken
        assert condition.wait(0.001) is False


def test_a_queue_loses_nothing(interrupted):
    queue = verify.Queue()
    with interrupted():
        queue.get()
    queue.put(1)
    assert queue.get_nowait() == 1
