"""`queue`, explored: what was put before, subclasses, SimpleQueue, shutdown, what is refused."""

from __future__ import annotations

import queue
import sys
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, Full, SimpleQueue
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes

Say = Callable[[Any], None]

FILLED: queue.Queue[int] = queue.Queue(3)
FILLED.put(1)
FILLED.put(2)
SMALLEST: queue.PriorityQueue[int] = queue.PriorityQueue()
for number in (5, 3, 4):
    SMALLEST.put(number)
SIMPLE: SimpleQueue[int] = SimpleQueue()
SIMPLE.put(7)
ALSO_SIMPLE = SIMPLE


def test_a_queue_from_before_begins_each_execution_as_it_stood() -> None:
    def program(say: Say) -> None:
        putting = threading.Thread(target=FILLED.put, args=(3,))
        putting.start()
        say((FILLED.get(), FILLED.get(), FILLED.get(), SMALLEST.get()))
        putting.join()
        FILLED.task_done()
        assert FILLED.unfinished_tasks == 2

    assert outcomes(program) == {(1, 2, 3, 3)}
    assert (FILLED.qsize(), FILLED.unfinished_tasks, SMALLEST.qsize()) == (2, 2, 3)


def test_a_simple_queue_from_before_is_one_queue_under_all_its_names() -> None:
    def program(say: Say) -> None:
        putting = threading.Thread(target=ALSO_SIMPLE.put, args=(8,))
        putting.start()
        say((SIMPLE.get(), SIMPLE.get(), SIMPLE.empty()))
        putting.join()

    assert outcomes(program) == {(7, 8, True)}
    assert SIMPLE.qsize() == 1
    assert type(SIMPLE) is SimpleQueue


def test_a_bound_and_what_comes_of_it() -> None:
    def program(say: Say) -> None:
        made: queue.Queue[int] = queue.Queue(1)

        def put() -> None:
            try:
                made.put(2, timeout=1)
            except Full:
                say("full")

        made.put(1)
        putting = threading.Thread(target=put)
        putting.start()
        say(made.get())
        putting.join()
        try:
            say(made.get_nowait())
        except Empty:
            say("empty")

    assert outcomes(program) == {1, 2, "full", "empty"}


class Twice(queue.Queue[int]):
    """Gives each item twice, by hooks of its own."""

    def _init(self, maxsize: int) -> None:
        self.queue: deque[int] = deque()

    def _put(self, item: int) -> None:
        self.queue.extend((item, item))


class Counting(queue.Queue[int]):
    """Overrides what is public alone."""

    def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
        super().put(item + 10, block, timeout)


def test_a_subclass_with_hooks_of_its_own_runs_the_librarys_code() -> None:
    def program(say: Say) -> None:
        made, counting = Twice(), Counting()
        putting = threading.Thread(target=made.put, args=(1,))
        putting.start()
        counting.put(1)
        with made.mutex:
            assert len(made.queue) in (0, 2)
        say((made.get(), made.get(), counting.get()))
        putting.join()

    assert outcomes(program) == {(1, 1, 11)}


class Reporting:
    """Says when it goes."""

    def __init__(self, to: SimpleQueue[Any]) -> None:
        self._to = to

    def __del__(self) -> None:
        self._to.put("gone")


def test_a_destructor_may_put(capsys: pytest.CaptureFixture[str]) -> None:
    """At any moment: some go when the execution is over, and nobody is explored any more."""

    def program(say: Say) -> None:
        made: SimpleQueue[Any] = SimpleQueue()
        made.put(Reporting(made))

        def work() -> None:
            going = Reporting(made)
            made.put(1)
            del going

        working = threading.Thread(target=work)
        working.start()
        made.get()
        say((made.get(), made.get()))
        working.join()

    assert outcomes(program) == {(1, "gone")}
    assert capsys.readouterr().err == ""


def test_who_uses_the_inside_of_a_queue_has_it_explored_as_it_is_written() -> None:
    def program(say: Say) -> None:
        made: queue.Queue[int] = queue.Queue()

        def put() -> None:
            for number in (1, 2):
                made.put(number)

        putting = threading.Thread(target=put)
        putting.start()
        with made.mutex:
            say(tuple(made.queue))
            made.queue.clear()
        putting.join()
        say(made.qsize())
        with FILLED.mutex:
            assert list(FILLED.queue) == [1, 2]
            FILLED.queue.clear()
        assert FILLED.empty()

    assert outcomes(program) == {(), (1,), (1, 2), 0, 1, 2}
    assert FILLED.qsize() == 2


def test_its_counterexample_is_replayed() -> None:
    def program() -> None:
        made: queue.Queue[int] = queue.Queue()
        putting = threading.Thread(target=made.put, args=(1,))
        putting.start()
        with made.mutex:
            empty = not made.queue
        putting.join()
        assert empty

    report = verify.explore(program)
    assert [failure.kind for failure in report.failures] == ["assertion"]
    trace = report.failures[0].trace
    assert trace is not None
    assert verify.replay(program, trace).verdict.name == "VIOLATED"


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Queue.shutdown is new in 3.13")
def test_shutdown_wakes_whoever_waits() -> None:
    def program(say: Say) -> None:
        made: Any = queue.Queue()

        def take() -> None:
            try:
                say(made.get())
            except queue.ShutDown:  # type: ignore[attr-defined]
                say("shut down")

        taking = threading.Thread(target=take)
        taking.start()
        made.put(1)
        made.shutdown(immediate=True)
        assert made.is_shutdown
        taking.join()

    assert outcomes(program) == {1, "shut down"}


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="Queue.shutdown is new in 3.13")
def test_before_3_13_there_is_no_shutdown() -> None:
    def program(say: Say) -> None:
        say(hasattr(queue.Queue(), "shutdown"))

    assert outcomes(program) == {False}


def test_a_queue_that_was_made_in_an_execution_is_a_real_one_afterwards() -> None:
    kept: list[Any] = []
    outcomes(lambda say: kept.extend((queue.Queue(1), SimpleQueue())))
    for made in kept:
        made.put(1)
        assert made.get() == 1
    assert queue.Queue.put.__qualname__ == "Queue.put"
    assert not hasattr(queue.Queue.put, "__wrapped__")
