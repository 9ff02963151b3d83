"""One step, applied: what a chosen task's operation does to the states it names."""

from __future__ import annotations

from typing import Any

from verify.operation import Access, States, access
from verify.scheduling.event import Event
from verify.scheduling.explored_task import ExploredTask
from verify.scheduling.life import CHOOSE


def take_step(
    task: ExploredTask, event: Event, states: States, argument: Any
) -> tuple[States, tuple[Access, ...]]:
    """Apply the step, or give up: the new states, and what was done to each object."""
    kind = event.kind
    number = task.number
    task.error = None
    after = states
    succeeded = False
    try:
        if kind.ready(states, number, argument):
            task.result, after = kind.step(states, number, argument)
            succeeded = True
        else:
            task.result, after = kind.give_up(states, number, argument)
            event.gave_up = True
    except Exception as error:
        task.result = None
        task.error = event.error = error
    if kind is CHOOSE:
        task.result = argument[event.option]
    accesses = access(kind, states, after, succeeded)
    if succeeded and kind.reads_if is not None and kind.reads_if(states, number, argument):
        accesses = tuple(min(Access.READ, wanted) for wanted in accesses)
    return after, accesses
