"""Promise: what a future holds, and all that happens to it, each in one step.

The state is how far it has come, the outcome, and the callbacks that are still to be called. Taking
the callbacks out is one step with putting the outcome in, and adding one finds either no outcome or
no line to stand in: whichever of `set_result` and `add_done_callback` comes first, a callback is
called exactly once, by the task that came second.

Each step gives the promise as it was before; who has asked for it does the rest, which is ordinary
code between two operations. A promise can be held (substitution/promises.py): that of a task that
settles or begins one is, where somebody waits for several of them, until it has told these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
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
    """How far it has come, (result, exception), whom to call, who waits for several of them and is
    to be told, which task holds it."""

    status: str = PENDING
    outcome: tuple[Any, Any] = (None, None)
    callbacks: tuple[Any, ...] = ()
    waiters: tuple[Any, ...] = ()
    held: int = NOBODY

    @property
    def standing(self) -> str:
        """How far it has come."""
        if self.status == TOLD:
            return "cancelled, and its worker knows"
        failed = self.status == FINISHED and self.outcome[1] is not None
        return "failed" if failed else self.status.lower()


def over(states: States, task: int, argument: Any) -> bool:
    """There is an outcome, or there will be none."""
    return states[0].status in OVER


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


def _has_begun(states: States, task: int, argument: Any) -> bool:
    return states[0].status not in (PENDING, CANCELLED)


def _cancel(states: States, task: int, argument: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status != PENDING:
        return promise, states
    return promise, (promise._replace(status=CANCELLED, callbacks=()),)


def _is_not_pending(states: States, task: int, argument: Any) -> bool:
    return bool(states[0].status != PENDING)


def _add(states: States, task: int, callback: Any) -> Outcome:
    promise: Promise = states[0]
    if promise.status in OVER:
        return promise, states
    return promise, (promise._replace(callbacks=(*promise.callbacks, callback)),)


def wake_all(before: States, after: States, argument: Any) -> Wake:
    """Whoever waits for a promise looks again."""
    return Wake(FIRST_LANE, EVERYONE, ())


RESULT = Kind("result", _look, ready=over, footprint=(Access.READ,))
LOOK = Kind("look", _look, footprint=(Access.READ,))
SETTLE = Kind("settle", _settle, reads_if=over, wakes=wake_all, shows_argument=True)
BEGIN = Kind("begin", _begin, reads_if=_has_begun)
CANCEL = Kind("cancel", _cancel, reads_if=_is_not_pending, wakes=wake_all)
ADD = Kind("add_done_callback", _add, reads_if=over)


def show(promise: Promise, name: Callable[[int], str]) -> str:
    """How far it has come, what came out, how many are to be called, and who holds it."""
    shown = promise.standing
    if promise.status == FINISHED:
        result, error = promise.outcome
        shown += f": {in_words(result if error is None else error)}"
    count = len(promise.callbacks)
    if count:
        shown += f", {count} callback{'s' if count > 1 else ''} waiting"
    return shown if promise.held == NOBODY else f"{shown}, held by {name(promise.held)}"
