"""The battery, for everything that is used like a lock: one body of tests, six subjects.

Every operation on one of these objects is a write except the tries that fail, so the classes of a
program are the orders in which its operations on the object can happen.
"""

from __future__ import annotations

from math import factorial

import pytest

import verify

SUBJECTS = {
    "Lock": lambda: verify.Lock(),
    "RLock": lambda: verify.RLock(),
    "Semaphore": lambda: verify.Semaphore(1),
    "BoundedSemaphore": lambda: verify.BoundedSemaphore(1),
    "Condition": lambda: verify.Condition(),
    "Condition over Lock": lambda: verify.Condition(verify.Lock()),
}


@pytest.fixture(params=SUBJECTS)
def make(request):
    return SUBJECTS[request.param]


@pytest.mark.parametrize(("tasks", "repeats"), [(3, 1), (2, 2), (3, 2)])
def test_the_critical_section_excludes_the_others(carry, make, tasks, repeats):
    def program():
        lock, count = make(), verify.Shared(0)

        def increment():
            for _ in range(repeats):
                with lock:
                    count.value = count.value + 1

        workers = [verify.Thread(target=increment) for _ in range(tasks)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return count.value

    # Sections never overlap, so a class is an order of all sections, each task's own in its order.
    orders = factorial(tasks * repeats) // factorial(repeats) ** tasks
    carry(program, orders, {tasks * repeats})


@pytest.mark.parametrize("how", [(False,), (True, 0.001)], ids=["try", "timed"])
def test_it_cannot_be_had_while_somebody_else_holds_it(carry, make, how):
    def program():
        lock, got = make(), verify.Shared(None)

        def attempt():
            got.value = lock.acquire(*how)

        with lock:
            other = verify.Thread(target=attempt)
            other.start()
            other.join()
        return got.value

    # The start and the join order the attempt after the acquire and before the release.
    carry(program, 1, {False})


@pytest.mark.parametrize("how", [(False,), (True, 0.001)], ids=["try", "timed"])
def test_a_try_beside_a_holder(carry, make, how):
    def program():
        lock, got = make(), verify.Shared(None)

        def hold():
            with lock:
                pass

        def attempt():
            if lock.acquire(*how):
                lock.release()
                got.value = True
            else:
                got.value = False

        tasks = [verify.Thread(target=hold), verify.Thread(target=attempt)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return got.value

    # The try comes before the holder's acquire (and then its release does, too: the holder's
    # acquire is disabled in between), between acquire and release, where it fails, or after both.
    carry(program, 3, {True, False})


def test_waiting_long_enough_gets_it(carry, make):
    def program():
        lock, got = make(), verify.Shared(None)

        def attempt():
            got.value = lock.acquire(timeout=60)
            lock.release()

        lock.acquire()
        lock.release()
        other = verify.Thread(target=attempt)
        other.start()
        other.join()
        return got.value

    # It is free before the attempt starts: nothing is left to time out for.
    carry(program, 1, {True})


def test_an_exception_in_the_block_lets_it_go(carry, make):
    def program():
        lock = make()
        with pytest.raises(KeyError), lock:
            raise KeyError
        with lock:  # would never come back if the block above still held it
            pass

    carry(program, 1)


def test_entering_returns_true(carry, make):
    def program():
        with make() as entered:
            return entered

    carry(program, 1, {True})


@pytest.mark.parametrize("blocking", [1, 2, "yes", (None,)], ids=repr)
def test_any_truth_is_blocking(carry, make, blocking):
    def program():
        lock = make()
        return lock.acquire(blocking)

    carry(program, 1, {True})


@pytest.mark.parametrize("blocking", [0, None, "", ()], ids=repr)
def test_any_falsehood_is_not_blocking(carry, make, blocking):
    def program():
        lock, got = make(), verify.Shared(None)

        def attempt():
            got.value = lock.acquire(blocking)

        with lock:
            other = verify.Thread(target=attempt)
            other.start()
            other.join()
        return got.value

    # The start and the join order the attempt after the acquire and before the release.
    carry(program, 1, {False})


def test_no_time_out_without_blocking(carry, make):
    def program():
        lock = make()
        with pytest.raises(ValueError, match="timeout"):
            lock.acquire(False, 1)
        with lock:
            pass

    carry(program, 1)


@pytest.mark.parametrize("make", [verify.Lock, verify.RLock, verify.Condition])
def test_time_outs_that_make_no_sense(carry, make):
    def program():
        lock = make()
        with pytest.raises(ValueError, match="non-negative"):
            lock.acquire(timeout=-2)
        with pytest.raises(OverflowError, match="too large"):
            lock.acquire(timeout=1e100)
        assert lock.acquire(timeout=-1)

    carry(program, 1)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (verify.Lock, RuntimeError),
        (verify.RLock, RuntimeError),
        (verify.Condition, RuntimeError),
        (verify.BoundedSemaphore, ValueError),
    ],
)
def test_letting_go_of_what_nobody_holds(carry, make, error):
    def program():
        lock = make()
        with pytest.raises(error):
            lock.release()
        with lock:
            pass

    carry(program, 1)


@pytest.mark.parametrize("make", [verify.Lock, verify.Semaphore, verify.BoundedSemaphore])
def test_anybody_may_let_go(carry, make):
    def program():
        lock = make()
        lock.acquire()
        other = verify.Thread(target=lock.release)
        other.start()
        lock.acquire()  # sleeps until the other task has let go
        other.join()

    # acquire, release, acquire: the second acquire is disabled until the release.
    carry(program, 1)


def test_looking_at_a_lock(carry):
    def program():
        lock, seen = verify.Lock(), verify.Shared(None)

        def hold():
            with lock:
                pass

        def look():
            seen.value = lock.locked()

        tasks = [verify.Thread(target=hold), verify.Thread(target=look)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return seen.value

    # The look comes before the acquire, between, or after the release.
    carry(program, 3, {True, False})


def test_a_lock_is_not_reentrant(exactly):
    def program():
        lock = verify.Lock()
        with lock, lock:
            pass

    exactly(program, {"deadlock": 1})


def test_two_locks_in_opposite_orders(exactly):
    def program():
        a, b = verify.Lock(), verify.Lock()

        def both(first, second):
            with first, second:
                pass

        tasks = [verify.Thread(target=both, args=pair) for pair in ((a, b), (b, a))]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()

    # Either task does everything before the other, or each gets its first lock: a deadlock.
    exactly(program, {"ok": 2, "deadlock": 1})
