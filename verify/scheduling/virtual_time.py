"""Virtual time: the largest total of sleeps along any happens-before path to an event.

A task's clock grows by its own sleeps and catches up with whatever it is ordered after: a start, a
join, a wake-up (the engine sees to these), the earlier accesses to the objects that it touches
(here). So the time is the same in every interleaving of one equivalence class.

Besides, each keeps what a clock shows by then, for which a call that waited in vain has taken its
time, too, and so has every look at the clock: else a loop would wait for ever that looks until its
time is up. The looks of a task take longer and longer, the first a millionth of a second, so that a
second takes some 1,450 looks, and an hour no more than 90,000.
"""

from __future__ import annotations

from typing import Final

from verify.operation import READ, WRITE, Access
from verify.scheduling.explored_task import ExploredCell, ExploredTask

GLANCE: Final = 2.0**-20
"""Seconds that the first look of a task at its clock takes; the second takes twice as long, the
third three times. A power of two, so that sums stay exact."""


def glance_at_clock(task: ExploredTask) -> float:
    """What its clock shows to a task, which goes on when that is past."""
    shown = task.clock
    task.glances += 1
    task.clock += task.glances * GLANCE
    return shown


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
