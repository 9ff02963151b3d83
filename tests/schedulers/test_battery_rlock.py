"""The battery: RLock, which its owner may take again and which only its owner lets go."""

from __future__ import annotations

import pytest

import verify


def test_the_owner_takes_it_again(carry):
    def program():
        lock, count = verify.RLock(), verify.Shared(0)

        def increment():
            with lock, lock:
                count.value += 1

        tasks = [verify.Thread(target=increment) for _ in range(2)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return count.value

    # The lock is free only between whole sections: two orders.
    carry(program, 2, {2})


def test_it_is_free_after_as_many_releases_as_acquisitions(carry):
    def program():
        lock, got = verify.RLock(), verify.Shared(())

        def attempt():
            free = lock.acquire(blocking=False)
            if free:
                lock.release()
            got.value = (*got.value, free)

        def ask():
            other = verify.Thread(target=attempt)
            other.start()
            other.join()

        lock.acquire()
        lock.acquire()
        ask()
        lock.release()
        ask()
        lock.release()
        ask()
        return got.value

    # Every attempt is started and joined between two of main's operations.
    carry(program, 1, {(False, False, True)})


def test_somebody_else_cannot_let_it_go(carry):
    def program():
        lock, refused = verify.RLock(), verify.Shared(False)

        def release():
            try:
                lock.release()
            except RuntimeError:
                refused.value = True

        lock.acquire()
        other = verify.Thread(target=release)
        other.start()
        other.join()
        lock.release()  # still main's
        return refused.value

    carry(program, 1, {True})


def test_one_release_too_many(carry):
    def program():
        lock = verify.RLock()
        with lock:
            pass
        with pytest.raises(RuntimeError):
            lock.release()

    carry(program, 1)
