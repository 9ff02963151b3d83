"""Ending processes from outside: what a terminate or kill does to the tasks and objects of a run.

    end_process   ends a process with all its threads: none of them goes on, and none unwinds as
                  long as the execution lasts, so that nothing of theirs happens any more
    dead_owner    whom a task would wait for in vain: the owner of a lock that died holding it

Where the dead slept in a line, they leave it, so that a wake-up meant for one sleeper reaches one
that lives; what they held, they hold for ever. Which order of ending a task and of its events this
was makes a difference to everybody, hence the accesses: each event of a task reads the task's end,
ending it writes that, and the lines that the dead have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from verify.operation import Operation, States
from verify.scheduling.explored_task import ExploredCell, ExploredTask


class Ended(NamedTuple):
    """Who was ended, and what that read and wrote, as bits of objects."""

    tasks: list[ExploredTask]
    reads: int
    writes: int


def end_process(
    process: int, code: int, tasks: Sequence[ExploredTask], cells: Sequence[ExploredCell]
) -> Ended:
    """End the tasks of a process; those who had ended before had better not have ended later."""
    dead: list[ExploredTask] = []
    reads = writes = 0
    for task in tasks:
        if task.process == process:
            reads |= task.end.bit
            if task.end_from_outside(code):
                dead.append(task)
                writes |= task.end.bit
    numbers = [task.number for task in dead]
    for cell in cells:
        waiting: tuple[int, ...] = getattr(cell.state, "waiting", ())
        if any(number in waiting for number in numbers):
            left = tuple(number for number in waiting if number not in numbers)
            cell.state = cell.state._replace(waiting=left)
            writes |= cell.bit
    return Ended(dead, reads, writes)


def dead_owner(operation: Operation, states: States, task: int, dead: int) -> int:
    """The number of a dead task that alone could let an operation go on; -1 if there is none."""
    kind = operation.kind
    if kind.waits_for is None or kind.ready(states, task, operation.argument):
        return -1
    for owner in kind.waits_for(states, task, operation.argument):
        if dead >> owner & 1:
            return owner
    return -1
