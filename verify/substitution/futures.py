"""Futures: `concurrent.futures.Future`.

A call of a future's is one step of its twin (promises.py). `wait`, `as_completed` and the executors
run the library's own code: it finds the lock, the state and the waiters of a future where it looks
for them, and so does a program, which may put a state or an outcome there. Besides, futures are put
in an order that does not depend on their addresses.

A class that is derived from Future may do with all of it what it likes, under the lock. So what is
not the library's own class has no twin, and runs the library's code over a condition that is
explored. There a look at a field without the lock has its place among those that take it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from types import ModuleType, TracebackType
from typing import Any

from verify.errors import Misuse, TaskKilled
from verify.substitution import promises
from verify.substitution.locks import twin_of_lock
from verify.substitution.patches import explored, really, substitute_method, substitute_name
from verify.substitution.promises import Future
from verify.substitution.runs import serial
from verify.substitution.twins import set_twin, twin_of
from verify.sync.ownership import owned
from verify.sync.promise import (
    CANCELLED,
    FINISHED,
    GIVEN_UP,
    LOOK,
    OVER,
    PENDING,
    RUNNING,
    Promise,
)
from verify.sync.rlock import RLock

_SERIAL = "_verify_serial"
_UNSEEN = (
    "the program uses {}, which the explorer keeps elsewhere, as one whole: do so in methods of a "
    "class that is derived from Future, whose code is explored as it stands"
)


def substitute(base: ModuleType) -> None:
    """Replace the methods of Future, and what is in the order of addresses."""
    kind = base.Future
    init = kind.__init__
    logger = _Logger(base.LOGGER)

    def begin(of: Any) -> None:
        vars(of)[_SERIAL] = serial("Future")
        if type(of) is kind:
            really(init, of)
            set_twin(of, Future())
        else:
            init(of)

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
        if promise.status in GIVEN_UP:
            raise base.CancelledError
        found: tuple[Any, Any] = promise.outcome
        return found

    def settle(of: Any, value: Any, error: Any, tell: str) -> None:
        before = _twin(of).do(promises.SETTLE, (value, error))
        if before.status in OVER:
            raise base.InvalidStateError(f"{before.status}: {of!r}")
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
        if before.status == CANCELLED:
            inform(of, before.waiters, "add_cancelled")
        elif before.status != PENDING:
            raise RuntimeError("Future in unexpected state")
        return bool(before.status == PENDING)

    def cancel(of: Any) -> bool:
        before = _twin(of).do(promises.CANCEL)
        if before.status == PENDING:
            call(of, before.callbacks)
        return before.status not in (RUNNING, FINISHED)

    def add_done_callback(of: Any, fn: Callable[[Any], object]) -> None:
        if _twin(of).do(promises.ADD, fn).status in OVER:
            call(of, [fn])

    def status(of: Any) -> str:
        found: str = _twin(of).do(promises.LOOK).status
        return found

    def represent(of: Any) -> str:
        promise = _twin(of).glance()
        shown = base._STATE_TO_DESCRIPTION_MAP[promise.status]
        if promise.status == FINISHED:
            value, error = promise.outcome
            came = f"returned {type(value).__name__}"
            shown += f" {came if error is None else f'raised {type(error).__name__}'}"
        return f"<{type(of).__name__} at {id(of):#x} state={shown}>"

    def unless_derived(name: str, calls: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(kind, name)

        def method(of: Any, *args: Any, **kwargs: Any) -> Any:
            return (calls if type(of) is kind else original)(of, *args, **kwargs)

        return method

    substitute_method(kind, "__init__", begin)
    substitute_method(kind, "__hash__", lambda of: hash(_place(of)))
    in_a_step: dict[str, Callable[..., Any]] = {
        "result": result,
        "exception": exception,
        "set_running_or_notify_cancel": set_running_or_notify_cancel,
        "cancel": cancel,
        "add_done_callback": add_done_callback,
        "__repr__": represent,
        "set_result": lambda of, result: settle(of, result, None, "add_result"),
        "set_exception": lambda of, exception: settle(of, None, exception, "add_exception"),
        "done": lambda of: status(of) in OVER,
        "cancelled": lambda of: status(of) in GIVEN_UP,
        "running": lambda of: status(of) == RUNNING,
    }
    for name, calls in in_a_step.items():
        substitute_method(kind, name, unless_derived(name, calls))
    for name, in_section in (
        ("_condition", lambda section: section),
        ("_waiters", lambda section: section.waiters),
        ("_state", lambda section: section.seen.status),
        ("_result", lambda section: section.seen.outcome[0]),
        ("_exception", lambda section: section.seen.outcome[1]),
        ("_done_callbacks", None),
    ):
        substitute_method(kind, name, _field(kind, name, in_section))
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
    """A future under its lock, as the library's code sees it, and a program that does the same."""

    def __init__(self, twin: Future) -> None:
        self._twin = twin
        self._waiters: list[Any] = []

    @property
    def waiters(self) -> list[Any]:
        """Who waits, to be changed while it is held."""
        if not self._is_held():
            raise Misuse(_UNSEEN.format("_waiters of a Future without its lock"))
        return self._waiters

    @property
    def seen(self) -> Promise:
        """How far it has come; unless the calling task holds it, a look, which takes no lock."""
        found: Promise = self._twin.glance() if self._is_held() else self._twin.do(LOOK)
        return found

    def _is_held(self) -> bool:
        scheduler: Any = explored()
        held: bool = self._twin.glance().held == scheduler.current()
        return held

    def notify_all(self) -> None:
        """Nothing: whoever waits for it goes on once it is over."""

    def acquire(self) -> bool:
        """Hold it."""
        promise: Promise = self._twin.do(promises.HOLD)
        self._waiters = list(promise.waiters)
        return True

    def release(self) -> None:
        """Let it go."""
        self._twin.do(promises.LET_GO, tuple(self._waiters))

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _field(kind: type, name: str, in_section: Callable[[_Section], Any] | None) -> property:
    """What is found under a name in a future, or put there: None if no section has it."""

    def get(of: Any) -> Any:
        if explored() is None:
            return vars(of)[name]
        if type(of) is not kind:
            if name != "_condition":
                _take_its_place(vars(of)["_condition"])
            return vars(of)[name]
        if in_section is None:
            raise Misuse(_UNSEEN.format(f"{name} of a Future"))
        twin = _twin(of)
        if twin.section is None:
            twin.section = _Section(twin)
        return in_section(twin.section)

    def put(of: Any, value: Any) -> None:
        if type(of) is not kind or explored() is None:
            vars(of)[name] = value
        elif name in promises.ASSIGNED:
            _twin(of).do(promises.ASSIGN, (name, value))
        else:
            raise Misuse(_UNSEEN.format(f"{name} of a Future, to change it"))

    return property(get, put)


def _take_its_place(condition: Any) -> None:
    """Look at the lock, before a field, unless the calling task holds it."""
    lock = twin_of_lock(getattr(condition, "_lock", None))
    scheduler: Any = explored()
    if lock is None or owned(lock._glance(), scheduler.current()):
        return
    if isinstance(lock, RLock):
        lock._is_owned()
    else:
        lock.locked()


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
