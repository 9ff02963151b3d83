"""Sleepers: the second half of a wait that is woken by name, for Event and Descriptor.

The state is a named tuple with the fields `waiting` (who sleeps, first come first) and `released`
(who was woken and has not left yet). Whoever wakes moves tasks from the one to the other; leaving
is ordered after that event and touches nothing that another task can see, so its footprint is
nothing. A timed sleeper may instead give up while it still waits, and that is a write: a later
waker misses it.
"""

from __future__ import annotations

from typing import Any

from verify.operation import NOBODY, Access, Kind, Lane, Outcome, States, Wake


def without(tasks: tuple[int, ...], task: int) -> tuple[int, ...]:
    """A line of tasks after one has left it."""
    if task not in tasks:
        return tasks
    at = tasks.index(task)
    return tasks[:at] + tasks[at + 1 :]


def by_name(states: States, task: int) -> Lane | None:
    """A sleeper that is only ever woken by name stands in no lane."""
    return None


def wake_waiting(before: States, after: States, argument: Any) -> Wake:
    """Wake those whom a step has moved out of the head of `waiting`."""
    waiting: tuple[int, ...] = before[0].waiting
    woken = waiting[: len(waiting) - len(after[0].waiting)]
    return Wake(None, 0, woken) if woken else NOBODY


def _released(states: States, task: int, argument: Any) -> bool:
    return task in states[0].released


def _leave(states: States, task: int, argument: Any) -> Outcome:
    state = states[0]
    return True, (state._replace(released=without(state.released, task)),)


def _still_waiting(states: States, task: int, argument: Any) -> bool:
    return task in states[0].waiting


def _forget(states: States, task: int, argument: Any) -> Outcome:
    state = states[0]
    waiting, released = without(state.waiting, task), without(state.released, task)
    return False, (state._replace(waiting=waiting, released=released),)


LEAVE = Kind(
    "leave",
    _leave,
    ready=_released,
    give_up=_forget,
    may_give_up=_still_waiting,
    footprint=(Access.NOTHING,),
    queue=by_name,
)
FORGET = Kind("forget", _forget)
"""After an interrupt: a later wait of the same task must not find itself released already."""
