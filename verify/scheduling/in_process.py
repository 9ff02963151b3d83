"""Monitors whose tasks share one process: a state is an attribute, a lane a line of objects.

What OS threads and coroutines have in common. They differ in what a guard is, and in how a task
sleeps: each has a `Parked` of its own, which knows how to let its task go on.
"""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections import deque
from typing import Any

from verify.compiling import mypyc_attr
from verify.operation import EVERY_LANE, Lane, States
from verify.scheduling.laned_cell import NO_LANES, NOBODY, LanedCell, Parked
from verify.scheduling.monitor import Blocked, Monitor


@mypyc_attr(allow_interpreted_subclasses=True)
class InProcessMonitor(Monitor):
    """Sleepers are objects that stand at the cells."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
        self._parked: dict[int, Parked] = {}
        self._labels: dict[type, itertools.count[int]] = {}

    @abstractmethod
    def live(self) -> dict[int, str]:
        """The names of the tasks that have not ended, by number."""

    def _label(self, of: type | None) -> str:
        """What reports call a new object of this class."""
        if of is None:
            return ""
        return f"{of.__name__} {next(self._labels.setdefault(of, itertools.count(1)))}"

    def _link(self, parked: Parked, lane: Lane | None) -> None:
        """Stand in line; the guard is held."""
        cell = parked.cell
        if lane is None:
            if cell.named is NOBODY:
                cell.named = {}
            cell.named[parked.task] = parked
        else:
            if cell.lanes is NO_LANES:
                cell.lanes = {}
            cell.lanes.setdefault(lane.number, deque()).append(parked)
        self._parked[parked.task] = parked

    def _unlink(self, parked: Parked, lane: Lane | None) -> None:
        """Leave the line without having been woken; the guard is held."""
        if lane is None:
            del parked.cell.named[parked.task]
        else:
            sleepers = parked.cell.lanes[lane.number]
            sleepers.remove(parked)
            if not sleepers:
                del parked.cell.lanes[lane.number]

    def _disturbed(self, parked: Parked, lane: Lane | None) -> None:
        """An exception breaks into a sleep: leave the line, or pass the wake-up on that came."""
        if parked.linked:
            self._unlink(parked, lane)
        elif lane is not None:
            self.wake_lane(parked.cell, lane.number, 1)

    def _woken(self, parked: Parked, lane: Lane | None) -> bool:
        """A sleep is over: whether by being woken; else it leaves the line."""
        if not parked.linked:
            return True
        self._unlink(parked, lane)
        return False

    def load(self, cells: tuple[Any, ...]) -> States:
        first: LanedCell = cells[0]
        if len(cells) == 1:
            return (first.state,)
        second: LanedCell = cells[1]
        return (first.state, second.state)

    def glimpse(self, cells: tuple[Any, ...]) -> States | None:
        return self.load(cells)

    def store(self, cells: tuple[Any, ...], before: States, after: States) -> None:
        first: LanedCell = cells[0]
        first.state = after[0]
        if len(cells) > 1:
            second: LanedCell = cells[1]
            second.state = after[1]

    def sleepers_at(self, cells: tuple[Any, ...]) -> bool:
        for each in cells:
            cell: LanedCell = each
            if cell.lanes or cell.named:
                return True
        return False

    def wake_lane(self, cell: LanedCell, lane: int, count: int) -> int:
        woken = 0
        if lane == EVERY_LANE:
            for each in list(cell.lanes):
                woken += self.wake_lane(cell, each, count)
            return woken
        sleepers = cell.lanes.get(lane)
        while sleepers and woken < count:
            sleeper = sleepers.popleft()
            sleeper.linked = False
            sleeper.release()
            woken += 1
            if not sleepers:
                del cell.lanes[lane]
        return woken

    def wake_task(self, cell: LanedCell, task: int) -> int:
        sleeper = cell.named.pop(task, None)
        if sleeper is None:
            return 0
        sleeper.linked = False
        sleeper.release()
        return 1

    def count_wakeups(self, cell: LanedCell, count: int) -> None:
        cell.woken += count

    def wakeups(self, cell: LanedCell) -> int:
        return cell.woken

    def blocked(self) -> list[Blocked]:
        names = self.live()
        found = []
        for task, sleeper in sorted(self._parked.copy().items()):
            if not sleeper.linked:  # woken, and about to look again
                continue
            operation = sleeper.operation
            owners: tuple[int, ...] = ()
            waits_for = operation.kind.waits_for
            if waits_for is not None:
                owners = waits_for(self.load(operation.cells), task, operation.argument)
            found.append(
                Blocked(
                    task,
                    names.get(task, "main"),
                    operation.kind.name,
                    owners,
                    operation.cells[0].label,
                    sleeper.timed,
                )
            )
        return found
