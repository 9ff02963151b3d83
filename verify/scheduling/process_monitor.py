"""The monitor between processes: guards and states in shared memory, sleepers in the task table.

A guard is a robust mutex; the state lies beside it, encoded (`process_cell.py`); a sleeper waits on
its own semaphore. Processes die where threads do not, so a sleeper looks around several times a
second:

* who died in the guard may have left a state half-way between two: the object is broken for good;
* who died holding a lock never releases it: those whom it alone could let go on
  (`Kind.waits_for`) get OwnerDied;
* who died holding nothing, asleep or not, is passed over by wake-ups: the others go on;
* who was woken and died before its turn came has taken a wake-up along: once anybody has died, a
  sleeper that looks around goes on if its operation has become ready without one.
"""

from __future__ import annotations

import errno
import itertools
import os
import threading
from typing import Any, Final

from verify.compiling import mypyc_attr
from verify.errors import InternalFault, Misuse, OwnerDied, TaskKilled
from verify.operation import EVERYONE, Lane, Operation, States
from verify.scheduling.arena import ABORTED, ALARM, MADE_BY_CHILDREN, NOWHERE, Arena
from verify.scheduling.children import Children
from verify.scheduling.encoding import (
    WOKEN,
    create,
    encode,
    free_block,
    read,
    write,
)
from verify.scheduling.life import ALIVE, JOIN, TIMED_JOIN
from verify.scheduling.monitor import Blocked, Monitor
from verify.scheduling.process_cell import CELL, LINK, NO_FIELD, LocalCell, SharedCell
from verify.scheduling.pthread import OWNER, TAKEN, clock
from verify.scheduling.task_table import BY_NAME, TaskTable

FIRST_LOOK = 0.05
"""Seconds after which a sleeper looks around for the first time; then twice as long, and so on."""

LOOK = 0.4
"""The longest time between two looks."""

SPINS: Final = 300
"""How often to look at a busy guard before sleeping for it: a few operations' time, less than a
sleep and its wake-up cost. Without it one process at a time makes progress, on one core."""

IN_ORDER: Final = os.uname().machine == "x86_64"
"""Whether a word read without a guard is as it is at that moment: that no read overtakes the locked
instruction with which this process has left its last guard."""

RECLAIM = 64
"""After so many dropped objects their memory is taken back, if no other task lives."""


