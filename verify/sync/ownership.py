"""Being held: the state that Lock, RLock and Condition agree on.

A held lock is `(owner, depth)`, a free one is None. A Lock's depth is always 1; an RLock's counts
nested acquisitions; a Condition puts the depth aside while its owner waits and restores it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from verify.operation import FIRST_LANE, NOBODY, Lane, Outcome, States, Wake

Held = tuple[int, int]
"""The owner's task number, and how many times it has acquired."""

WAKE_ONE: Final = Wake(FIRST_LANE, 1, ())


def owned(held: Held | None, task: int) -> bool:
    """Whether this very task holds the lock."""
    return held is not None and held[0] == task


def take(states: States, task: int, argument: Any) -> Outcome:
    """Acquire a plain lock that is free."""
    return True, ((task, 1),)


def let_go(states: States, task: int, argument: Any) -> Outcome:
    """Release a plain lock, whoever holds it."""
    if states[0] is None:
        raise RuntimeError("release unlocked lock")
    return None, (None,)


def become_free(states: States, task: int, argument: Any) -> Outcome:
    """Nobody holds it any more, whoever did."""
    return None, (None,)


def free(states: States, task: int, argument: Any) -> bool:
    """An acquire of a plain lock may happen when nobody holds it."""
    return states[0] is None


def free_or_mine(states: States, task: int, argument: Any) -> bool:
    """An acquire of a reentrant lock may happen when nobody else holds it."""
    held: Held | None = states[0]
    return held is None or held[0] == task


def take_again(states: States, task: int, argument: Any) -> Outcome:
    """Acquire a reentrant lock once more, or for the first time."""
    held: Held | None = states[0]
    return True, ((task, 1 if held is None else held[1] + 1),)


def let_go_once(states: States, task: int, argument: Any) -> Outcome:
    """Undo one acquire of a reentrant lock; only its owner may."""
    held: Held | None = states[0]
    if held is None or held[0] != task:
        raise RuntimeError("cannot release un-acquired lock")
    return None, ((task, held[1] - 1) if held[1] > 1 else None,)


def owner(states: States, task: int, argument: Any) -> tuple[int, ...]:
    """Who alone can let an acquire go on."""
    held: Held | None = states[0]
    return () if held is None else (held[0],)


def wake_if_freed(before: States, after: States, argument: Any) -> Wake:
    """A lock that has become free wakes the first who sleeps for it."""
    return WAKE_ONE if after[0] is None else NOBODY


def lane_of_lock(states: States, task: int) -> Lane | None:
    """Where a condition's returning waiters stand: among those who want the lock."""
    return Lane(1, 0)


def show_held(held: Held | None, name: Callable[[int], str]) -> str:
    """Who holds a lock, and how deep, in words."""
    if held is None:
        return "free"
    depth = f" ({held[1]} deep)" if held[1] > 1 else ""
    return f"held by {name(held[0])}{depth}"
