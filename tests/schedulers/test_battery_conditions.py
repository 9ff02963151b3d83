"""The battery: Condition, over a Lock and over an RLock.

What happens to a condition and its lock happens with the lock held, but for a time-out, which
touches the condition alone. So without time-outs a class is an order of the sections between one
taking of the lock and the next letting go.
"""

from __future__ import annotations

import pytest

import verify
from tests.schedulers.running import run


@pytest.fixture(params=["Lock", "RLock"])
def make(request):
    return lambda: verify.Condition(getattr(verify, request.param)())


def _flag(make, waiters, announce):
    def program():
        condition, up = make(), verify.Shared(False)

        def wait():
            with condition:
                while not up.value:
                    condition.wait()

        def put_up():
            with condition:
                up.value = True
                announce(condition)

        run(*[wait] * waiters, put_up)

    return program


@pytest.mark.parametrize("name", ["notify", "notify_all"])
def test_one_waits_for_a_flag(carry, make, name):
    # The waiter looks before the flag goes up, sleeps and comes back; or it looks afterwards.
    carry(_flag(make, 1, lambda condition: getattr(condition, name)()), 2)


def test_two_wait_for_a_flag(carry, make):
    # Both look afterwards, in either order: 2. One of two sleeps, and its return and the other's
    # look follow in either order: 4. Both sleep, in either order, and return in either: 4.
    carry(_flag(make, 2, lambda condition: condition.notify_all()), 10)


def test_notifying_as_many_as_there_are(carry, make):
    carry(_flag(make, 2, lambda condition: condition.notify(2)), 10)


def test_one_notify_for_two(exactly, make):
    # As with notify_all, but where both sleep (in either order) only the first returns.
    program = _flag(make, 2, lambda condition: condition.notify())
    exactly(program, {"ok": 6, "deadlock": 2})


@pytest.mark.parametrize("count", [0, -1])
def test_notifying_nobody(exactly, make, count):
    # Who looks before the flag goes up sleeps for ever: nobody, either, or both in either order.
    program = _flag(make, 2, lambda condition: condition.notify(count))
    exactly(program, {"ok": 2, "deadlock": 4})


def test_those_who_have_waited_longest_are_woken(carry, make):
    def program():
        condition, sections = make(), verify.Shared(0)

        def wait():
            with condition:
                asleep.release()
                condition.wait()
                sections.value += 1

        asleep = verify.Semaphore(0)
        tasks = []
        for _ in range(3):
            tasks.append(verify.Thread(target=wait))
            tasks[-1].start()
            asleep.acquire()
        with condition:  # free only when the last has gone to sleep
            condition.notify(2)
        tasks[0].join()
        tasks[1].join()
        assert tasks[2].is_alive()
        with condition:
            condition.notify()
        tasks[2].join()
        return sections.value

    # They go to sleep one after another, each before main goes on. Of what follows only the return
    # of the two that are woken together is free: two orders.
    carry(program, 2, {3})


def test_nobody_notifies(carry, make):
    def program():
        condition = make()
        with condition:
            woken = condition.wait(timeout=0.001)
            other = condition.acquire(blocking=False)  # held again: an RLock is, a Lock refuses
            if other:
                condition.release()
        with condition:
            pass
        return woken

    carry(program, 1, {False})


def test_a_notify_beside_a_time_out(carry, make):
    def program():
        condition, woken = make(), verify.Shared(None)

        def wait():
            with condition:
                woken.value = condition.wait(timeout=0.001)

        def notify():
            with condition:
                condition.notify()

        run(wait, notify)
        return woken.value

    # The whole notifying section first: nobody hears it. Or the waiter sleeps first and gives up
    # before the notify; then its way back comes before or after the notifying section, 2. Or it is
    # notified, and then it cannot give up any more.
    carry(program, 4, {True, False})


def test_wait_for_a_predicate(carry, make):
    def program():
        condition, count = make(), verify.Shared(0)

        def wait():
            with condition:
                assert condition.wait_for(lambda: count.value == 2)

        def increment():
            for _ in range(2):
                with condition:
                    count.value += 1
                    condition.notify()

        run(wait, increment)
        return count.value

    # Looks come after one of the two increments or before the first. From 0: asleep, woken by the
    # first notify; back before the second increment, and asleep again, or after it: 2. First look
    # at 1: asleep until the second: 1. First look at 2: 1.
    carry(program, 4, {2})


def test_wait_for_gives_up(carry, make):
    def program():
        condition = make()
        with condition:
            return condition.wait_for(lambda: 0, timeout=0.001)

    # It returns what the predicate returned last.
    carry(program, 1, {0})


def test_wait_for_what_holds_already(carry, make):
    def program():
        condition = make()
        with condition:
            return condition.wait_for(lambda: "yes", timeout=0)

    carry(program, 1, {"yes"})


def test_the_lock_must_be_held(carry, make):
    def program():
        condition = make()
        for call in (condition.wait, condition.notify, condition.notify_all):
            with pytest.raises(RuntimeError, match="un-acquired lock"):
                call()
        with condition:
            pass

    carry(program, 1)


def test_it_does_not_help_that_somebody_else_holds_the_lock(carry, make):
    def program():
        condition, refused = make(), verify.Shared(0)

        def call():
            for method in (condition.wait, condition.notify):
                try:
                    method()
                except RuntimeError:
                    refused.value += 1

        with condition:
            other = verify.Thread(target=call)
            other.start()
            other.join()
        return refused.value

    carry(program, 1, {2})


def test_the_depth_is_put_aside_and_restored(carry):
    def program():
        lock = verify.RLock()
        condition = verify.Condition(lock)
        free = verify.Shared(())

        def notify():
            with condition:  # possible although main took the lock twice
                condition.notify()

        def attempt():
            taken = lock.acquire(blocking=False)
            if taken:
                lock.release()
            free.value = (*free.value, taken)

        def ask():
            other = verify.Thread(target=attempt)
            other.start()
            other.join()

        notifier = verify.Thread(target=notify)
        with lock:
            with lock:
                notifier.start()
                condition.wait()
                ask()
            ask()
        ask()
        notifier.join()
        return free.value

    # The notifier can go on only while main sleeps, and main only when it is done.
    carry(program, 1, {(False, False, True)})


def test_two_conditions_share_a_lock(carry):
    def program():
        lock = verify.Lock()
        not_full, not_empty = verify.Condition(lock), verify.Condition(lock)
        held = verify.Shared(0)

        def move(condition, other, wanted, change):
            with lock:
                while held.value != wanted:
                    condition.wait()
                held.value += change
                other.notify()

        run(
            lambda: move(not_full, not_empty, 0, 1),
            lambda: move(not_empty, not_full, 1, -1),
        )
        return held.value

    # The taker sleeps first, or comes when there is something.
    carry(program, 2, {0})
