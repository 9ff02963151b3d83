"""The battery: Queue, LifoQueue, PriorityQueue.

Puts, gets and task_done are writes on one object, a join is a read; so, but for what fails, a class
is an order of the calls, each disabled until it can happen.
"""

from __future__ import annotations

from queue import Empty, Full

import pytest

import verify
from tests.schedulers.running import run


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("Queue", (2, 3, 1, 2)), ("LifoQueue", (2, 1, 3, 2)), ("PriorityQueue", (1, 2, 2, 3))],
)
def test_the_order_of_leaving(carry, kind, expected):
    def program():
        queue = getattr(verify, kind)()
        for item in (2, 3, 1, 2):
            queue.put(item)
        return tuple(queue.get() for _ in range(4))

    carry(program, 1, {expected})


def test_a_get_sleeps_until_there_is_something(carry, queue_class):
    def program():
        queue, got = queue_class(), verify.Shared(None)

        def take():
            got.value = queue.get()

        taker = verify.Thread(target=take)
        taker.start()
        queue.put("item")
        taker.join()
        return got.value

    carry(program, 1, {"item"})


def test_a_put_sleeps_until_there_is_room(carry, queue_class):
    def program():
        queue, got = queue_class(1), verify.Shared(())

        def put():
            for item in range(3):
                queue.put(item)

        def take():
            for _ in range(3):
                got.value = (*got.value, queue.get())

        run(put, take)
        return got.value

    # With room for one, puts and gets alternate.
    carry(program, 1, {(0, 1, 2)})


def test_without_a_bound_putting_runs_ahead(carry):
    def program():
        queue, got = verify.Queue(), verify.Shared(())

        def put():
            queue.put(1)
            queue.put(2)

        def take():
            got.value = (queue.get(), queue.get())

        run(put, take)
        return got.value

    # put get put get, or put put get get.
    carry(program, 2, {(1, 2)})


@pytest.mark.parametrize(("items", "classes"), [(1, 4), (2, 36)])
def test_many_put_and_many_take(carry, queue_class, items, classes):
    def program():
        queue, total = queue_class(1), [verify.Shared(0), verify.Shared(0)]

        def put(i):
            for _ in range(items):
                queue.put(i + 1)

        def take(i):
            for _ in range(items):
                total[i].value += queue.get()

        run(lambda: put(0), lambda: put(1), lambda: take(0), lambda: take(1))
        return total[0].value + total[1].value

    # Puts and gets alternate: the order of the puts, (2·items)!/items!^2, times that of the gets.
    carry(program, classes, {3 * items})


def test_nothing_there(carry, queue_class):
    def program():
        queue = queue_class()
        for call in (queue.get_nowait, lambda: queue.get(False), lambda: queue.get(timeout=0.001)):
            with pytest.raises(Empty):
                call()
        queue.put(1)
        return queue.get_nowait()

    carry(program, 1, {1})


def test_no_room(carry, queue_class):
    def program():
        queue = queue_class(2)
        queue.put_nowait(1)
        queue.put(2, timeout=0.001)
        for call in (
            lambda: queue.put_nowait(3),
            lambda: queue.put(3, False),
            lambda: queue.put(3, timeout=0.001),
        ):
            with pytest.raises(Full):
                call()
        return queue.get() + queue.get()

    # What did not get in is not counted either: see the join.
    carry(program, 1, {3})


def test_a_put_that_failed_leaves_nothing_to_finish(carry, queue_class):
    def program():
        queue = queue_class(1)
        queue.put(1)
        with pytest.raises(Full):
            queue.put_nowait(2)
        queue.task_done()
        queue.join()
        return queue.get()

    carry(program, 1, {1})


def test_a_try_beside_a_put(carry, queue_class):
    def program():
        queue, got = queue_class(), verify.Shared(None)

        def take():
            try:
                got.value = queue.get_nowait()
            except Empty:
                got.value = "nothing"

        run(lambda: queue.put("item"), take)
        return got.value

    carry(program, 2, {"item", "nothing"})


@pytest.mark.parametrize("item", [None, False, 0, ()])
def test_any_value_can_be_an_item(carry, queue_class, item):
    def program():
        queue = queue_class()
        queue.put(item)
        return queue.get_nowait(), queue.empty()

    carry(program, 1, {(item, True)})


