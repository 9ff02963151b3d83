"""The states of a task, and which changes between them are legal.

The textbook's three states and the end: a task is *ready* until it is chosen, *running* while it
computes, *sleeping* while what it asked for cannot happen, *done* for good. Any other change than
those listed is a fault of the harness, never of the program.

They are plain numbers, and the rules comparisons, because every event passes here twice.
"""

from __future__ import annotations

from typing import Final

from verify.errors import InternalFault

READY: Final = 0
RUNNING: Final = 1
SLEEPING: Final = 2
DONE: Final = 3

NAMES = ("ready", "running", "sleeping", "done")


def legal(old: int, new: int) -> bool:
    """Whether a task makes this change by itself or through the operations of others."""
    if new == RUNNING:
        return old == READY
    if new == READY:
        return old in (RUNNING, SLEEPING)
    return old == RUNNING


def check_transition(task: str, old: int, new: int, *, terminated: bool = False) -> None:
    """Raise InternalFault for a change of state that no rule allows.

    A task that is ended from outside, `terminated`, goes from ready or sleeping to done: only one
    task runs, and that is the one that ends it.
    """
    allowed = old in (READY, SLEEPING) and new == DONE if terminated else legal(old, new)
    if not allowed:
        raise InternalFault(f"task {task} went from {NAMES[old]} to {NAMES[new]}")
