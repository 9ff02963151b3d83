"""The battery: Queue.shutdown, as Python 3.13 has it.

A shutdown is a write, like a put; what it makes fail is a look.
"""

from __future__ import annotations

import pytest

import verify
from tests.schedulers.running import run


def _told(call):
    """What a call of a queue comes to, in a word."""
    try:
        return call()
    except verify.ShutDown:
        return "over"


def test_a_queue_that_was_shut_down_gives_what_is_left(carry, queue_class):
    def program():
        queue = queue_class()
        queue.put("item")
        queue.shutdown()
        calls = (
            lambda: queue.put("late"),
            lambda: queue.put_nowait("late"),
            queue.get,
            queue.get,
            queue.get_nowait,
            lambda: queue.get(timeout=1),
        )
        found = tuple(map(_told, calls))
        queue.task_done()
        queue.join()
        return found

    # A try of what will never be possible again does not just find the queue empty.
    carry(program, 1, {("over", "over", "item", "over", "over", "over")})


def test_a_shutdown_at_once_takes_what_is_left_along(carry, queue_class):
    def program():
        queue = queue_class()
        queue.put("taken")
        queue.put("left")
        queue.put("left")
        queue.get()
        queue.shutdown(immediate=True)
        found = _told(queue.get), queue.qsize()
        queue.task_done()  # of the one that was taken; the others are nobody's any more
        queue.join()
        return found

    carry(program, 1, {("over", 0)})


def test_to_shut_down_is_no_put_and_may_be_repeated(carry):
    def program():
        queue = verify.Queue(1)
        queue.put("item")
        before = queue.is_shutdown
        queue.shutdown()
        queue.shutdown()
        return before, queue.is_shutdown, queue.unfinished_tasks, queue.full(), queue.get()

    carry(program, 1, {(False, True, 1, True, "item")})


@pytest.mark.parametrize("immediate", [False, True])
def test_a_shutdown_wakes_all_who_want_to_take(carry, queue_class, immediate):
    def program():
        queue, told = queue_class(), verify.Queue()

        def take():
            told.put(_told(queue.get))

        def shut_down():
            queue.shutdown(immediate)

        run(take, take, shut_down)
        return told.get(), told.get()

    # Both wait for the shutdown, and find it by a look; then the two tell of it in either order.
    carry(program, 2, {("over", "over")})


def test_a_shutdown_wakes_who_wants_to_put_and_who_waits_for_all_to_be_done(carry, queue_class):
    def program():
        queue, told = queue_class(1), verify.Shared("")
        queue.put("item")

        def put():
            told.value = _told(lambda: queue.put("another"))

        def shut_down():
            queue.shutdown(immediate=True)

        run(put, queue.join, shut_down)
        return told.value

    # The shutdown comes first, since the item keeps both waiting; what they find are two looks.
    carry(program, 1, {"over"})


def test_a_put_comes_before_a_shutdown_or_not_at_all(carry, queue_class):
    def program():
        queue, told = queue_class(), verify.Shared("")

        def put():
            told.value = _told(lambda: queue.put("item"))

        run(put, queue.shutdown)
        return told.value, _told(queue.get)

    carry(program, 2, {(None, "item"), ("over", "over")})
