"""The battery: Event.

A wait that finds the flag up is a read; one that does not is a write, and leaves after a set.
"""

from __future__ import annotations

import pytest

import verify
from tests.schedulers.running import run


@pytest.mark.parametrize(("waiters", "classes"), [(1, 2), (2, 5)])
def test_everybody_is_woken(carry, waiters, classes):
    def program():
        event = verify.Event()
        through = [verify.Shared(None) for _ in range(waiters)]

        def wait(i):
            through[i].value = event.wait()

        run(*(lambda i=i: wait(i) for i in range(waiters)), event.set)
        return all(share.value for share in through)

    # One: before or after the set. Two: both after, two reads without an order: 1; one before: 2;
    # both before, two writes in either order: 2.
    carry(program, classes, {True})


def test_it_stays_up_until_it_is_cleared(carry):
    def program():
        event = verify.Event()
        seen = [event.is_set()]
        event.set()
        seen += [event.is_set(), event.wait(), event.wait(0)]
        event.clear()
        seen += [event.is_set(), event.wait(0.001)]
        return tuple(seen)

    carry(program, 1, {(False, True, True, True, False, False)})


def test_a_set_beside_a_time_out(carry):
    def program():
        event, woken = verify.Event(), verify.Shared(None)

        def wait():
            woken.value = event.wait(0.001)

        run(wait, event.set)
        return woken.value

    # Asleep, given up, then the set; asleep, then the set, and then it cannot give up any more;
    # or the set first.
    carry(program, 3, {True, False})


def test_a_pulse_wakes_who_sleeps(carry):
    def program():
        event, woken = verify.Event(), verify.Shared(None)

        def wait():
            woken.value = event.wait(0.001)

        def pulse():
            event.set()
            event.clear()

        run(wait, pulse)
        return woken.value

    # Asleep before the set: woken, though the flag is down again when it leaves. Up between set and
    # clear: a read. Too late: a time-out. Or a time-out before the set; one between set and clear
    # is impossible, for who was woken cannot give up, and who comes then finds the flag up.
    carry(program, 4, {True, False})


def test_a_pulse_is_missed_by_who_comes_late(exactly):
    def program():
        event = verify.Event()
        waiter = verify.Thread(target=event.wait)
        waiter.start()
        event.set()
        event.clear()
        waiter.join()

    # The wait before the set, between set and clear, or after both: for ever.
    exactly(program, {"ok": 2, "deadlock": 1})


def test_waiting_twice(carry):
    def program():
        event, rounds = verify.Event(), verify.Shared(0)

        def wait():
            for _ in range(2):
                event.wait()
                event.clear()
                rounds.value += 1
                heard.release()

        heard = verify.Semaphore(0)
        waiter = verify.Thread(target=wait)
        waiter.start()
        for _ in range(2):
            event.set()
            heard.acquire()
        waiter.join()
        return rounds.value

    # Each of two sets comes before or after its wait; main sets again only after the clear.
    carry(program, 4, {2})
