"""Futures: `concurrent.futures.Future`.

A call of a future's is one step of its twin (promises.py). `wait`, `as_completed` and the executors
run the library's own code: it finds the lock, the state and the waiters of a future where it looks
for them. Besides, futures are put in an order that does not depend on their addresses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import ModuleType, TracebackType
from typing import Any

from verify.errors import TaskKilled
from verify.substitution import promises
from verify.substitution.patches import explored, really, substitute_method, substitute_name
from verify.substitution.promises import Future, Promise
from verify.substitution.runs import serial
from verify.substitution.twins import set_twin, twin_of

_SERIAL = "_verify_serial"


def substitute(base: ModuleType) -> None:
    """Replace the methods of Future, and what is in the order of addresses."""
    kind = base.Future
    init = kind.__init__
    logger = _Logger(base.LOGGER)

    def begin(of: Any) -> None:
        really(init, of)
        vars(of)[_SERIAL] = serial("Future")
        set_twin(of, Future())

    def result(of: Any, timeout: float | None = None) -> Any:
        value, error = outcome(of, timeout)
        if error is None:
            return value
        try:
            raise error
        finally:
            del error, of  # else the exception's traceback leads back to them

    def exception(of: Any, timeout: float | None = None) -> Any:
        return outcome(of, timeout)[1]

    def outcome(of: Any, timeout: float | None) -> tuple[Any, Any]:
        promise = _twin(of).do(promises.RESULT, None, timeout)
        if promise is False:
            raise TimeoutError
        if promise.status in promises.GIVEN_UP:
            raise base.CancelledError
        found: tuple[Any, Any] = promise.outcome
        return found

    def settle(of: Any, value: Any, error: Any, tell: str) -> None:
        before = _twin(of).do(promises.SETTLE, (value, error))
        if before.status in promises.OVER:
            raise base.InvalidStateError(f"{before.status}: {type(of).__name__}")
        inform(of, before.waiters, tell)
        call(of, before.callbacks)

    def inform(of: Any, waiters: Iterable[Any], tell: str) -> None:
        if waiters:
            for waiter in waiters:
                getattr(waiter, tell)(of)
            _twin(of).do(promises.LET_GO, waiters)

    def call(of: Any, callbacks: Iterable[Callable[[Any], object]]) -> None:
        for callback in callbacks:
            try:
                callback(of)
            except Exception:
                logger.exception("exception calling callback for %s", type(of).__name__)

    def set_running_or_notify_cancel(of: Any) -> bool:
        before = _twin(of).do(promises.BEGIN)
        if before.status == promises.CANCELLED:
            inform(of, before.waiters, "add_cancelled")
        elif before.status != promises.PENDING:
            raise RuntimeError("Future in unexpected state")
        return bool(before.status == promises.PENDING)

    def cancel(of: Any) -> bool:
        before = _twin(of).do(promises.CANCEL)
        if before.status == promises.PENDING:
            call(of, before.callbacks)
        return before.status not in (promises.RUNNING, promises.FINISHED)

    def add_done_callback(of: Any, fn: Callable[[Any], object]) -> None:
        if not _twin(of).do(promises.ADD, fn):
            call(of, [fn])

    def status(of: Any) -> str:
        found: str = _twin(of).do(promises.LOOK).status
        return found

    for method in (result, exception, set_running_or_notify_cancel, cancel, add_done_callback):
        substitute_method(kind, method.__name__, method)
    for name, calls in {
        "__init__": begin,
        "__hash__": lambda of: hash(_place(of)),
        "__repr__": lambda of: f"<{type(of).__name__} state={status(of).lower()}>",
        "set_result": lambda of, result: settle(of, result, None, "add_result"),
        "set_exception": lambda of, exception: settle(of, None, exception, "add_exception"),
        "done": lambda of: status(of) in promises.OVER,
        "cancelled": lambda of: status(of) in promises.GIVEN_UP,
        "running": lambda of: status(of) == promises.RUNNING,
    }.items():
        substitute_method(kind, name, calls)
    for name, in_section in (
        ("_condition", lambda section: section),
        ("_waiters", lambda section: section.waiters),
        ("_state", lambda section: section.status),
    ):
        substitute_method(kind, name, _field(name, in_section))
    substitute_method(base._AcquireFutures, "__init__", _in_order)
    substitute_name(base, "LOGGER", logger)


def _twin(of: Any) -> Future:
    return twin_of(of, _standing)


def _standing(of: Any) -> Future:
    held = vars(of)
    outcome = (held["_result"], held["_exception"])
    callbacks, waiters = tuple(held["_done_callbacks"]), tuple(held["_waiters"])
    return Future(Promise(held["_state"], outcome, callbacks, waiters))


class _Section:
    """A future under its lock, as the library's code sees it."""

    def __init__(self, twin: Future) -> None:
        self._twin = twin
        self._waiters: list[Any] | None = None
        self._status = ""

    @property
    def waiters(self) -> list[Any]:
        """Who waits, to be changed while it is held."""
        assert self._waiters is not None
        return self._waiters

    @property
    def status(self) -> str:
        """How far it has come; a look, where it is not held."""
        if self._waiters is not None:
            return self._status
        found: str = self._twin.do(promises.LOOK).status
        return found

    def acquire(self) -> bool:
        """Hold it."""
        promise: Promise = self._twin.do(promises.HOLD)
        self._waiters, self._status = list(promise.waiters), promise.status
        return True

    def release(self) -> None:
        """Let it go."""
        waiters, self._waiters = self.waiters, None
        self._twin.do(promises.LET_GO, tuple(waiters))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _field(name: str, in_section: Callable[[_Section], Any]) -> property:
    """What the library's code finds under a name in a future."""

    def get(of: Any) -> Any:
        if explored() is None:
            return vars(of)[name]
        twin = _twin(of)
        if twin.section is None:
            twin.section = _Section(twin)
        return in_section(twin.section)

    def put(of: Any, value: Any) -> None:
        vars(of)[name] = value

    return property(get, put)


def _in_order(of: Any, futures: Iterable[Any]) -> None:
    of.futures = sorted(futures, key=_place)


def _place(of: Any) -> tuple[int, ...]:
    """Its place among all futures; one from before the exploration has an address for good."""
    found: tuple[int, ...] = vars(of).get(_SERIAL) or (0, id(of))
    return found


class _Logger:
    """The package's logger, which hears nothing of the tasks that the harness ends."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def critical(self, *args: Any, **kwargs: Any) -> None:
        """Log, unless a task is being ended."""
        if not isinstance(sys.exception(), TaskKilled):
            self._real.critical(*args, **kwargs)
