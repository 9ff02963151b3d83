"""The battery: processes, each with an address space of its own.

A process exits when its code is over, which is an event; what is started has copies of everything
but the harness's objects, and of those too that are not shared.
"""

from __future__ import annotations

import pytest

import verify


def test_a_process_works_on_copies(exactly):
    def program():
        plain = ["old"]
        seen = verify.Shared(None)

        def change(mine):
            mine.append("new")
            seen.value = tuple(mine)

        task = verify.Process(target=change, args=(plain,))
        task.start()
        task.join()
        return seen.value, tuple(plain), task.exitcode

    assert exactly(program, {"ok": 1}) == {(("old", "new"), ("old",), 0)}


def test_functions_that_it_is_given_work_on_copies(exactly):
    """As an argument, in a container, by itself or twice: their variables are the child's."""

    def program():
        plain = ["old"]
        seen = verify.Shared(None)

        def change():
            plain.append("new")
            return tuple(plain)

        def call(table, function):
            table["change"][0]()
            seen.value = function()

        task = verify.Process(target=call, args=({"change": [change]}, change))
        task.start()
        task.join()
        return seen.value, tuple(plain), task.exitcode

    assert exactly(program, {"ok": 1}) == {(("old", "new", "new"), ("old",), 0)}


COUNT = 0


class Counter(verify.Process):
    """Counts in a global, which is its own."""

    def run(self):
        self.count()
        self.seen.value = COUNT

    def count(self):
        global COUNT
        COUNT += 1


class Plain:
    """The same in a method that a process has for its target."""

    def __init__(self, seen):
        self.seen = seen
        self.times = 0

    def count(self):
        global COUNT
        COUNT += 1
        self.times += 1
        self.seen.value = COUNT


def test_methods_work_on_copies_of_globals(exactly):
    def program():
        seen = verify.Shared(None)
        counter, plain = Counter(), Plain(seen)
        counter.seen = seen
        found = []
        for task in (counter, verify.Process(target=plain.count)):
            task.start()
            task.join()
            found += [seen.value, COUNT]
        return tuple(found), plain.times

    assert exactly(program, {"ok": 1}) == {((1, 0, 1, 0), 0)}


@pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)
def test_processes_share_the_harness(carry):
    def program():
        lock, count = verify.Lock(), verify.Shared(0)

        def increment():
            with lock:
                count.value += 1

        tasks = [verify.Process(target=increment) for _ in range(2)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return count.value

    carry(program, 2, {2})


@pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)
@pytest.mark.parametrize("make", [verify.Lock, verify.RLock, verify.Condition, verify.Semaphore])
def test_a_lock_that_is_not_shared_is_copied_as_it_stands(carry, make):
    def program():
        lock, got = make(shared=False), verify.Shared(None)

        def attempt():
            got.value = lock.acquire(blocking=False)

        lock.acquire()
        task = verify.Process(target=attempt)
        task.start()
        lock.release()  # of no help to the copy
        task.join()
        return got.value

    # The release and the try are on different objects.
    carry(program, 1, {False})


def test_a_copy_of_a_held_lock_is_never_released(exactly):
    def program():
        lock = verify.Lock(shared=False)

        def use():
            with lock:
                pass

        with lock:
            task = verify.Process(target=use)
            task.start()
        task.join()

    exactly(program, {"deadlock": 1})


def test_a_fork_beside_a_thread_that_takes_the_lock(exactly):
    """The child is started before, while, or after the lock is held: only the second is wrong."""

    def program():
        lock = verify.Lock(shared=False)

        def use():
            with lock:
                pass

        thread, child = verify.Thread(target=use), verify.Process(target=use)
        thread.start()
        child.start()
        thread.join()
        child.join()

    exactly(program, {"ok": 2, "deadlock": 1})


@pytest.mark.parametrize("carry", ["explored", "threads", "processes"], indirect=True)
def test_exit_codes(carry):
    def program():
        def leave(code):
            raise SystemExit(code)

        codes = []
        for code in (0, 3, None):
            task = verify.Process(target=leave, args=(code,))
            task.start()
            task.join()
            codes.append(task.exitcode)
        return tuple(codes)

    carry(program, 1, {(0, 3, 0)})


@pytest.mark.parametrize("carry", ["explored", "threads", "processes"], indirect=True)
def test_a_process_starts_and_is_joined_as_in_multiprocessing(carry):
    def program():
        task = verify.Process(target=lambda: None)
        with pytest.raises(AssertionError, match="only join a started process"):
            task.join()
        task.start()
        with pytest.raises(AssertionError, match="twice"):
            task.start()
        task.join()
        return task.is_alive()

    carry(program, 1, {False})
