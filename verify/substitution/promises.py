"""Promise: what a `concurrent.futures.Future` holds under its lock, and all that happens to it.

Most that the library does under a future's lock nobody can watch: it is one step here. But where
somebody waits for several futures, the lock is held while other objects are used: by `hold`, until
`let go`, which writes down who waits; and by a `settle` or `begin` that finds such waiters, for as
long as it takes to tell them. All other steps then wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.sync.primitive import Primitive
from verify.values import in_words

PENDING = "PENDING"
RUNNING = "RUNNING"
CANCELLED = "CANCELLED"
TOLD = "CANCELLED_AND_NOTIFIED"
FINISHED = "FINISHED"
"""The words of `concurrent.futures`."""

OVER = frozenset({CANCELLED, TOLD, FINISHED})
GIVEN_UP = frozenset({CANCELLED, TOLD})
NOBODY = -1


class Promise(NamedTuple):
    """How far it has come, (result, exception), whom to call, who waits, which task holds it."""

    status: str = PENDING
    outcome: tuple[Any, Any] = (None, None)
    callbacks: tuple[Any, ...] = ()
    waiters: tuple[Any, ...] = ()
    held: int = NOBODY


def _free(states: States, task: int, argument: Any) -> bool:
    held: int = states[0].held
    return held in (NOBODY, task)


def _over(states: States, task: int, argument: Any) -> bool:
    return states[0].status in OVER and _free(states, task, argument)


def _holder(states: States, task: int, argument: Any) -> tuple[int, ...]:
    held: int = states[0].held
    return () if held in (NOBODY, task) else (held,)


def _look(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def _settle(states: States, task: int, outcome: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status in OVER:
        return promise, states
    held = task if promise.waiters else promise.held
    return promise, (promise._replace(status=FINISHED, outcome=outcome, callbacks=(), held=held),)


def _begin(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status == PENDING:
        return promise, (promise._replace(status=RUNNING),)
    if promise.status == CANCELLED:
        held = task if promise.waiters else promise.held
        return promise, (promise._replace(status=TOLD, held=held),)
    return promise, states


def _cancel(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status != PENDING:
        return promise, states
    return promise, (promise._replace(status=CANCELLED, callbacks=()),)


def _is_not_pending(states: States, task: int, argument: Any) -> bool:
    return bool(states[0].status != PENDING)


def _has_begun(states: States, task: int, argument: Any) -> bool:
    return states[0].status not in (PENDING, CANCELLED)


def _is_over(states: States, task: int, argument: Any) -> bool:
    return states[0].status in OVER


def _add(states: States, task: int, callback: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status in OVER:
        return False, states
    return True, (promise._replace(callbacks=(*promise.callbacks, callback)),)


def _hold(states: States, task: int, argument: Any) -> Outcome:
    return states[0], (states[0]._replace(held=task),)


def _let_go(states: States, task: int, waiters: Any) -> Outcome:
    return None, (states[0]._replace(waiters=waiters, held=NOBODY),)


def _wake_all(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, EVERYONE, ())


def _kind(name: str, step: Callable[[States, int, Any], Outcome], **more: Any) -> Kind:
    return Kind(name, step, **{"ready": _free, "waits_for": _holder, "wakes": _wake_all, **more})


RESULT = _kind("result", _look, ready=_over, may_give_up=_free, footprint=(Access.READ,))
LOOK = _kind("look", _look, footprint=(Access.READ,))
SETTLE = _kind("settle", _settle, reads_if=_is_over, shows_argument=True)
BEGIN = _kind("begin", _begin, reads_if=_has_begun)
CANCEL = _kind("cancel", _cancel, reads_if=_is_not_pending)
ADD = _kind("add_done_callback", _add, reads_if=_is_over)
HOLD = _kind("hold", _hold)
LET_GO = _kind("let go", _let_go, ready=lambda *_: True)


class Future(Primitive):
    """The twin of a future; this is its name in a report."""

    def __init__(self, promise: Promise = Promise()) -> None:  # noqa: B008 (never changed)
        super().__init__(promise, shared=False)
        self.section: Any = None
        """What the library's code sees of it under its lock."""

    def do(self, kind: Kind, argument: Any = None, timeout: float | None = None) -> Any:
        """Carry out an operation."""
        return self._perform(kind, argument, True, timeout)

    @staticmethod
    def show(state: Promise, name: Callable[[int], str]) -> str:
        """How far it has come, and what came out."""
        result, error = state.outcome
        shown = state.status.lower().replace("_", " ")
        if state.status == FINISHED:
            shown += f": {in_words(result if error is None else error)}"
        return shown if state.held == NOBODY else f"{shown}, held by {name(state.held)}"

    @staticmethod
    def holders(state: Promise) -> tuple[int, ...]:
        """Who tells those that wait for it, or begins to wait."""
        return () if state.held == NOBODY else (state.held,)