def test_time_outs_that_make_no_sense(carry, queue_class):
    def program():
        queue = queue_class(1)
        with pytest.raises(ValueError, match="'timeout' must be a non-negative number"):
            queue.get(timeout=-1)
        with pytest.raises(ValueError, match="'timeout' must be a non-negative number"):
            queue.put(1, timeout=-1)
        with pytest.raises(Empty):
            queue.get(False, -1)  # without blocking nobody looks at it
        queue_class().put(1, timeout=-1)  # without a bound nobody waits for room

    carry(program, 1)


def test_what_can_be_seen_of_it(carry, queue_class):
    def program():
        queue = queue_class(2)
        seen = [(queue.qsize(), queue.empty(), queue.full())]
        for item in range(2):
            queue.put(item)
            seen.append((queue.qsize(), queue.empty(), queue.full()))
        endless = queue_class()
        endless.put(1)
        return (*seen, endless.full(), queue.maxsize, endless.maxsize)

    states = ((0, True, False), (1, False, False), (2, False, True))
    carry(program, 1, {(*states, False, 2, 0)})


def test_a_bound_can_be_lowered(carry):
    def program():
        queue = verify.Queue(3)
        for item in range(3):
            queue.put(item)
        queue.maxsize = 2
        with pytest.raises(Full):
            queue.put_nowait(4)
        queue.get()
        with pytest.raises(Full):
            queue.put_nowait(4)
        queue.get()
        queue.put_nowait(4)
        return queue.qsize()

    carry(program, 1, {2})


def test_looking_while_somebody_puts(carry, queue_class):
    def program():
        queue, seen = queue_class(), verify.Shared(None)

        def look():
            seen.value = queue.qsize()

        def put():
            queue.put(1)
            queue.put(2)

        run(put, look)
        return seen.value

    carry(program, 3, {0, 1, 2})


def test_a_join_waits_for_all_that_was_put(carry, queue_class):
    def program():
        queue, done = queue_class(), verify.Atomic(0)

        def work():
            queue.get()
            done.add(1)
            queue.task_done()

        for item in range(2):
            queue.put(item)
        workers = [verify.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        queue.join()
        finished = done.load()
        for worker in workers:
            worker.join()
        return finished

    # Each worker gets, adds, reports. If one reports before the other gets, nothing is open: 2.
    # Else both get first, in either order, and then add and report, each in either order: 8.
    carry(program, 10, {2})


def test_a_join_with_nothing_to_wait_for(carry, queue_class):
    def program():
        queue = queue_class()
        queue.join()
        queue.put(1)
        queue.get()
        queue.task_done()
        queue.join()

    carry(program, 1)


def test_two_join(carry, queue_class):
    def program():
        queue = queue_class()
        queue.put(1)

        def work():
            queue.get()
            queue.task_done()

        run(queue.join, queue.join, work)

    # Both joins come after the task_done, and are reads.
    carry(program, 1)


def test_too_many_task_done(carry, queue_class):
    def program():
        queue = queue_class()
        with pytest.raises(ValueError, match="called too many times"):
            queue.task_done()
        queue.put(1)
        queue.task_done()
        with pytest.raises(ValueError, match="called too many times"):
            queue.task_done()
        return queue.get()  # task_done reports; it takes nothing out

    carry(program, 1, {1})


def test_items_without_an_order(carry):
    def program():
        queue = verify.PriorityQueue()
        queue.put(1)
        with pytest.raises(TypeError):
            queue.put("a")
        size = queue.qsize()
        queue.task_done()
        queue.join()  # what was refused is not unfinished either
        return size, queue.get()

    carry(program, 1, {(1, 1)})


def test_a_comparison_that_uses_the_harness_is_misuse(exactly):
    def program():
        limit = verify.Shared(0)

        class Item:
            def __lt__(self, other):
                return limit.value < 0

        queue = verify.PriorityQueue()
        queue.put(Item())
        queue.put(Item())

    exactly(program, {"misuse": 1})


def test_nobody_puts(exactly, queue_class):
    def program():
        queue_class().get()

    exactly(program, {"deadlock": 1})


def test_nobody_takes(exactly, queue_class):
    def program():
        queue = queue_class(1)
        queue.put(1)
        queue.put(2)

    exactly(program, {"deadlock": 1})


def test_nobody_reports(exactly, queue_class):
    def program():
        queue = queue_class()
        queue.put(1)
        queue.get()
        queue.join()

    exactly(program, {"deadlock": 1})
