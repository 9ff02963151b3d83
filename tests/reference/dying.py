"""What is left behind by tasks that were ended from outside, wherever they were.

Nothing of theirs happens any more. Who waits in a line has left it, an object that this changes is
written. What they held they hold for ever: whoever would have to wait for one of them is told so.
"""

from __future__ import annotations

from collections.abc import Collection

from tests.reference.semantics import Effect, Gate, Line, Operation, States, Task, end_of, possible


class OwnerDied(Exception):
    """A task would have waited for one that is dead.

    `lost` is the lock that it let go for a wait and cannot take back.
    """

    def __init__(self, needed: str, lost: str = "") -> None:
        super().__init__(needed)
        self.lost = lost


def left_lines(states: States, dead: Collection[Task]) -> States:
    """The objects at which one of the dead waits, and their states without them."""
    changed: States = {}
    for name, state in states.items():
        match state:
            case Line(waiting=waiting) if set(waiting) & set(dead):
                changed[name] = state._replace(waiting=_living(waiting, dead))
            case (tuple(waiting), tuple(called)) if not isinstance(state, Gate | Line):
                if set(waiting) & set(dead):
                    changed[name] = (_living(waiting, dead), called)
    return changed


def _living(waiting: tuple[Task, ...], dead: Collection[Task]) -> tuple[Task, ...]:
    return tuple(task for task in waiting if task not in dead)


def abandoned(
    operation: Operation, states: States, me: Task, dead: Collection[Task]
) -> Effect | None:
    """What becomes of an operation that cannot happen because the dead hold what it needs.

    None if it need not wait for any of them. A lock that is tried is simply not free.
    """
    match operation:
        case ("try", ("wake", *_) as inner):
            return abandoned(inner, states, me, dead)
    if possible(operation, states, me):
        return None
    match operation:
        case ("acquire" | "reacquire" | "retake", needed, *_):
            owner = states[needed][0]
        case ("wake", condition, needed, _) if me in states[condition][1]:
            owner = states[needed][0]
        case ("arrive" | "abort" | "reset", needed, *_):
            owner = states[needed].standing[-1]
        case _:
            return None
    if owner not in dead:
        return None
    lost = needed if operation[0] in ("wake", "retake") else ""
    return Effect(error=OwnerDied(needed, lost), reads=(needed, end_of(owner)))
