"""Virtual time: the largest total of sleeps along any happens-before path to an event.

A task's clock grows by its own sleeps and catches up with whatever it is ordered after: a start, a
join, a wake-up (the engine sees to these), the earlier accesses to the objects that it touches
(here). So the time is the same in every interleaving of one equivalence class.

Besides, each keeps what a clock shows by then, for which a call that waited in vain has taken its
time, too.
"""

from __future__ import annotations

from verify.operation import READ, WRITE, Access
from verify.scheduling.explored_task import ExploredCell, ExploredTask


def advance_time(
    task: ExploredTask, cells: tuple[ExploredCell, ...], accesses: tuple[Access, ...]
) -> None:
    """Let the clocks of a task and of the objects that its event touched catch up."""
    for cell, access in zip(cells, accesses, strict=True):
        if access is READ:
            task.time = max(task.time, cell.write_time)
            task.clock = max(task.clock, cell.write_clock)
        elif access is WRITE:
            task.time = max(task.time, cell.write_time, cell.read_time)
            task.clock = max(task.clock, cell.write_clock, cell.read_clock)
    for cell, access in zip(cells, accesses, strict=True):
        if access is READ:
            cell.read_time = max(cell.read_time, task.time)
            cell.read_clock = max(cell.read_clock, task.clock)
        elif access is WRITE:
            cell.write_time = task.time
            cell.write_clock = task.clock
