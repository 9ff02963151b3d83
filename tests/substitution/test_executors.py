"""`concurrent.futures`, explored: the library's own executors, with all that can come of them."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    BrokenExecutor,
    CancelledError,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    as_completed,
    wait,
)
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes, refuted

Say = Callable[[Any], None]

EARLY = ThreadPoolExecutor(1, thread_name_prefix="early")
EARLY_PROCESSES = ProcessPoolExecutor(1)
SETTLED: Future[int] = Future()
SETTLED.set_result(5)
OPEN: Future[int] = Future()


def square(number: int) -> int:
    return number * number


def fail() -> None:
    raise KeyError("x")


@pytest.mark.parametrize(("workers", "calls"), [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)])
def test_results_come_back(workers: int, calls: int) -> None:
    def program(say: Say) -> None:
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(square, number) for number in range(calls)]
            say(tuple(future.result() for future in futures))

    assert outcomes(program) == {tuple(map(square, range(calls)))}


def test_a_future_is_as_quick_as_the_harnesss() -> None:
    """A call of a future is one step: as many classes as with `verify.Future`."""

    def program(make: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            future = make()
            told: list[int] = []

            def work() -> None:
                if future.set_running_or_notify_cancel():
                    future.set_result(3)

            working = threading.Thread(target=work)
            working.start()
            future.add_done_callback(lambda done: told.append(done.cancelled()))
            given_up = future.cancel()
            working.join()
            assert future.done()
            assert told == [given_up]

        return run

    theirs, ours = (verify.explore(program(make)) for make in (Future, verify.Future))
    assert theirs.verdict.name == ours.verdict.name == "PROVED"
    assert (theirs.executions, theirs.steps) == (ours.executions, ours.steps)


class Settling:
    """Two futures, each settled by a thread of its own."""

    def __init__(self, *errors: Exception | None) -> None:
        self.futures: list[Future[int]] = [Future(), Future()]
        pairs = zip(self.futures, errors or (None, None), strict=True)
        self._threads = [threading.Thread(target=self._settle, args=pair) for pair in pairs]

    @staticmethod
    def _settle(future: Future[int], error: Exception | None) -> None:
        if error is None:
            future.set_result(4)
        else:
            future.set_exception(error)

    def __enter__(self) -> list[Future[int]]:
        for thread in self._threads:
            thread.start()
        return self.futures

    def __exit__(self, *exc: object) -> None:
        for thread in self._threads:
            thread.join()


def test_wait_for_the_first_sees_every_order() -> None:
    def program(say: Say) -> None:
        with Settling() as futures:
            done, left = wait(futures, return_when=FIRST_COMPLETED)
            assert done | left == {*futures}
            say(tuple(future in done for future in futures))

    assert outcomes(program) == {(True, False), (False, True), (True, True)}


def test_wait_for_an_exception() -> None:
    def program(say: Say) -> None:
        with Settling(KeyError("x"), None) as futures:
            done, left = wait(futures, return_when=FIRST_EXCEPTION)
            assert futures[0] in done
            say(len(left))

    assert outcomes(program) == {0, 1}


def test_as_completed_gives_them_in_each_order() -> None:
    def program(say: Say) -> None:
        with Settling() as futures:
            say(tuple(futures.index(future) for future in as_completed(futures)))

    assert outcomes(program) == {(0, 1), (1, 0)}


def test_a_wait_that_times_out_tells_what_is_done_by_then() -> None:
    def program(say: Say) -> None:
        with Settling() as futures:
            say(len(wait(futures, timeout=1).done))

    assert outcomes(program) == {0, 1, 2}


def test_time_runs_out_and_the_loop_ends() -> None:
    def program(say: Say) -> None:
        with ThreadPoolExecutor(1) as pool:
            try:
                for future in as_completed([pool.submit(square, 2)], timeout=1):
                    say(future.result())
            except TimeoutError:
                say("too late")

    assert outcomes(program) == {4, "too late"}


def test_what_is_cancelled_is_not_done() -> None:
    def program(say: Say) -> None:
        with ThreadPoolExecutor(1) as pool:
            first, second = pool.submit(square, 2), pool.submit(square, 3)
            given_up = second.cancel()
            assert first.result() == 4
            try:
                say((given_up, second.result()))
            except CancelledError:
                say((given_up, "cancelled"))

    assert outcomes(program) == {(True, "cancelled"), (False, 9)}


def test_shutdown_can_cancel_what_nobody_has_begun() -> None:
    def program(say: Say) -> None:
        pool = ThreadPoolExecutor(1)
        futures = [pool.submit(square, number) for number in (2, 3)]
        pool.shutdown(cancel_futures=True)
        say(tuple(future.cancelled() for future in futures))
        with pytest.raises(RuntimeError, match="after shutdown"):
            pool.submit(square, 2)

    either = (False, True)
    assert outcomes(program) == {(one, other) for one in either for other in either}


def test_a_failing_callback_is_logged_and_the_next_is_called() -> None:
    def program(say: Say) -> None:
        future: Future[int] = Future()
        future.add_done_callback(lambda done: fail())
        future.add_done_callback(lambda done: say(done.result()))
        setting = threading.Thread(target=future.set_result, args=(4,))
        setting.start()
        future.add_done_callback(lambda done: fail())
        setting.join()

    assert outcomes(program) == {4}


def test_an_initializer_that_fails_breaks_the_pool() -> None:
    def program(say: Say) -> None:
        with ThreadPoolExecutor(1, initializer=fail) as pool:
            try:
                pool.submit(square, 2).result()
            except BrokenExecutor:
                say("broken")

    assert outcomes(program) == {"broken"}


def test_map_in_threads_and_the_names_of_workers() -> None:
    def program(say: Say) -> None:
        with ThreadPoolExecutor(1) as pool:
            say(tuple(pool.map(square, [1, 2])))
            say(pool.submit(lambda: threading.current_thread().name).result())

    assert outcomes(program) == {(1, 4), "ThreadPoolExecutor-1_0"}


def test_executors_and_futures_from_before_begin_each_execution_as_they_stood() -> None:
    def program(say: Say) -> None:
        assert SETTLED.result() == 5
        assert OPEN.set_running_or_notify_cancel()
        EARLY.submit(OPEN.set_result, 6)
        say((OPEN.result(), EARLY_PROCESSES.submit(square, 3).result()))

    assert outcomes(program) == {(6, 9)}
    assert not OPEN.running()
    assert EARLY.submit(square, 2).result() == 4


def test_a_worker_with_nothing_to_do_may_be_left_but_not_one_that_is_stuck() -> None:
    """The end of the interpreter ends the one, and waits for the other for ever."""

    def idle(say: Say) -> None:
        say(ThreadPoolExecutor(1).submit(square, 3).result())

    def stuck() -> None:
        held = threading.Lock()
        held.acquire()
        ThreadPoolExecutor(1).submit(held.acquire)

    assert outcomes(idle) == {9}
    assert refuted(stuck) == "deadlock: ThreadPoolExecutor-1_0 waits for ever"


def test_calls_in_processes_work_on_copies() -> None:
    def program(say: Say) -> None:
        given = [1]
        with ProcessPoolExecutor(1) as pool:
            say(pool.submit(given.append, 2).result())
            assert given == [1]
            try:
                pool.submit(fail).result()
            except KeyError:
                say("failed there")

    assert outcomes(program) == {None, "failed there"}


def test_map_and_cancel_in_processes() -> None:
    def program(say: Say) -> None:
        with ProcessPoolExecutor(1) as pool:
            assert list(pool.map(square, [2])) == [4]
            say(pool.submit(square, 2).cancel())

    assert outcomes(program) == {True, False}


def test_a_process_whose_initializer_fails_breaks_the_pool() -> None:
    def program(say: Say) -> None:
        with ProcessPoolExecutor(1, initializer=fail) as pool:
            try:
                pool.submit(square, 2).result()
            except BrokenExecutor:
                say("broken")

    assert outcomes(program) == {"broken"}


def test_outside_they_are_the_librarys() -> None:
    outcomes(lambda say: say(ThreadPoolExecutor(1).submit(square, 3).result()))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(square, range(4))) == [0, 1, 4, 9]
    future: Future[int] = Future()
    future.set_result(1)
    assert future._state == "FINISHED"  # type: ignore[attr-defined]
    assert {future: 1}[future] == 1
    assert concurrent.futures.Future.__hash__ is object.__hash__
