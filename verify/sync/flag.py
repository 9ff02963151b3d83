"""Flag: what an event is, up or down, with those who sleep for it; and all that can happen to it.

A wait that finds the flag set is a read. Otherwise it enqueues (a write) and leaves once a `set`
has come, even if a `clear` followed: a `set(); clear()` pulse wakes those who sleep and is missed
by those who come late. Leaving is ordered after the set that allowed it and touches nothing that
another task can see.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from verify.operation import Access, Kind, Outcome, States
from verify.sync.sleepers import wake_waiting


class Flag(NamedTuple):
    """The flag, who sleeps for it, and who was released and has not left yet."""

    up: bool
    waiting: tuple[int, ...]
    released: tuple[int, ...]


_QUIETLY_UP: Final[States] = (Flag(True, (), ()),)
_QUIETLY_DOWN: Final[States] = (Flag(False, (), ()),)
"""Nobody is there: the same states each time, which is less to create and to compare."""


def _nobody(states: States) -> bool:
    flag: tuple[Any, ...] = states[0]  # a field by its position is quicker than by its name
    return not flag[1] and not flag[2]


def _look_or_enqueue(states: States, task: int, argument: Any) -> Outcome:
    if _is_up(states, task, argument):
        return True, states
    flag: Flag = states[0]
    return False, (Flag(False, (*flag.waiting, task), flag.released),)


def _is_up(states: States, task: int, argument: Any) -> bool:
    flag: tuple[Any, ...] = states[0]
    up: bool = flag[0]
    return up


def _raise(states: States, task: int, argument: Any) -> Outcome:
    if _nobody(states):
        return None, _QUIETLY_UP
    flag: Flag = states[0]
    return None, (Flag(True, (), flag.released + flag.waiting),)


def _lower(states: States, task: int, argument: Any) -> Outcome:
    if _nobody(states):
        return None, _QUIETLY_DOWN
    flag: Flag = states[0]
    return None, (Flag(False, flag.waiting, flag.released),)


def _look(states: States, task: int, argument: Any) -> Outcome:
    return _is_up(states, task, argument), states


WAIT: Final = Kind("wait", _look_or_enqueue, reads_if=_is_up)
SET: Final = Kind("set", _raise, wakes=wake_waiting)
CLEAR: Final = Kind("clear", _lower)
IS_SET: Final = Kind("is_set", _look, footprint=(Access.READ,))
