"""Happens-before, asked about one event: for the rare question that cannot wait for the end."""

from __future__ import annotations

from collections.abc import Sequence

from verify.operation import conflicts
from verify.scheduling.event import Event


def precedes(events: Sequence[Event], early: int, last: int, after: Sequence[int]) -> bool:
    """Whether an event happens before what a task does next.

    `last` is the position of the task's latest event, -1 if it has none; `after` those of the
    events that its next one is ordered after anyway (its start, a wake-up).
    """
    if early <= last and events[early].task == events[last].task:
        return True  # its own earlier event; the rest looks at every pair of events
    past = {last, *after} - {-1}
    for position in range(max(past, default=-1), early - 1, -1):
        event = events[position]
        if position in past or any(
            event.task == events[later].task or conflicts(event.footprint, events[later].footprint)
            for later in past
            if later > position
        ):
            past |= {position, *event.after, *event.woken_by}
    return early in past
