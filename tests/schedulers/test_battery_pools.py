"""The battery: Pool, on the schedulers on which processes share objects.

Main's events: it starts the workers (no access), submits, closes, looks and joins. A worker's: it
takes, finishes, and takes once more to hear that there is nothing left, which is a look. All are at
one object, so a class is an order of them, up to neighbouring looks.
"""

from __future__ import annotations

import multiprocessing
import sys
from functools import partial
from itertools import product

import pytest

import verify
from verify.sync.pool import AsyncResult

pytestmark = pytest.mark.parametrize("carry", ["explored", "processes"], indirect=True)


class Picky(Exception):
    """Cannot be made again of its arguments."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def square(n):
    return n * n


def say(greeting, *, name):
    return f"{greeting}, {name}"


def fail(n):
    raise KeyError(f"no {n}")


def fail_at_two(n):
    return fail(n) if n == 2 else n


def be_picky():
    raise Picky(1, 2)


def leave():
    sys.exit(3)


def make_a_generator():
    return (n for n in ())


def orders(tasks, idle, busy=0):
    """In how many orders so many tasks, all there at once, are taken and finished by workers."""
    if not tasks and not busy:
        return 1
    taking = idle * orders(tasks - 1, idle - 1, busy + 1) if tasks and idle else 0
    finishing = busy * orders(tasks, idle + 1, busy - 1) if busy else 0
    return taking + finishing


def finished(pool):
    pool.close()
    pool.join()


def test_apply(carry):
    def program():
        pool = verify.Pool(1)
        found = pool.apply(say, ("Hello",), {"name": "Bob"}), pool.apply(square, [3])
        finished(pool)
        return found

    # One worker, and main waits for each result: take, finish, take, finish follow main's events.
    # What the worker does once more, and when: the last take comes after `close`.
    carry(program, 1, {("Hello, Bob", 9)})


def test_apply_async(carry):
    def program():
        pool = verify.Pool(1)
        results = [pool.apply_async(square, (n,)) for n in (2, 3)]
        found = [result.get() for result in results]
        finished(pool)
        return tuple(found)

    # The worker takes, finishes, takes, finishes. Main submits a second time before the first take,
    # between it and the finish, or after that: 3. It looks at the first result after the first
    # finish: before the second take, between that and its finish, or after both: 3.
    carry(program, 9, {(4, 9)})


def test_more_tasks_than_workers(carry):
    def program():
        pool = verify.Pool(2)
        found = pool.map(square, (1, 2, 3), chunksize=1)
        finished(pool)
        return tuple(found)

    carry(program, orders(3, idle=2), {(1, 4, 9)})


def test_map_in_chunks(carry):
    def program():
        pool = verify.Pool(1)
        found = pool.map(square, range(9)), pool.map(square, [])
        finished(pool)
        return tuple(map(tuple, found))

    # Nine items for one worker: three chunks of at most three.
    carry(program, 1, {((0, 1, 4, 9, 16, 25, 36, 49, 64), ())})


def test_an_exception_is_raised_where_it_is_asked_for(carry):
    def program():
        pool = verify.Pool(1)
        with pytest.raises(KeyError, match="no 7") as caught:
            pool.apply(fail, (7,))
        (note,) = caught.value.__notes__
        assert "in fail" in note, "it says where it was raised"
        with pytest.raises(KeyError, match="no 2"):
            pool.map(fail_at_two, (1, 2, 3), chunksize=1)
        finished(pool)

    carry(program, 1)


def test_an_exception_that_cannot_be_sent(carry):
    def program():
        pool = verify.Pool(1)
        with pytest.raises(verify.Misuse, match=r"raised Picky.*cannot be copied"):
            pool.apply(be_picky)
        found = pool.apply(square, (2,))
        finished(pool)
        return found

    carry(program, 1, {4})


def test_a_task_that_ends_its_worker(carry):
    def program():
        pool = verify.Pool(2)
        with pytest.raises(verify.OwnerDied, match=r"called sys\.exit"):
            pool.apply(leave)
        found = pool.apply(square, (2,))
        finished(pool)
        return found

    # It is one of two workers; the other one does the rest.
    carry(program, 2, {4})


def test_looking_at_a_result(carry):
    def program():
        pool = verify.Pool(1)
        good, bad = pool.apply_async(square, (2,)), pool.apply_async(fail, (2,))
        good.wait()
        bad.wait()
        assert good.ready()
        finished(pool)
        return good.successful(), bad.successful()

    # The second submission comes before, in or after the first task; main's waiting for the first
    # result is over before, in or after the second.
    carry(program, 9, {(True, False)})


def test_waiting_for_a_while(carry):
    def program():
        pool = verify.Pool(1)
        result = pool.apply_async(square, (2,))
        late = False
        try:
            result.get(timeout=0.0001)
        except multiprocessing.TimeoutError:
            late = True
        finished(pool)
        return late, result.get()

    # Of the worker's take and finish, nothing, one or both come before main's look, before its
    # closing, and before its look whether it is closed; never less than before what came earlier:
    # 10 ways to choose 3 of 3 with repetition.
    carry(program, 10, {(True, 4), (False, 4)})


def test_the_rules_of_closing(carry):
    def program():
        pool = verify.Pool(1)
        with pytest.raises(ValueError, match="still running"):
            pool.join()
        with pytest.raises(ValueError, match="not ready"):
            AsyncResult(pool, (0,)).successful()
        pool.close()
        pool.close()
        for submit in (pool.apply, pool.apply_async):
            with pytest.raises(ValueError, match="not running"):
                submit(square, (2,))
        with pytest.raises(ValueError, match="not running"):
            pool.map(square, (2,))
        pool.join()

    # The worker may hear of it before it is closed once more, or after.
    carry(program, 2)


def test_a_pool_that_is_terminated(carry):
    def program():
        pool = verify.Pool(1)
        result = pool.apply_async(square, (2,))
        pool.terminate()
        pool.join()
        with pytest.raises(ValueError, match="not running"):
            pool.apply(square, (2,))
        try:
            return result.get()
        except verify.OwnerDied as error:
            return "not begun" if "terminated before" in str(error) else "not done"

    # Given up before the task is taken: its worker is ended before it hears of that, before it has
    # exited, or after: 3. Given up while it is at it: also before it has finished: 4. After: 3.
    carry(program, 10, {"not begun", "not done", 4})


def test_with_a_pool(carry):
    def program():
        with verify.Pool(1) as pool:
            found = pool.map(square, (2, 3))
        pool.join()
        return tuple(found)

    # The worker is ended before it hears that there is no more, before it has exited, or after.
    carry(program, 3, {(4, 9)})


def test_a_pool_that_is_not_closed(carry):
    """Its workers are daemons: they sleep until the program has ended."""

    def program():
        return verify.Pool(2).apply(square, (2,))

    # Either worker may do it.
    carry(program, 2, {4})


def test_what_cannot_be_sent(carry):
    if carry.name == "explored":
        pytest.skip("nothing is sent anywhere there")

    def program():
        pool = verify.Pool(1)
        with pytest.raises(verify.Misuse, match="put into Pool 1 cannot be sent"):
            pool.apply_async(lambda: None)
        with pytest.raises(verify.Misuse, match="put into Pool 1 cannot be sent"):
            pool.apply(make_a_generator)
        found = pool.apply(square, (2,))
        finished(pool)
        return found

    carry(program, 1, {4})


CALLS = {
    "submit": lambda pool: pool.apply_async(square, (2,)) and None,
    "fail": lambda pool: pool.apply_async(fail, (2,)) and None,
    "get": lambda pool: AsyncResult(pool, (0,)).get(),
    "get for a while": lambda pool: AsyncResult(pool, (0,)).get(timeout=1),
    "ready": lambda pool: AsyncResult(pool, (0,)).ready(),
    "close": lambda pool: pool.close(),
}
REFUSED = (KeyError, ValueError, multiprocessing.TimeoutError)


def test_every_small_program(carry, agreeing):
    """Two calls of the owner, whose results are compared, beside one of another task, and one
    worker."""
    if carry.name != "explored":
        pytest.skip("it compares searches")

    def program(calls):
        pool = verify.Pool(1)

        def call(name):
            try:
                return repr(CALLS[name](pool))
            except REFUSED as error:
                return type(error)

        other = verify.Thread(target=call, args=(calls[2],))
        other.start()
        found = [call(name) for name in calls[:2]]
        other.join()
        return tuple(found)

    ended = set()
    for calls in product(CALLS, repeat=3):
        ended |= agreeing(partial(program, calls)).keys()
    assert ended == {"ok", "deadlock"}
