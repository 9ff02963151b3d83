"""Future: a result that comes later, and whom to tell. Signatures of `concurrent.futures.Future`.

What it holds is a promise (promise.py). Calling the callbacks is ordinary code between two
operations. A callback that raises stops no other, and its exception goes on to whoever called it;
in `concurrent.futures` it is logged and forgotten, and with it a failed assertion would be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, InvalidStateError
from typing import Any, Generic, TypeVar

from verify.sync import promise
from verify.sync.primitive import Primitive
from verify.sync.promise import Promise

T = TypeVar("T")


class Future(Primitive, Generic[T]):
    """A result that one task owes to others.

    Between processes the result, the exception and the callbacks must be picklable: a callback is
    then a function of a module, and is called in the process of the task that calls it.
    """

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(Promise(), shared=shared)

    def result(self, timeout: float | None = None) -> T:
        """The result, once it is there; or its exception is raised.

        Raises CancelledError if the future was cancelled, TimeoutError after `timeout` seconds.
        """
        value, error = self._outcome(timeout)
        if error is not None:
            try:
                raise error
            finally:
                del error  # else the exception's traceback leads back to it
        result: T = value
        return result

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The exception, once it is over, or None if there is a result; raises as `result`."""
        error: BaseException | None = self._outcome(timeout)[1]
        return error

    def _outcome(self, timeout: float | None) -> tuple[Any, Any]:
        found: Promise | bool = self._perform(promise.RESULT, None, True, timeout)
        if not isinstance(found, Promise):
            raise TimeoutError
        if found.status in promise.GIVEN_UP:
            raise CancelledError
        return found.outcome

    def set_result(self, result: T) -> None:
        """Put the result in, wake all who wait for it and call the callbacks.

        Raises InvalidStateError if it is over already.
        """
        self._settle(result, None)

    def set_exception(self, exception: BaseException) -> None:
        """Put an exception in the place of a result, and go on as `set_result`."""
        self._settle(None, exception)

    def _settle(self, result: Any, exception: BaseException | None) -> None:
        before: Promise = self._perform(promise.SETTLE, (result, exception))
        if before.status in promise.OVER:
            raise InvalidStateError(f"the future is {before.standing} already")
        self._call(before.callbacks)

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        """Have `fn(future)` called once it is over; at once, if it is."""
        if self._perform(promise.ADD, fn).status in promise.OVER:
            fn(self)

    def cancel(self) -> bool:
        """Give the result up, unless it is being worked on or there: whether it is given up."""
        before: Promise = self._perform(promise.CANCEL)
        if before.status == promise.PENDING:
            self._call(before.callbacks)
        return before.status not in (promise.RUNNING, promise.FINISHED)

    def set_running_or_notify_cancel(self) -> bool:
        """A worker's first word: whether there is work to do, now *running*; else it is cancelled.

        Raises RuntimeError if somebody has said so before.
        """
        before: Promise = self._perform(promise.BEGIN)
        if before.status not in (promise.PENDING, promise.CANCELLED):
            raise RuntimeError(f"the future is {before.standing} already")
        return before.status == promise.PENDING

    def _status(self) -> str:
        status: str = self._perform(promise.LOOK).status
        return status

    def done(self) -> bool:
        """Whether there is a result or an exception, or it was cancelled."""
        return self._status() in promise.OVER

    def running(self) -> bool:
        """Whether a worker is at it."""
        return self._status() == promise.RUNNING

    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._status() in promise.GIVEN_UP

    def _call(self, callbacks: Sequence[Callable[[Future[T]], object]]) -> None:
        failure: Exception | None = None
        for callback in callbacks:
            try:
                callback(self)
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure

    @staticmethod
    def show(state: Promise, name: Callable[[int], str]) -> str:
        """How far it has come, what came out, and how many are to be called."""
        return promise.show(state, name)
