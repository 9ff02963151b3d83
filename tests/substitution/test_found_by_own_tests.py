"""What the interpreter's own tests have found (tests/fidelity/test_own_tests.py): each is a program
that was once not explored as the library runs it.
"""

from __future__ import annotations

import importlib
import queue
import re
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor, as_completed, wait
from types import ModuleType
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes, refuted

Say = Callable[[Any], None]


class Account:
    make = staticmethod(threading.Lock)
    make_reentrant = staticmethod(threading.RLock)
    who = staticmethod(threading.get_ident)


@pytest.mark.parametrize("name", ["make", "make_reentrant"])
def test_what_a_static_method_makes_is_explored(name: str) -> None:
    """A class of a module, and one that only the program reaches."""

    class Local:
        make = staticmethod(threading.Lock)
        make_reentrant = staticmethod(threading.RLock)

    for kind in (Account, Local):
        real = getattr(kind, name)

        def program(say: Say, kind: Any = kind) -> None:
            lock = getattr(kind, name)()
            number = verify.Shared(0)

            def increment() -> None:
                with lock:
                    number.value += 1

            threads = [threading.Thread(target=increment) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            say((type(lock), number.value))

        kept = verify.RLock if name == "make_reentrant" else verify.Lock
        assert outcomes(program) == {(kept, 2)}
        assert getattr(kind, name) is real


def test_a_static_method_tells_who_asks() -> None:
    def program(say: Say) -> None:
        say(Account.who() == threading.current_thread().ident)
        asking = threading.Thread(target=lambda: say(Account.who() == asking.ident))
        asking.start()
        asking.join()

    assert outcomes(program) == {True}


def test_a_thread_that_has_ended_says_so() -> None:
    def program(say: Say) -> None:
        go = threading.Event()
        thread = threading.Thread(target=go.wait, name="it")
        told = [repr(thread)]
        thread.start()
        told.append(repr(thread))
        go.set()
        thread.join()
        told.append(repr(thread))
        say(tuple(re.sub(r" \d+", "", text) for text in told))

    assert outcomes(program) == {
        ("<Thread(it, initial)>", "<Thread(it, started)>", "<Thread(it, stopped)>")
    }


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock])
def test_a_lock_is_made_free_as_after_a_fork(make: Callable[[], Any]) -> None:
    """By anybody; and whoever waits for it gets it."""

    def program(say: Say) -> None:
        lock = make()
        lock.acquire()
        waiting = threading.Thread(target=lock.acquire)
        waiting.start()
        lock._at_fork_reinit()
        waiting.join()
        say("got it")
        lock._at_fork_reinit()
        lock.acquire()

    assert outcomes(program) == {"got it"}


def test_a_reentrant_lock_takes_arguments() -> None:
    """From 3.13 on with a warning."""

    def program(say: Say) -> None:
        with warnings.catch_warnings(record=True) as noted:
            warnings.simplefilter("always")
            with threading.RLock(1):  # type: ignore[call-arg]
                pass
            say([warning.category for warning in noted] == expected)

    expected = [] if sys.version_info < (3, 13) else [DeprecationWarning]
    assert outcomes(program) == {True}


def settled(future: Future[Any], value: object) -> Future[Any]:
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


def test_a_future_is_shown_as_the_library_shows_it() -> None:
    def program(say: Say) -> None:
        begun: Future[int] = Future()
        begun.set_running_or_notify_cancel()
        given_up: Future[int] = Future()
        given_up.cancel()
        futures = [Future(), begun, given_up, settled(Future(), 7), settled(Future(), OSError())]
        say(tuple(re.sub("0x[0-9a-f]+", "X", repr(future)) for future in futures))
        with pytest.raises(InvalidStateError, match=r"FINISHED: <Future at .* returned int>$"):
            futures[3].set_result(8)

    told: list[Any] = []
    program(told.append)
    assert outcomes(program) == {*told}


def test_what_a_program_puts_into_a_future_is_there() -> None:
    """As subclasses and tests do; those who wait for it see it."""

    def program(say: Say) -> None:
        future: Any = Future()
        assert future._state == "PENDING"
        assert future._result is future._exception is None

        def put() -> None:
            with future._condition:
                future._state, future._result = "FINISHED", 5
                assert (future._state, future._result) == ("FINISHED", 5)
                future._condition.notify_all()

        putting = threading.Thread(target=put)
        putting.start()
        say(future.result())
        assert future.done()
        assert wait([future]).done == {future}
        future._exception = OSError()
        assert isinstance(future.exception(), OSError)
        putting.join()

    assert outcomes(program) == {5}


def test_what_is_put_into_a_future_at_once_is_there_or_not() -> None:
    """It is a step that others may come before."""

    def program(say: Say) -> None:
        future: Any = Future()
        putting = threading.Thread(target=setattr, args=(future, "_state", "CANCELLED"))
        putting.start()
        say(future.cancelled())
        putting.join()

    assert outcomes(program) == {True, False}


def test_time_is_over_while_a_call_runs() -> None:
    """`as_completed` looks at the clock until no time is left."""

    def program(say: Say) -> None:
        with ThreadPoolExecutor(1) as pool:
            try:
                say(len([*as_completed([pool.submit(int)], timeout=0)]))
            except TimeoutError:
                say("over")

    assert outcomes(program) == {1, "over"}


def imported_once_more(*names: str) -> ModuleType:
    """The first of these modules, as it comes from an import of its own."""
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        return importlib.import_module(names[0])
    finally:
        sys.modules.update(kept)


AGAIN = imported_once_more("queue", "_queue")


def test_a_queue_of_a_second_import_is_explored() -> None:
    """And raises the Empty of that import."""

    def program(say: Say) -> None:
        items = AGAIN.SimpleQueue()
        getting = threading.Thread(target=lambda: say(items.get()))
        getting.start()
        items.put(3)
        getting.join()
        with pytest.raises(AGAIN.Empty):
            items.get(timeout=1)
        with pytest.raises(AGAIN.Empty):
            items.get_nowait()

    assert AGAIN.SimpleQueue is not queue.SimpleQueue
    assert AGAIN.Empty is not queue.Empty
    real = AGAIN.SimpleQueue
    assert outcomes(program) == {3}
    assert AGAIN.SimpleQueue is real
    assert refuted(lambda: AGAIN.SimpleQueue().get()) == "deadlock: main waits for ever"
