"""concurrent.futures.Future: a callback that comes as the future is done is called once.

**Promise.** A function given to `add_done_callback` is called when the future is done or cancelled;
at once, if it is so already. It is called once, whoever is quicker.

**Bug** (two that `Future` does not have). `LosesCallbacks` asks whether it is done before it takes
its lock: one that is done in between never looks at its list again. `CallsTwice` puts the function
on the list and then asks: one that is done in between has called it already.

**What the explorer shows.** A callback that was never called, one that was called twice; and for
the Future of the interpreter that runs it, a proof: of its own code (own_copy.py), and of what
stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, _base

from own_copy import own_copy
from together import together

stock = own_copy(_base)


class LosesCallbacks(stock.Future):  # type: ignore[misc,name-defined]
    def add_done_callback(self, fn: Callable[[Future[int]], object]) -> None:
        if self.done():
            fn(self)
            return
        with self._condition:
            self._done_callbacks.append(fn)


class CallsTwice(stock.Future):  # type: ignore[misc,name-defined]
    def add_done_callback(self, fn: Callable[[Future[int]], object]) -> None:
        with self._condition:
            self._done_callbacks.append(fn)
        if self.done():
            fn(self)


def _called(future: Future[int]) -> None:
    calls: list[int] = []
    together(
        lambda: future.add_done_callback(lambda done: calls.append(done.result())),
        lambda: future.set_result(7),
    )
    assert calls == [7], f"called {len(calls)} times"


def lost() -> None:
    _called(LosesCallbacks())


def called_twice() -> None:
    _called(CallsTwice())


def as_released() -> None:
    _called(stock.Future())


def standing_in() -> None:
    _called(Future())


def cancelled_or_done() -> None:
    """As released: of cancelling and running one comes first, and the callback is called once."""
    future: Future[int] = stock.Future()
    calls: list[bool] = []
    future.add_done_callback(lambda done: calls.append(done.cancelled()))

    def run() -> None:
        if future.set_running_or_notify_cancel():
            future.set_result(7)

    together(run, future.cancel)
    assert calls == [future.cancelled()]
