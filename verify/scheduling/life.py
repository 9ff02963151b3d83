"""The operations on a task's life: start, join, is_alive, terminate, and those without any object.

A task's end is an object: its last event also writes it, `is_alive` and a timed join read it. A
plain join is only ordered after it (an edge, no access), because nothing that a task does before
its end can make the join happen, or not happen, differently.

A process can be ended from outside at any moment before it has exited, also when it has done all
that it had to: so its exit is an event of its own, and the last. Whoever ends it writes its end,
which each of its events reads (`Event.life`); to end what has ended already is only a look.

The start of a process that gets copies of objects has read them: they are copied at that moment.
"""

from __future__ import annotations

from typing import Any, Final

from verify.operation import Access, Kind, Lane, Outcome, States
from verify.scheduling.scheduler import KILLED, TERMINATED

ALIVE: Final = None
"""The state of a task's end while it has not come; afterwards it is the exit code."""


def _ended(states: States, task: int, argument: Any) -> bool:
    return states[0] is not ALIVE


def _joined(states: States, task: int, argument: Any) -> Outcome:
    return True, states


def _is_alive(states: States, task: int, argument: Any) -> Outcome:
    return states[0] is ALIVE, states


def _exit_code(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def _terminate(states: States, task: int, argument: Any) -> Outcome:
    return None, (TERMINATED,) if states[0] is ALIVE else states


def _kill(states: States, task: int, argument: Any) -> Outcome:
    return None, (KILLED,) if states[0] is ALIVE else states


def _target(states: States, task: int, target: Any) -> tuple[int, ...]:
    return (target,)


def _never(states: States, task: int, argument: Any) -> bool:
    return False


def _alone(states: States, task: int) -> Lane | None:
    return None


def _nothing(states: States, task: int, argument: Any) -> Outcome:
    return None, states


START: Final = Kind("start", _nothing, footprint=(), local=True)
SLEEP: Final = Kind("sleep", _nothing, footprint=(), shows_argument=True, local=True)
CHOOSE: Final = Kind("choose", _nothing, footprint=(), shows_result=True)
JOIN: Final = Kind(
    "join",
    _joined,
    ready=_ended,
    footprint=(Access.NOTHING,),
    waits_for=_target,
    local=True,
)
TIMED_JOIN: Final = Kind(
    "join",
    _joined,
    ready=_ended,
    footprint=(Access.READ,),
    waits_for=_target,
    looks_at_an_end=True,
)
IS_ALIVE: Final = Kind("is_alive", _is_alive, footprint=(Access.READ,), looks_at_an_end=True)
WAKEUPS: Final = Kind("wakeups", _nothing, footprint=(Access.READ,))
EXIT: Final = Kind("exit", _nothing, footprint=(), local=True)
TERMINATE: Final = Kind("terminate", _terminate, reads_if=_ended, looks_at_an_end=True)
KILL: Final = Kind("kill", _kill, reads_if=_ended, looks_at_an_end=True)
EXIT_CODE: Final = Kind("exitcode", _exit_code, footprint=(Access.READ,), looks_at_an_end=True)
NAP: Final = Kind("sleep", _nothing, ready=_never, footprint=(Access.NOTHING,), queue=_alone)
"""Sleeping for real: to wait, until time runs out, for what never comes. It can thus be watched."""