@mypyc_attr(allow_interpreted_subclasses=True)
class ProcessMonitor(Monitor):
    """Carries operations out for the one task that the calling process is."""

    def _open(self, seed: int | None, arena: Arena) -> None:
        """Take up the arena; not a task yet."""
        super().__init__(seed)
        self._arena = arena
        self._words = arena.words
        self._pthread = arena.pthread
        self._trylock = arena.pthread.trylock
        self._alarm: Any = ALARM
        self._unlock = arena.pthread.unlock
        self._table = TaskTable(arena)
        self._children = Children(self._table)
        self._reclaim_at = RECLAIM
        self._labels: dict[type, itertools.count[int]] = {}
        self._disown()

    def _disown(self) -> None:
        """Be nobody: a new process that is not made a task, or not yet."""
        self._number = -1
        self._inside: Any = NOWHERE
        self._retired: list[int] | None = None
        self._local = threading.RLock()
        self._children.forget()

    def _be(self, number: int) -> None:
        """Be a task."""
        self._number = number
        self._inside = self._table.inside(number)

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> SharedCell | LocalCell:
        if not shared or isinstance(beside, LocalCell):
            return LocalCell(state)
        label = ""
        if of is not None:
            label = f"{of.__name__} {next(self._labels.setdefault(of, itertools.count(1)))}"
        retired = self._retired
        if retired is not None and len(retired) >= self._reclaim_at:
            self._reclaim(retired)
        made = create(self._arena, state, beside, label, retired)
        if retired is None:
            self._arena.push(MADE_BY_CHILDREN, (made.at - CELL) << 3, LINK)
        return made

    def _reclaim(self, retired: list[int]) -> None:
        """In the root, if all others have ended: free what no handle refers to any more.

        Handles only ever go from a process to those that it starts, so then nobody has any but the
        root, and none to what others made.
        """
        if self._table.alone(self._number):
            while retired:
                free_block(self._arena, retired.pop())
            offset = self._arena.take_all(MADE_BY_CHILDREN)
            while offset:
                following = self._words[(offset >> 3) + LINK]
                free_block(self._arena, offset)
                offset = following
        self._reclaim_at = len(retired) + RECLAIM

    def current(self) -> int:
        if self._number < 0:
            raise Misuse(
                "a process that the harness did not start used one of its objects: start it as a "
                "verify.Process"
            )
        return self._number

    def process(self) -> int:
        return self._table.process(self.current())

    def enter(self, cell: Any) -> None:
        if isinstance(cell, LocalCell):
            self._local.acquire()
            if self._words[ABORTED]:
                self._local.release()
                raise TaskKilled
            return
        shared: SharedCell = cell
        words = self._words
        words[self._inside] = 1
        result: int = self._trylock(shared.mutex)
        if result:
            self._enter_slowly(shared, result)
        if words[self._alarm]:
            self._look_closer(shared)

    def _enter_slowly(self, cell: SharedCell, result: int) -> None:
        """Take a guard that is busy, or whose last owner died; one held already stays held."""
        if result == errno.EBUSY:
            words, owner = self._words, cell.owner
            for _ in range(SPINS):
                if not words[owner] & OWNER:
                    result = self._trylock(cell.mutex)
                    if result != errno.EBUSY:
                        break
        if result == errno.EBUSY:
            result = self._pthread.lock(cell.mutex)
        if result == errno.EOWNERDEAD:
            self._words[cell.broken] = 1
            self._words[ALARM] = 1
            self._pthread.make_consistent(cell.mutex)
        elif result not in (0, errno.EDEADLK):
            raise InternalFault(f"a guard cannot be taken: {os.strerror(result)}")

    def _look_closer(self, cell: SharedCell) -> None:
        try:
            if self._words[ABORTED]:
                self.aborted = True
                raise TaskKilled
            self._refuse_broken(cell)
        except BaseException:
            self.leave(cell)
            raise

    def _refuse_broken(self, cell: SharedCell) -> None:
        if self._words[cell.broken]:
            raise OwnerDied(
                f"a process died in the middle of an operation on {cell.label}, so its state "
                "is unknown: create a new one"
            )

    def leave(self, cell: Any) -> None:
        if isinstance(cell, LocalCell):
            self._local.release()
            return
        shared: SharedCell = cell
        self._unlock(shared.mutex)
        self._words[self._inside] = 0

    def load(self, cells: tuple[Any, ...]) -> States:
        if len(cells) == 1:
            return (self._state(cells[0]),)
        return tuple([self._state(cell) for cell in cells])

    def glimpse(self, cells: tuple[Any, ...]) -> States | None:
        cell = cells[0]
        if not isinstance(cell, SharedCell):
            return None
        words = self._words
        alarm: int = words[self._alarm]
        owner: int = words[cell.owner]
        version: int = words[cell.version_at]
        if alarm or owner & TAKEN or version != cell.version or not IN_ORDER:
            return None  # owned by somebody who died, maybe: who enters will be told
        return (cell.state,)  # dead sleepers may still stand in line there: no look tells them

    def _state(self, cell: Any) -> Any:
        if isinstance(cell, LocalCell):
            return cell.state
        shared: SharedCell = cell
        version: int = self._words[shared.version_at]
        state = shared.state if version == shared.version else read(shared)
        if shared.sleepers_at != NO_FIELD:
            fields: tuple[Any, ...] = state
            if fields[shared.sleepers_at]:
                return self._without_dead_sleepers(state)
        return state

    def _without_dead_sleepers(self, state: Any) -> Any:
        """The state once those who died while they waited have left the line, so that a wake-up
        meant for one sleeper reaches one that lives; the same object if all live."""
        waiting: tuple[int, ...] = state.waiting
        died = self._table.died
        if any(map(died, waiting)):
            return state._replace(waiting=tuple([task for task in waiting if not died(task)]))
        return state

    def store(self, cells: tuple[Any, ...], before: States, after: States) -> None:
        first = cells[0]
        if len(cells) == 1 and isinstance(first, SharedCell):
            write(first, encode(first, after[0]))
            return
        triples = zip(cells, before, after, strict=True)
        changed = [(cell, new) for cell, old, new in triples if new is not old]
        # Encoding may refuse a value, so all are encoded before any is written.
        encoded = [
            encode(cell, state) if isinstance(cell, SharedCell) else None for cell, state in changed
        ]
        for (cell, state), data in zip(changed, encoded, strict=True):
            if data is None:
                cell.state = state
            else:
                write(cell, data)

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        cell = operation.cells[0 if lane is None else lane.position]
        if isinstance(cell, LocalCell):
            return self._park_alone(task, deadline)
        number = BY_NAME if lane is None else lane.number
        table = self._table
        table.link(
            cell.at, task, number, operation.kind.name, cell.label, timed=deadline is not None
        )
        try:
            pause = FIRST_LOOK
            while table.linked(task):
                now = clock()
                if self._nothing_to_wait_for(operation, task):
                    table.unlink(task)
                elif deadline is not None and now >= deadline:
                    table.unlink(task)
                    return False
                else:
                    until = now + pause
                    self._sleep_outside(
                        cell, task, until if deadline is None else min(until, deadline)
                    )
                    pause = min(2 * pause, LOOK)
        except BaseException:
            self._enter_slowly(cell, errno.EBUSY)  # interrupted on its way back into the guard
            if table.linked(task):
                table.unlink(task)
            elif lane is not None:
                self.wake_lane(cell, lane.number, 1)
            raise
        return True

    def _sleep_outside(self, cell: SharedCell, task: int, until: float) -> None:
        """Until somebody posts, or it is time to look around; the guard let go meanwhile."""
        try:
            self.leave(cell)
            self._pthread.wait(self._table.semaphore(task), until)
        finally:
            self._words[self._inside] = 1
            self._enter_slowly(cell, self._trylock(cell.mutex))

    def _nothing_to_wait_for(self, operation: Operation, task: int) -> bool:
        """Whether a sleeper should look at its operation again though nobody woke it.

        OwnerDied if the only ones who could wake it are dead.
        """
        if self._words[ALARM]:
            if self._words[ABORTED]:
                self.aborted = True
                return True
            self._refuse_broken(operation.cells[0])
        kind = operation.kind
        if self._table.anybody_died() and kind.ready(
            self.load(operation.cells), task, operation.argument
        ):
            return True
        if kind.waits_for is None:
            return False
        owners = kind.waits_for(self.load(operation.cells), task, operation.argument)
        self._table.tell_owners(task, owners)
        for owner in owners:
            if self._table.died(owner):
                if kind is JOIN or kind is TIMED_JOIN:
                    self._write_end(operation.cells[0], self._children.code_of_dead(owner))
                    return True
                raise OwnerDied(
                    f"{kind.name}: {operation.cells[-1].label} is held by task "
                    f"{self._table.name(owner)} (process {self._table.pid(owner)}), which died, so "
                    "it will never be released"
                )
        return False

    def _park_alone(self, task: int, deadline: float | None) -> bool:
        """At an object of this process alone nobody can wake its only task: time may run out."""
        self._local.release()
        try:
            while not self._words[ABORTED]:
                now = clock()
                if deadline is not None and now >= deadline:
                    return False
                until = now + LOOK
                self._pthread.wait(
                    self._table.semaphore(task), until if deadline is None else min(until, deadline)
                )
            self.aborted = True
            return True
        finally:
            self._local.acquire()

    def sleepers_at(self, cells: tuple[Any, ...]) -> bool:
        for cell in cells:
            if isinstance(cell, SharedCell):
                first: int = self._words[cell.first_sleeper_at]
                if first:
                    return True
        return False

    def wake_lane(self, cell: Any, lane: int, count: int) -> int:
        return 0 if isinstance(cell, LocalCell) else self._table.wake_lane(cell.at, lane, count)

    def wake_task(self, cell: Any, task: int) -> int:
        return 0 if isinstance(cell, LocalCell) else self._table.wake_by_name(cell.at, task)

    def count_wakeups(self, cell: SharedCell, count: int) -> None:
        self._words[cell.at + WOKEN] += count

    def wakeups(self, cell: Any) -> int:
        return 0 if isinstance(cell, LocalCell) else self._words[cell.at + WOKEN]

    def blocked(self) -> list[Blocked]:
        return self._table.sleeping()

    def living(self) -> dict[int, str]:
        """The names of all tasks that have not ended, by number; the root is one of them."""
        return self._table.living()

    def anybody_died(self) -> bool:
        """Whether the process of any task came to an end that it did not record."""
        return self._table.anybody_died()

    def pid(self, task: int) -> int:
        """The process that carries a task; 0 while it is being started."""
        return self._table.pid(task)

    @property
    def memory_used(self) -> int:
        """Bytes of shared memory that objects have taken at most so far."""
        return self._arena.used

    def abort(self) -> None:
        self.aborted = True
        self._words[ABORTED] = 1
        self._words[ALARM] = 1
        self._table.wake_everybody()

    def _settle(self, end: SharedCell, code: int) -> None:
        """Write a task's end, unless somebody has, and wake who joins it; also after an abort."""
        self._words[self._inside] = 1
        self._enter_slowly(end, self._trylock(end.mutex))
        try:
            if self._state(end) is ALIVE:
                self._write_end(end, code)
        finally:
            self.leave(end)

    def _write_end(self, end: SharedCell, code: int) -> None:
        write(end, encode(end, code))
        self._table.wake_lane(end.at, 0, EVERYONE)
