"""The battery: Semaphore and BoundedSemaphore."""

from __future__ import annotations

import pytest

import verify
from tests.schedulers.running import run


@pytest.fixture(params=["Semaphore", "BoundedSemaphore"])
def make(request):
    return getattr(verify, request.param)


def _orders(tasks, permits):
    """The classes of `tasks` tasks that each acquire, come in, go out and release.

    By walking through every interleaving; a class is the order of the events on the semaphore and
    the order of those on the counter, all of them writes.
    """
    found = set()

    def walk(at, semaphore, counter):
        if min(at) == 4:
            found.add((semaphore, counter))
        inside = sum(0 < position < 4 for position in at)
        for task, position in enumerate(at):
            if position == 4 or (position == 0 and inside == permits):
                continue
            then = (*at[:task], position + 1, *at[task + 1 :])
            if position in (0, 3):
                walk(then, (*semaphore, task), counter)
            else:
                walk(then, semaphore, (*counter, task))

    walk((0,) * tasks, (), ())
    return len(found)


@pytest.mark.parametrize(("tasks", "permits"), [(3, 1), (2, 2), (3, 2)])
def test_no_more_inside_than_there_are_permits(carry, make, tasks, permits):
    def program():
        semaphore, inside = make(permits), verify.Atomic(0)

        def visit():
            with semaphore:
                assert inside.add(1) < permits
                inside.add(-1)

        run(*[visit] * tasks)
        return inside.load()

    carry(program, _orders(tasks, permits), {0})


def test_two_of_three(carry, make):
    def program():
        semaphore = make(2)

        def visit():
            with semaphore:
                pass

        run(visit, visit, visit)

    # All orders of three acquires and their releases, 6!/2!^3 = 90, but those that begin with three
    # acquires: 3!·3! = 36.
    carry(program, 54)


def test_nothing_left(carry, make):
    def program():
        semaphore = make(1)
        got = (
            semaphore.acquire(),
            semaphore.acquire(blocking=False),
            semaphore.acquire(timeout=0.001),
            semaphore.acquire(timeout=0),
        )
        semaphore.release()
        return (*got, semaphore.acquire(blocking=False))

    carry(program, 1, {(True, False, False, False, True)})


def test_permits_given_at_once(carry):
    def program():
        semaphore = verify.Semaphore(0)
        tasks = [verify.Thread(target=semaphore.acquire) for _ in range(2)]
        for task in tasks:
            task.start()
        semaphore.release(2)
        for task in tasks:
            task.join()
        return semaphore.acquire(blocking=False)

    # Both acquires come after the release, in either order.
    carry(program, 2, {False})


def test_an_over_release_lets_more_in(carry):
    def program():
        semaphore = verify.Semaphore(1)
        semaphore.release()
        return semaphore.acquire(), semaphore.acquire(blocking=False)

    carry(program, 1, {(True, True)})


def test_a_bounded_semaphore_refuses_an_over_release(carry):
    def program():
        semaphore = verify.BoundedSemaphore(2)
        with pytest.raises(ValueError, match="released too many times"):
            semaphore.release()
        semaphore.acquire()
        with pytest.raises(ValueError, match="released too many times"):
            semaphore.release(2)
        semaphore.release()
        return [semaphore.acquire(blocking=False) for _ in range(3)].count(True)

    # What raises leaves the permits as they were.
    carry(program, 1, {2})


def test_an_over_release_beside_a_user(carry):
    def program():
        semaphore, errors = verify.BoundedSemaphore(1), verify.Atomic(0)

        def release():
            try:
                semaphore.release()
            except ValueError:
                errors.add(1)

        def use():
            semaphore.acquire()
            release()

        run(release, use)
        return errors.load()

    # The wrong release comes before the acquire, and fails; between, and then the right one fails;
    # or after both, and fails.
    carry(program, 3, {1})


def test_numbers_that_make_no_sense(carry, make):
    def program():
        with pytest.raises(ValueError, match=">= 0"):
            make(-1)
        semaphore = make()
        for count in (0, -1):
            with pytest.raises(ValueError, match="one or more"):
                semaphore.release(count)
        return semaphore.acquire(blocking=False), semaphore.acquire(blocking=False)

    # The default is one permit.
    carry(program, 1, {(True, False)})


def test_a_semaphore_that_nobody_releases(exactly, make):
    def program():
        with make(0):
            pass

    exactly(program, {"deadlock": 1})
