"""The states of a task, and which changes between them are legal.

The textbook's three states and the end: a task is *ready* until it is chosen, *running* while it
computes, *sleeping* while what it asked for cannot happen, *done* for good. Any other change than
those listed is a fault of the harness, never of the program.
"""

from __future__ import annotations

import enum

from verify.errors import InternalFault


class Status(enum.IntEnum):
    """Where a task is in its life."""

    READY = 0
    RUNNING = 1
    SLEEPING = 2
    DONE = 3


LEGAL = frozenset(
    {
        (Status.READY, Status.RUNNING),
        (Status.RUNNING, Status.READY),
        (Status.RUNNING, Status.SLEEPING),
        (Status.SLEEPING, Status.READY),
        (Status.RUNNING, Status.DONE),
    }
)
"""Changes that a task makes by itself or through the operations of others."""

LEGAL_BY_TERMINATE = frozenset({(Status.READY, Status.DONE), (Status.SLEEPING, Status.DONE)})
"""Changes that only ending a task from outside makes."""


def check_transition(task: str, old: Status, new: Status, *, terminated: bool = False) -> None:
    """Raise InternalFault for a change of state that no rule allows."""
    change = (old, new)
    if change not in LEGAL and not (terminated and change in LEGAL_BY_TERMINATE):
        raise InternalFault(f"task {task} went from {old.name.lower()} to {new.name.lower()}")
