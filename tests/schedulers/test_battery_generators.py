"""The battery: tasks whose code is a generator.

A bare `yield` lets others go first, and is no event. Everything else in such a task is as in any
other: it may call what it likes, and wait there.
"""

from __future__ import annotations

import pytest

import verify


def started(*targets):
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    return tasks


def join(tasks):
    for task in tasks:
        task.join()


def test_it_is_run_to_its_end(carry):
    def program():
        trail = verify.Shared(())

        def walk(step):
            for i in range(3):
                trail.value = (*trail.value, step * i)
                yield
            trail.value = (*trail.value, "end")

        task = verify.Thread(target=walk, args=(2,))
        task.start()
        task.join()
        return trail.value

    carry(program, 1, {(0, 2, 4, "end")})


def test_yields_are_no_events(carry):
    def program():
        count = verify.Atomic(0)

        def add_often():
            yield
            count.add(1)
            yield
            yield

        join(started(add_often, add_often))
        return count.load()

    # Either adds first: two classes, however often they yield.
    carry(program, 2, {2})


def test_others_go_first_at_a_yield(carry):
    """Who has read lets the others go first, and may write over what they have written."""

    def program():
        count = verify.Shared(0)

        def increment():
            seen = count.value
            yield
            count.value = seen + 1

        join(started(increment, increment))
        return count.value

    # The 4 classes of two increments that are not atomic.
    carry(program, 4, {1, 2})


def test_it_waits_in_the_middle(carry):
    def program():
        requests, replies = verify.Queue(1), verify.Queue()

        def server():
            while (number := requests.get()) is not None:
                yield
                replies.put(number * number)
                yield

        tasks = started(server)
        for number in (2, 3, None):
            requests.put(number)
        join(tasks)
        return replies.get(), replies.get()

    # In a queue of one place puts and gets can only alternate; nobody else puts a reply.
    carry(program, 1, {(4, 9)})


def test_a_lock_is_kept_at_a_yield(carry):
    def program():
        lock, count = verify.RLock(), verify.Shared(0)

        def increment():
            with lock:
                seen = count.value
                yield
                with lock:
                    count.value = seen + 1

        join(started(increment, increment))
        return count.value

    carry(program, 2, {2})


def test_it_delegates(carry):
    def program():
        sum_ = verify.Shared(0)

        def add(number):
            yield
            sum_.value += number
            return number

        def add_two():
            first = yield from add(1)
            second = yield from add(2)
            sum_.value += first * second

        join(started(add_two))
        return sum_.value

    carry(program, 1, {5})


def test_run_may_be_a_generator(carry):
    def program():
        got = verify.Shared(None)

        class Worker(verify.Thread):
            def run(self):
                yield
                got.value = self.ident

        task = Worker()
        task.start()
        task.join()
        return got.value == task.ident

    carry(program, 1, {True})


def test_main_may_be_a_generator():
    def program():
        cell = verify.Shared(0)
        tasks = started(lambda: setattr(cell, "value", 1))
        yield
        join(tasks)
        assert cell.value == 2

    assert verify.explore(program, stop_at_first=False).outcomes == {"assertion": 1}


def test_an_exception_goes_through_it(carry):
    def program():
        tidy = verify.Shared(False)

        def risky():
            try:
                yield
                raise KeyError
            finally:
                tidy.value = True

        def careful():
            try:
                yield from risky()
            except KeyError:
                return
            tidy.value = False

        join(started(careful))
        return tidy.value

    carry(program, 1, {True})


def test_a_value_that_is_yielded_is_misuse(exactly):
    def program():
        def numbers():
            yield
            yield 42

        join(started(numbers))

    exactly(program, {"misuse": 1})


def test_an_async_function_is_misuse(exactly):
    def program():
        async def run():
            pass

        join(started(run))

    exactly(program, {"misuse": 1})


@pytest.mark.parametrize("name", ["threads", "processes", "coroutines"])
def test_an_async_function_is_reported(reported, name):
    def program():
        async def run():
            pass

        join(started(run))

    (failure,) = reported(name, program)
    assert failure.kind == "misuse"
    assert "run-1 is an async function" in failure.message


@pytest.mark.parametrize("name", ["threads", "processes", "coroutines"])
def test_a_value_that_is_yielded_is_reported(reported, name):
    def program():
        def numbers():
            yield 42

        join(started(numbers))

    (failure,) = reported(name, program)
    assert (failure.task, failure.kind) == ("numbers-1", "misuse")
    assert "yields 42" in failure.message and "Queue" in failure.message
    assert "yield 42" in failure.traceback
