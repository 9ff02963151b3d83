"""Classes derived from Future, and programs that look into one: what they find there is true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, as_completed, wait
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes, refuted

Say = Callable[[Any], None]
OVER = {"CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED"}


class Ordered(Future[int]):
    """Has callbacks that go before all others, and tells how many are to come."""

    _done_callbacks: list[Callable[[Future[int]], object]]
    _condition: threading.Condition
    _state: str
    _result: int

    def add_first(self, fn: Callable[[Future[int]], object]) -> None:
        with self._condition:
            if self._state not in OVER:
                self._done_callbacks.insert(0, fn)
                return
        fn(self)

    def add_first_too_late(self, fn: Callable[[Future[int]], object]) -> None:
        """Broken: it may be over between the look and the lock."""
        if self._state not in OVER:
            with self._condition:
                self._done_callbacks.insert(0, fn)
        else:
            fn(self)

    def replace(self, result: int) -> bool:
        """Give another result, if there is one, and nobody was told of it."""
        with self._condition:
            if self._state == "FINISHED":
                return False
            self._result, self._state = result, "FINISHED"
            self._condition.notify_all()
        self._invoke_callbacks()  # type: ignore[attr-defined]
        return True

    def waiting(self) -> int:
        with self._condition:
            return len(self._done_callbacks)


def settled(work: Callable[[Ordered], object]) -> Ordered:
    """A future that a thread settles, while this one works with it."""
    future = Ordered()
    thread = threading.Thread(target=future.set_result, args=(3,))
    thread.start()
    work(future)
    thread.join()
    return future


def test_a_list_that_it_keeps_under_the_lock_is_the_list() -> None:
    def program(say: Say) -> None:
        called: list[str] = []

        def work(future: Ordered) -> None:
            future.add_done_callback(lambda done: called.append("last"))
            future.add_first(lambda done: called.append("first"))

        assert settled(work).waiting() <= 2
        say(tuple(called))

    # The second sees the first called already if the result came in between.
    assert outcomes(program) == {("first", "last"), ("last", "first")}


def test_a_look_without_the_lock_has_its_place() -> None:
    def program() -> None:
        called: list[int] = []
        settled(lambda future: future.add_first_too_late(lambda done: called.append(1)))
        assert called == [1], "a callback was lost"

    assert refuted(program).startswith("assertion: a callback was lost")


def test_a_state_that_it_changes_itself_is_the_state() -> None:
    def program(say: Say) -> None:
        future, told = Ordered(), []

        def replace(result: int) -> None:
            if future.replace(result):
                told.append(result)

        threads = [threading.Thread(target=replace, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        assert [future.result()] == [next(iter(done)).result() for done in [wait([future]).done]]
        assert [done.result() for done in as_completed([future])] == [future.result()]
        for thread in threads:
            thread.join()
        assert told == [future.result()]
        say(told[0])

    assert outcomes(program) == {1, 2}


def test_a_program_may_look_into_the_librarys_own() -> None:
    """Each look is a step, as a call is; under the lock nothing changes."""

    def program(say: Say) -> None:
        future: Any = Future()
        thread = threading.Thread(target=future.set_result, args=(3,))
        thread.start()
        early = future._state
        with future._condition:
            same = future._state, future._result, future._exception
            assert same == (future._state, future._result, future._exception)
        thread.join()
        assert (future._state, future._result, future._exception) == ("FINISHED", 3, None)
        say((early, same[:2]))

    done = ("FINISHED", 3)
    assert outcomes(program) == {
        ("PENDING", ("PENDING", None)),
        ("PENDING", done),
        ("FINISHED", done),
    }


def test_such_a_look_does_not_wait_for_the_lock() -> None:
    """It sees what is put there meanwhile."""

    def program(say: Say) -> None:
        future: Any = Future()
        looking = threading.Thread(target=lambda: say(future._state))
        with future._condition:
            looking.start()
            future._state = "FINISHED"
            looking.join()

    assert outcomes(program) == {"PENDING", "FINISHED"}


@pytest.mark.parametrize("change", ["callbacks", "lock", "waiters"])
def test_what_it_may_not_change_there_is_named(change: str) -> None:
    def program() -> None:
        future: Any = Future()
        if change == "callbacks":
            future._done_callbacks.append(print)
        elif change == "lock":
            future._condition = threading.Condition()
        else:
            future._waiters.append(print)

    told = refuted(program)
    assert told.startswith("misuse: the program uses _")
    assert "class that is derived from Future" in told


def test_outside_nothing_is_there_of_it() -> None:
    def program() -> None:
        future: Any = Future()
        future._done_callbacks.append(print)

    refuted(program)
    future: Any = Ordered()
    future._done_callbacks.append(lambda done: None)
    future.set_result(1)
    assert (future._state, len(future._done_callbacks)) == ("FINISHED", 1)
    assert not any(name in vars(Future) for name in ("_state", "_result", "_done_callbacks"))
    assert verify.explore(lambda: Ordered().waiting()).complete
