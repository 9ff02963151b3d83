"""Shared: a variable whose every access other tasks can tell apart. Atomic: with read-modify-write.

`.value += 1` on a Shared is a read and then a write, as in any language without atomics: another
task may come between them. `Atomic.add` is one step.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from verify.operation import Access, Kind, Outcome, States
from verify.sync.primitive import Primitive

T = TypeVar("T")


def _read(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def _write(states: States, task: int, value: Any) -> Outcome:
    return None, (value,)


def _add(states: States, task: int, amount: Any) -> Outcome:
    return states[0], (states[0] + amount,)


def _swap(states: States, task: int, value: Any) -> Outcome:
    return states[0], (value,)


def _compare_exchange(states: States, task: int, argument: Any) -> Outcome:
    expected, new = argument
    if states[0] != expected:
        return False, states
    return True, (new,)


def _differs(states: States, task: int, argument: Any) -> bool:
    return bool(states[0] != argument[0])


GET = Kind("get", _read, footprint=(Access.READ,), shows_result=True, steady=True)
SET = Kind("set", _write, shows_argument=True, steady=True)
LOAD = Kind("load", _read, footprint=(Access.READ,), shows_result=True, steady=True)
STORE = Kind("store", _write, shows_argument=True, steady=True)
ADD = Kind("add", _add, shows_argument=True, shows_result=True)
SWAP = Kind("swap", _swap, shows_argument=True, shows_result=True, steady=True)
COMPARE_EXCHANGE = Kind(
    "compare_exchange",
    _compare_exchange,
    reads_if=_differs,
    compares=True,
    shows_argument=True,
    shows_result=True,
)


class Shared(Primitive, Generic[T]):
    """A shared variable: each get of `.value` is one visible read, each set one visible write."""

    def __init__(self, value: T, *, shared: bool = True) -> None:
        super().__init__(value, shared=shared)

    @property
    def value(self) -> T:
        """The current value."""
        value: T = self._scheduler.call(GET, self._cell)
        return value

    @value.setter
    def value(self, value: T) -> None:
        self._scheduler.call(SET, self._cell, value)


class Atomic(Primitive, Generic[T]):
    """A variable with indivisible read-modify-write operations."""

    def __init__(self, value: T, *, shared: bool = True) -> None:
        super().__init__(value, shared=shared)

    def load(self) -> T:
        """The current value."""
        value: T = self._scheduler.call(LOAD, self._cell)
        return value

    def store(self, value: T) -> None:
        """Replace the value."""
        self._scheduler.call(STORE, self._cell, value)

    def add(self, amount: T) -> T:
        """Add to the value; returns the old one."""
        old: T = self._scheduler.call(ADD, self._cell, amount)
        return old

    def swap(self, value: T) -> T:
        """Replace the value; returns the old one."""
        old: T = self._scheduler.call(SWAP, self._cell, value)
        return old

    def compare_exchange(self, expected: T, new: T) -> bool:
        """Replace the value if it equals `expected`; whether it did. A failure is only a read."""
        done: bool = self._scheduler.call(COMPARE_EXCHANGE, self._cell, (expected, new))
        return done
