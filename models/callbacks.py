"""Synchronous, asynchronous, callback: three ways to get a result.

Synchronous: call, and go on when the result is there. Asynchronous: start, do something else, and
ask for the result when it is needed. Callback: say what is to be done with the result, and have it
done when it comes. For the last two something must stand between who works and who wants: a future.

It has to call each callback exactly once, whichever comes first, the result or the callback. Look
and then put in line, and the result may come in between: the callback is lost. Put in line and then
look, and both sides may call it. Looking and putting in line must be one step for the other side:
under a lock, with the call outside of it, or in `verify.Future`, where both are one operation.

To try: call the callbacks inside the lock of `Locked`, and let a callback ask for the result.
"""

from __future__ import annotations

from collections.abc import Callable

import verify

HEADING = "1.5 Synchronous, asynchronous, callback"


class Forgetful:
    """Looks first. A result that comes between the look and the line finds nobody there."""

    def __init__(self) -> None:
        self.result = verify.Shared[int | None](None)
        self.callbacks = verify.Shared[tuple[Callback, ...]](())
        self.calls = verify.Atomic(0)

    def add_done_callback(self, callback: Callback) -> None:
        if self.result.value is None:
            self.callbacks.value += (callback,)
        else:
            callback(self)

    def set_result(self, result: int) -> None:
        self.result.value = result
        for callback in self.callbacks.value:
            callback(self)


class Overeager(Forgetful):
    """Stands in line first. If the result comes before the look, both sides call."""

    def add_done_callback(self, callback: Callback) -> None:
        self.callbacks.value += (callback,)
        if self.result.value is not None:
            callback(self)


class Locked(Forgetful):
    """Looking and standing in line are one step for the other side."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = verify.Lock()

    def add_done_callback(self, callback: Callback) -> None:
        with self.lock:
            there = self.result.value is not None
            if not there:
                self.callbacks.value += (callback,)
        if there:
            callback(self)

    def set_result(self, result: int) -> None:
        with self.lock:
            self.result.value = result
            callbacks = self.callbacks.value
        for callback in callbacks:
            callback(self)


class Counting(verify.Future[int]):
    """verify's own, with the same counter."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = verify.Atomic(0)


Callback = Callable[[Forgetful | verify.Future[int]], object]


def count_call(future: Forgetful | verify.Future[int]) -> None:
    assert isinstance(future, Forgetful | Counting)
    future.calls.add(1)


def work(log: verify.Atomic[tuple[str, ...]]) -> int:
    log.add(("worked",))
    return 42


def work_for(future: verify.Future[int], log: verify.Atomic[tuple[str, ...]]) -> None:
    future.set_result(work(log))


def call_back_once(future: Forgetful | Counting) -> None:
    worker = verify.Thread(target=future.set_result, args=(42,))
    worker.start()
    future.add_done_callback(count_call)
    worker.join()
    assert future.calls.load() == 1, f"the callback was called {future.calls.load()} times"


# One task, one order.
@verify.model(classes=1)
def synchronous() -> None:
    """Right: the work is done, then the next thing."""
    log = verify.Atomic[tuple[str, ...]](())
    assert work(log) == 42
    log.add(("something else",))
    assert log.load() == ("worked", "something else")


# Two entries in the log, in either order.
@verify.model(classes=2)
def asynchronous() -> None:
    """Right: something else is done meanwhile, and the result is there when it is asked for."""
    log, future = verify.Atomic[tuple[str, ...]](()), verify.Future[int]()
    worker = verify.Thread(target=work_for, args=(future, log))
    worker.start()
    log.add(("something else",))
    assert future.result() == 42
    worker.join()
    assert sorted(log.load()) == ["something else", "worked"]


# The callback is added before the result comes, or after.
@verify.model(classes=2)
def callback() -> None:
    """Right: called once, whichever comes first."""
    call_back_once(Counting())


# The numbers of classes of these are enumerated without the explorer in tests/counts.


@verify.model(expect="assertion", classes=3)
def callback_lost() -> None:
    """Wrong: the result comes between the look and the line."""
    call_back_once(Forgetful())


@verify.model(expect="assertion", classes=4)
def callback_twice() -> None:
    """Wrong: in line before the look, so both sides call."""
    call_back_once(Overeager())


@verify.model(classes=2)
def callback_under_a_lock() -> None:
    """Right: one step for the other side, and the call outside of the lock."""
    call_back_once(Locked())
