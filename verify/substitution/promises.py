"""Promises of `concurrent.futures`, which are held for a while: the twin of a future.

Most that the library does under a future's lock nobody can watch: it is one step here, the same as
of `verify.Future` (sync/promise.py). But where somebody waits for several futures, the lock is held
while other objects are used: by `hold`, until `let go`, which writes down who waits; and by a
`settle` or `begin` that finds such waiters, for as long as it takes to tell them. All other steps
then wait. A program that puts something of its own into an attribute of a future does `assign`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.operation import Kind, Outcome, States
from verify.sync import promise
from verify.sync.primitive import Primitive
from verify.sync.promise import NOBODY, Promise

ASSIGNED = ("_state", "_result", "_exception")
"""The attributes of a future into which a program may put something."""


def _free(states: States, task: int, argument: Any) -> bool:
    held: int = states[0].held
    return held in (NOBODY, task)


def _over(states: States, task: int, argument: Any) -> bool:
    return promise.over(states, task, argument) and _free(states, task, argument)


def _holder(states: States, task: int, argument: Any) -> tuple[int, ...]:
    held: int = states[0].held
    return () if held in (NOBODY, task) else (held,)


def _hold(states: States, task: int, argument: Any) -> Outcome:
    return states[0], (states[0]._replace(held=task),)


def _let_go(states: States, task: int, waiters: Any) -> Outcome:
    return None, (states[0]._replace(waiters=waiters, held=NOBODY),)


def _assign(states: States, task: int, field: tuple[str, Any]) -> Outcome:
    before: Promise = states[0]
    result, error = before.outcome
    name, value = field
    if name == "_state":
        return None, (before._replace(status=value),)
    outcome = (value, error) if name == "_result" else (result, value)
    return None, (before._replace(outcome=outcome),)


def _unless_held(kind: Kind, **more: Any) -> Kind:
    """The same step, which waits while another task holds the promise."""
    return Kind(
        kind.name,
        kind.step,
        waits_for=_holder,
        footprint=kind.footprint,
        reads_if=kind.reads_if,
        wakes=kind.wakes,
        shows_argument=kind.shows_argument,
        **{"ready": _free, **more},
    )


RESULT = _unless_held(promise.RESULT, ready=_over, may_give_up=_free)
LOOK = _unless_held(promise.LOOK)
SETTLE = _unless_held(promise.SETTLE)
BEGIN = _unless_held(promise.BEGIN)
CANCEL = _unless_held(promise.CANCEL)
ADD = _unless_held(promise.ADD)
HOLD = Kind("hold", _hold, ready=_free, waits_for=_holder)
ASSIGN = Kind("assign", _assign, ready=_free, waits_for=_holder, wakes=promise.wake_all)
LET_GO = Kind("let go", _let_go, wakes=promise.wake_all)


class Future(Primitive):
    """The twin of a future; this is its name in a report."""

    def __init__(self, state: Promise = Promise()) -> None:  # noqa: B008 (never changed)
        super().__init__(state, shared=False)
        self.section: Any = None
        """What the library's code sees of it under its lock."""

    def do(self, kind: Kind, argument: Any = None, timeout: float | None = None) -> Any:
        """Carry out an operation."""
        return self._perform(kind, argument, True, timeout)

    def glance(self) -> Promise:
        """As it stands, for a repr and for who holds it: no operation."""
        found: Promise = self._glance()
        return found

    @staticmethod
    def show(state: Promise, name: Callable[[int], str]) -> str:
        """How far it has come, and what came out."""
        return promise.show(state, name)

    @staticmethod
    def holders(state: Promise) -> tuple[int, ...]:
        """Who tells those that wait for it, or begins to wait."""
        return () if state.held == NOBODY else (state.held,)
