"""Future: a result that comes later, and whom to tell. Signatures of `concurrent.futures.Future`.

The state is how far it has come, the outcome, and the callbacks that are still to be called. Taking
the callbacks out is one step with putting the outcome in, and adding one finds either no outcome or
no line to stand in: whichever of `set_result` and `add_done_callback` comes first, a callback is
called exactly once, by the task that came second.

Calling is ordinary code between two operations. A callback that raises stops no other, and its
exception goes on to whoever called it; in `concurrent.futures` it is logged and forgotten, and with
it a failed assertion would be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, InvalidStateError
from typing import Any, Generic, NamedTuple, TypeVar

from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.sync.primitive import Primitive
from verify.values import in_words

T = TypeVar("T")

PENDING = "pending"
RUNNING = "running"
CANCELLED = "cancelled"
TOLD = "cancelled, and its worker knows"
FAILED = "failed"
FINISHED = "finished"

_OVER = frozenset({CANCELLED, TOLD, FAILED, FINISHED})
_CANCELLED = frozenset({CANCELLED, TOLD})


class Promise(NamedTuple):
    """How far it has come, its result or exception, and whom to call then."""

    status: str
    outcome: Any
    callbacks: tuple[Any, ...]


def _over(states: States, task: int, argument: Any) -> bool:
    return states[0].status in _OVER


def _look(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def _nothing_yet(states: States, task: int, argument: Any) -> Outcome:
    return None, states


def _settle(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status in _OVER:
        raise InvalidStateError(f"the future is {promise.status} already")
    status, outcome = argument
    return promise.callbacks, (Promise(status, outcome, ()),)


def _cancel(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status != PENDING:
        return (promise.status in _CANCELLED, ()), states
    return (True, promise.callbacks), (Promise(CANCELLED, None, ()),)


def _is_no_longer_pending(states: States, task: int, argument: Any) -> bool:
    return bool(states[0].status != PENDING)


def _begin(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status == PENDING:
        return True, (promise._replace(status=RUNNING),)
    if promise.status == CANCELLED:
        return False, (promise._replace(status=TOLD),)
    raise RuntimeError(f"the future is {promise.status} already")


def _add_callback(states: States, task: int, callback: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status in _OVER:
        return True, states
    return False, (promise._replace(callbacks=(*promise.callbacks, callback)),)


def _wake_all(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, EVERYONE, ())


RESULT = Kind("result", _look, ready=_over, give_up=_nothing_yet, footprint=(Access.READ,))
LOOK = Kind("look", _look, footprint=(Access.READ,))
SETTLE = Kind("settle", _settle, wakes=_wake_all, shows_argument=True)
CANCEL = Kind("cancel", _cancel, reads_if=_is_no_longer_pending, wakes=_wake_all)
BEGIN = Kind("begin", _begin)
ADD_CALLBACK = Kind("add_done_callback", _add_callback, reads_if=_over)


class Future(Primitive, Generic[T]):
    """A result that one task owes to others.

    Between processes the result, the exception and the callbacks must be picklable: a callback is
    then a function of a module, and is called in the process of the task that calls it.
    """

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(Promise(PENDING, None, ()), shared=shared)

    def result(self, timeout: float | None = None) -> T:
        """The result, once it is there; or its exception is raised.

        Raises CancelledError if the future was cancelled, TimeoutError after `timeout` seconds.
        """
        promise = self._outcome(timeout)
        if promise.status == FAILED:
            try:
                raise promise.outcome
            finally:
                del promise  # else the exception's traceback leads back to it
        result: T = promise.outcome
        return result

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The exception, once it is over, or None if there is a result; raises as `result`."""
        promise = self._outcome(timeout)
        return promise.outcome if promise.status == FAILED else None

    def _outcome(self, timeout: float | None) -> Promise:
        promise: Promise | None = self._perform(RESULT, None, True, timeout)
        if promise is None:
            raise TimeoutError
        if promise.status in _CANCELLED:
            raise CancelledError
        return promise

    def set_result(self, result: T) -> None:
        """Put the result in, wake all who wait for it and call the callbacks.

        Raises InvalidStateError if it is over already.
        """
        self._call(self._perform(SETTLE, (FINISHED, result)))

    def set_exception(self, exception: BaseException) -> None:
        """Put an exception in the place of a result, and go on as `set_result`."""
        self._call(self._perform(SETTLE, (FAILED, exception)))

    def add_done_callback(self, fn: Callable[[Future[T]], object]) -> None:
        """Have `fn(future)` called once it is over; at once, if it is."""
        if self._perform(ADD_CALLBACK, fn):
            fn(self)

    def cancel(self) -> bool:
        """Give the result up, unless it is being worked on or there: whether it is given up."""
        given_up: bool
        given_up, callbacks = self._perform(CANCEL)
        self._call(callbacks)
        return given_up

    def set_running_or_notify_cancel(self) -> bool:
        """A worker's first word: whether there is work to do, now *running*; else it is cancelled.

        Raises RuntimeError if somebody has said so before.
        """
        wanted: bool = self._perform(BEGIN)
        return wanted

    def _status(self) -> str:
        status: str = self._perform(LOOK).status
        return status

    def done(self) -> bool:
        """Whether there is a result or an exception, or it was cancelled."""
        return self._status() in _OVER

    def running(self) -> bool:
        """Whether a worker is at it."""
        return self._status() == RUNNING

    def cancelled(self) -> bool:
        """Whether it was given up."""
        return self._status() in _CANCELLED

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
        shown = state.status
        if state.status in (FAILED, FINISHED):
            shown += f": {in_words(state.outcome)}"
        count = len(state.callbacks)
        return shown + (f", {count} callback{'s' if count > 1 else ''} waiting" if count else "")
