"""Guards and signals for the monitor to be explored on: see internal.py.

A `Guard` stands for the lock that guards some objects, a `Signal` for the one on which a sleeper
waits. They have the methods of locks, which is all that the monitor of the threads wants of them,
and each call is an event:

    enter    take a guard that is free
    leave    let it go
    look     at what it guards, at a moment when nobody holds it
    park     wait for a signal; timed, it may give up at any moment before the signal has come
    unpark   give the signal

`GuardedCell` and `GuardedSleeper` are those of the threads (threads.py), except that whoever
touches what the guard protects without holding it fails there and then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from verify.operation import Access, Kind, Operation, Outcome, States
from verify.properties.linearizability import Call
from verify.scheduling.event import Finding
from verify.scheduling.thread_cell import Sleeper, ThreadCell

if TYPE_CHECKING:
    from verify.scheduling.internal import Internal

NOBODY = -1


def _is_free(states: States, task: int, argument: Any) -> bool:
    return states[0] is None


def _holder(states: States, task: int, argument: Any) -> tuple[int, ...]:
    return () if states[0] is None else (states[0],)


def _enter(states: States, task: int, argument: Any) -> Outcome:
    return None, (task,)


def _see(states: States, task: int, argument: Any) -> Outcome:
    return None, states


def _leave(states: States, task: int, argument: Any) -> Outcome:
    if states[0] is None:
        raise RuntimeError("release unlocked lock")
    return None, (None,)


def _has_come(states: States, task: int, argument: Any) -> bool:
    come: bool = states[0]
    return come


def _go_on(states: States, task: int, argument: Any) -> Outcome:
    return True, (False,)


def _give(states: States, task: int, argument: Any) -> Outcome:
    if states[0]:
        raise RuntimeError("release unlocked lock")
    return None, (True,)


ENTER: Final = Kind(
    "enter", _enter, ready=_is_free, waits_for=_holder, shows_argument=True, steady=True
)
LEAVE: Final = Kind("leave", _leave, shows_argument=True)
LOOK: Final = Kind(
    "look",
    _see,
    ready=_is_free,
    waits_for=_holder,
    footprint=(Access.READ,),
    shows_argument=True,
    steady=True,
)
PARK: Final = Kind("park", _go_on, ready=_has_come, shows_argument=True, steady=True)
UNPARK: Final = Kind("unpark", _give)


class Guard:
    """A lock of the explorer's, as the monitor uses it; what stands under it, and its calls."""

    __slots__ = ("calls", "cell", "cells", "monitor", "owner")

    def __init__(self, monitor: Internal) -> None:
        self.monitor = monitor
        self.cell = monitor.engine.cell(None, of=Guard)
        self.cells: list[GuardedCell] = []
        self.calls: list[Call] = []
        self.owner = NOBODY

    def acquire(self) -> None:
        """Take it, as a lock."""
        monitor = self.monitor
        monitor.engine.call(ENTER, self.cell, monitor.asked())
        self.owner = monitor.current()

    def release(self) -> None:
        """Let it go, as a lock."""
        monitor = self.monitor
        states = monitor.states_in_words(self)
        self.owner = NOBODY  # from here on nothing under it may be touched
        monitor.engine.call(LEAVE, self.cell, states)

    def look(self) -> None:
        """See it free: what it guards is then between two changes."""
        monitor = self.monitor
        monitor.engine.call(LOOK, self.cell, monitor.asked())

    def demand(self) -> None:
        """Fail unless the running task holds it, or only looks for an invariant."""
        monitor = self.monitor
        if self.owner != monitor.current() and not monitor.engine.invariants.observing:
            what = f"what the guard of {self.cells[0].label} protects was touched without it"
            monitor.broken = monitor.broken or Finding(what, monitor.current(), "")
            raise AssertionError(what)

    @staticmethod
    def show(state: int | None, name: Callable[[int], str]) -> str:
        """Who holds it."""
        return "free" if state is None else f"held by {name(state)}"

    @staticmethod
    def holders(state: int | None) -> tuple[int, ...]:
        """Its owner."""
        return () if state is None else (state,)


class Signal:
    """The lock on which a sleeper waits: closed until somebody wakes it."""

    __slots__ = ("_cell", "_monitor")

    def __init__(self, monitor: Internal) -> None:
        self._monitor = monitor
        self._cell = monitor.engine.cell(False, of=Signal)

    def acquire(self, timeout: float | None = None) -> bool:
        """Wait for it; with a time-out, however long, False may come at any moment."""
        monitor = self._monitor
        come: bool = monitor.engine.call(PARK, self._cell, monitor.asked(), True, timeout)
        return come

    def release(self) -> None:
        """Let the sleeper go on."""
        self._monitor.engine.call(UNPARK, self._cell)

    @staticmethod
    def show(state: bool, name: Callable[[int], str]) -> str:
        """Whether there is a wake-up that has not been used."""
        return "given" if state else "not given"

    @staticmethod
    def holders(state: bool) -> tuple[int, ...]:
        """Nobody: it is given, not held."""
        return ()


def _guarded(of: type, name: str) -> Any:
    """An attribute of a class that may only be touched under the guard."""
    attribute: Any = getattr(of, name)

    def get(self: Any) -> Any:
        self.guard.demand()
        return attribute.__get__(self)

    def put(self: Any, value: Any) -> None:
        self.guard.demand()
        attribute.__set__(self, value)

    return property(get, put)


class GuardedCell(ThreadCell):
    """A state and its sleepers, as on threads, under an explored guard."""

    __slots__ = ("initial", "of", "position")

    state = _guarded(ThreadCell, "state")
    lanes = _guarded(ThreadCell, "lanes")
    named = _guarded(ThreadCell, "named")
    woken = _guarded(ThreadCell, "woken")

    def __init__(self, state: Any, guard: Any, label: str, of: type | None) -> None:
        super().__init__(state, guard, label)
        self.of = of
        self.initial = state
        self._lanes = {}  # its own from the beginning: a broken monitor may change it in place
        self._named = {}
        self.position = len(guard.cells)
        guard.cells.append(self)

    @property
    def bit(self) -> int:
        """What an invariant that looks at it depends on: all that happens under its guard."""
        guard: Any = self.guard
        bit: int = guard.cell.bit
        return bit

    def peek(self) -> Any:
        """The state, for who stands outside the execution."""
        state: Any = ThreadCell.state
        return state.__get__(self)


class GuardedSleeper(Sleeper):
    """A parked task; whether it is linked is decided under the guard."""

    __slots__ = ("guard",)

    linked = _guarded(Sleeper, "linked")

    def __init__(self, task: int, cell: Any, operation: Operation, timed: bool) -> None:
        super().__init__(task, cell, operation, timed)
        self.guard = cell.guard
        self.signal: Any = Signal(cell.guard.monitor)
