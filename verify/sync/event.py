"""Event: a flag that tasks sleep for. Signatures of `threading.Event`.

A wait that finds the flag set is a read. Otherwise it enqueues (a write) and leaves once a `set`
has come, even if a `clear` followed: a `set(); clear()` pulse wakes those who sleep and is missed
by those who come late. Leaving is ordered after the set that allowed it and touches nothing that
another task can see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from verify.operation import Access, Kind, Outcome, States
from verify.sync.primitive import Sleeping, in_line
from verify.sync.sleepers import FORGET, LEAVE, wake_waiting


class Flag(NamedTuple):
    """The flag, who sleeps for it, and who was released and has not left yet."""

    up: bool
    waiting: tuple[int, ...]
    released: tuple[int, ...]


def _look_or_enqueue(states: States, task: int, argument: Any) -> Outcome:
    flag: Flag = states[0]
    if flag.up:
        return True, states
    return False, (Flag(False, (*flag.waiting, task), flag.released),)


def _is_up(states: States, task: int, argument: Any) -> bool:
    up: bool = states[0].up
    return up


def _raise(states: States, task: int, argument: Any) -> Outcome:
    flag: Flag = states[0]
    return None, (Flag(True, (), flag.released + flag.waiting),)


def _lower(states: States, task: int, argument: Any) -> Outcome:
    flag: Flag = states[0]
    return None, (Flag(False, flag.waiting, flag.released),)


def _look(states: States, task: int, argument: Any) -> Outcome:
    return states[0].up, states


WAIT = Kind("wait", _look_or_enqueue, reads_if=_is_up)
SET = Kind("set", _raise, wakes=wake_waiting)
CLEAR = Kind("clear", _lower)
IS_SET = Kind("is_set", _look, footprint=(Access.READ,))


class Event(Sleeping):
    """A flag, down at first; `wait` sleeps until a `set`."""

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(Flag(False, (), ()), shared=shared)

    def wait(self, timeout: float | None = None) -> bool:
        """Return True once the flag is (or was) set; False if the time ran out first."""
        if self._perform(WAIT):
            return True
        released: bool = self._sleep(LEAVE, FORGET, timeout)
        return released

    def set(self) -> None:
        """Raise the flag and wake everybody who sleeps for it."""
        self._perform(SET)

    def clear(self) -> None:
        """Lower the flag; those already woken still leave."""
        self._perform(CLEAR)

    def is_set(self) -> bool:
        """Whether the flag is up at this moment."""
        up: bool = self._perform(IS_SET)
        return up

    def __repr__(self) -> str:
        state = "set" if self._glance().up else "unset"
        return f"<{self._called()} at {id(self):#x}: {state}>"

    @staticmethod
    def show(state: Flag, name: Callable[[int], str]) -> str:
        """Whether it is set, and who sleeps for it."""
        return ("set" if state.up else "unset") + in_line("asleep", state.waiting, name)
