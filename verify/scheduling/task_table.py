"""The table of tasks that all processes of one scheduler share: who lives, who sleeps where.

A task's entry holds a robust mutex that the task's process takes when it begins and holds as long
as it lives, so that everybody can see whether it does. In call order:

    claim    (starter) an entry; the task's number is the entry's index plus so many turns
    begin    (the new process) take the mutex, from now on *running*
    finish   (the new process) *ended*: in order, also after an exception; the mutex stays taken
    died     running, and the mutex has no living owner: killed or crashed

The entry of an ended task is used again, under a number that no task had before. That of one that
died is not, so that `died` has an answer as long as the scheduler lives.

Sleepers of a cell form a list through their entries: first come, first woken, removal anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verify.errors import Misuse
from verify.operation import EVERY_LANE
from verify.scheduling.arena import ABORTED, MAX_TASKS, TASK_COUNT, TASK_WORDS, TASKS, Arena
from verify.scheduling.monitor import Blocked
from verify.scheduling.process_cell import FIRST_SLEEPER, LAST_SLEEPER
from verify.scheduling.pthread import OWNER, mutex_at

BY_NAME = -1
"""The lane of a sleeper that stands in no line."""

_ALIVE = 0
_SEMAPHORE = 6
_NUMBER = 10
_STATUS = 11
_PID = 12
_CELL = 13  # where it sleeps; 0 while it does not
_LANE = 14
_PREVIOUS = 15
_NEXT = 16
_EXIT_CODE = 17
_OWNERS = 18  # how many, and then the first few
_MOST_OWNERS = 4
_TIMED = 23
_OPERATION = 24
_OPERATION_BYTES = 32
_NAME = 28
_NAME_BYTES = 80
_INSIDE = 38  # whether it is in a guard, or at its door
_PROCESS = 39  # the task that its process began with: itself, unless it is a thread
_OBJECT = 40
_OBJECT_BYTES = 64

_FREE, _STARTING, _RUNNING, _ENDED = range(4)


class TaskTable:
    """The tasks of one scheduler."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._words = arena.words
        self._pthread = arena.pthread

    def _entry(self, number: int) -> int:
        return TASKS + number % MAX_TASKS * TASK_WORDS

    def _life(self, at: int) -> Any:
        """The mutex that the task of an entry holds as long as it lives."""
        return mutex_at(self._arena.address + (at + _ALIVE) * 8)

    def _entries(self) -> range:
        return range(TASKS, TASKS + self._words[TASK_COUNT] * TASK_WORDS, TASK_WORDS)

    def claim(self, name: str, starter: int | None = None) -> int:
        """A number, unlike any that was given before, for a task that is about to start.

        It is a thread of the process of its `starter`, or a process of its own.
        """
        words = self._words
        with self._arena.locked():
            for at in self._entries():
                if words[at + _STATUS] in (_FREE, _ENDED) and not words[at + _ALIVE] & OWNER:
                    number = words[at + _NUMBER] + MAX_TASKS
                    break
            else:
                number = words[TASK_COUNT]
                if number == MAX_TASKS:
                    raise Misuse(f"more than {MAX_TASKS} processes at once (or killed by signals)")
                at = TASKS + number * TASK_WORDS
                words[TASK_COUNT] = number + 1
            words[at + _NUMBER] = number
            words[at + _PID] = words[at + _CELL] = words[at + _EXIT_CODE] = words[at + _INSIDE] = 0
            words[at + _PROCESS] = number if starter is None else self.process(starter)
            words[at + _STATUS] = _STARTING
            self._pthread.new_mutex(self._life(at))
            self._pthread.new_semaphore(self.semaphore(number))
            self._arena.write_text(at + _NAME, name, _NAME_BYTES)
        return number

    def unclaim(self, number: int) -> None:
        """The task could not be started after all."""
        self._words[self._entry(number) + _STATUS] = _FREE

    def started(self, number: int, pid: int) -> None:
        """The starter's word on who carries the task, needed if it dies before it begins."""
        self._words[self._entry(number) + _PID] = pid

    def begin(self, number: int) -> None:
        """The calling thread is the task."""
        at = self._entry(number)
        self._pthread.trylock(self._life(at))
        self._words[at + _PID] = os.getpid()
        self._words[at + _STATUS] = _RUNNING

    def finish(self, number: int) -> None:
        """The calling task has ended in order; its entry is anybody's once its process is gone."""
        self._words[self._entry(number) + _STATUS] = _ENDED

    def let_go(self, number: int) -> None:
        """The root's last word: it lives on, but its mutex is about to be unmapped."""
        self.finish(number)
        self._pthread.unlock(self._life(self._entry(number)))

    def died(self, number: int) -> bool:
        """Whether the task's process came to an end that it did not record."""
        words, at = self._words, TASKS + number % MAX_TASKS * TASK_WORDS
        if words[at + _NUMBER] != number:
            return False
        status = words[at + _STATUS]
        if status == _RUNNING:
            # A task may end in order, and its process go, between the two reads of the status.
            return not words[at + _ALIVE] & OWNER and words[at + _STATUS] == _RUNNING
        return status == _STARTING and words[at + _PID] != 0 and _gone(words[at + _PID])

    def anybody_died(self) -> bool:
        """Whether any task has. The entries of the dead are never used again, so it stays so."""
        return any(self.died(self._words[at + _NUMBER]) for at in self._entries())

    def alone(self, number: int) -> bool:
        """Whether the process of this task is the only one that there still is."""
        return not any(
            self._lives(at) for at in self._entries() if self._words[at + _NUMBER] != number
        )

    def _lives(self, at: int) -> bool:
        """Whether there is a process, be it one that has recorded its end."""
        status = self._words[at + _STATUS]
        owned: bool = bool(self._words[at + _ALIVE] & OWNER)
        return owned or (status == _STARTING and not self.died(self._words[at + _NUMBER]))

    def pids(self) -> Iterator[int]:
        """All processes that carry a task, or have carried one and are not gone yet."""
        for at in self._entries():
            if self._lives(at) and self._words[at + _PID]:
                yield self._words[at + _PID]

    def process(self, number: int) -> int:
        """The task that a task's process began with."""
        return self._words[self._entry(number) + _PROCESS]

    def threads(self, process: int) -> Iterator[int]:
        """The threads that a process has, apart from its first task."""
        for at in self._entries():
            number = self._words[at + _NUMBER]
            if self._words[at + _PROCESS] == process != number and self._lives(at):
                yield number

    def inside(self, number: int) -> int:
        """The place of the word in which a task notes that it is inside an operation.

        Who ends a task waits until it is not: ended there it would leave a broken object behind.
        """
        return self._entry(number) + _INSIDE

    def pid(self, number: int) -> int:
        return self._words[self._entry(number) + _PID]

    def name(self, number: int) -> str:
        return self._arena.read_text(self._entry(number) + _NAME, _NAME_BYTES)

    def set_exit_code(self, number: int, code: int) -> None:
        """What the starter learned about a process that died.

        One that ended in order may have left its entry to another by now, whose code is its own.
        """
        with self._arena.locked():
            at = self._entry(number)
            if self._words[at + _NUMBER] == number:
                self._words[at + _EXIT_CODE] = code << 1 | 1  # 0: not known

    def exit_code(self, number: int) -> int | None:
        """What the starter of a task that died has learned by now."""
        known: int = self._words[self._entry(number) + _EXIT_CODE]
        return known >> 1 if known else None

    def semaphore(self, number: int) -> int:
        """The address of the semaphore on which a task sleeps."""
        return self._arena.address + (self._entry(number) + _SEMAPHORE) * 8

    def wake_everybody(self) -> None:
        """Post every living task's semaphore: they look at ABORTED."""
        assert self._words[ABORTED]
        for at in self._entries():
            if self._words[at + _ALIVE] & OWNER:
                self._pthread.post(self.semaphore(self._words[at + _NUMBER]))

    def link(
        self, cell: int, number: int, lane: int, operation: str, object: str, timed: bool
    ) -> None:
        """Put a task at the end of a cell's sleepers; the cell's guard is held.

        `operation` and `object` are for a person; `timed` says that it will not sleep for ever.
        """
        words, at = self._words, self._entry(number)
        if words[at + _CELL]:
            raise Misuse(
                f"two threads of task {self.name(number)} sleep at once: a task of the processes "
                "scheduler is one process, start a verify.Thread for each"
            )
        while self._pthread.try_wait(self.semaphore(number)) == 0:
            pass  # left over from a sleep that a time-out or an interrupt had ended already
        last = words[cell + LAST_SLEEPER]
        words[at + _LANE] = lane
        words[at + _PREVIOUS] = last
        words[at + _NEXT] = 0
        words[(last + _NEXT) if last else (cell + FIRST_SLEEPER)] = at
        words[cell + LAST_SLEEPER] = at
        self.tell_owners(number, ())
        self._arena.write_text(at + _OPERATION, operation, _OPERATION_BYTES)
        self._arena.write_text(at + _OBJECT, object, _OBJECT_BYTES)
        words[at + _TIMED] = timed
        words[at + _CELL] = cell

    def linked(self, number: int) -> bool:
        """Whether nobody has woken the task since it was linked."""
        return self._words[self._entry(number) + _CELL] != 0

    def unlink(self, number: int) -> None:
        """Take a task out of its cell's sleepers; the cell's guard is held."""
        self._unlink(self._entry(number))

    def _unlink(self, at: int) -> None:
        words = self._words
        cell, before, after = words[at + _CELL], words[at + _PREVIOUS], words[at + _NEXT]
        words[(before + _NEXT) if before else (cell + FIRST_SLEEPER)] = after
        words[(after + _PREVIOUS) if after else (cell + LAST_SLEEPER)] = before
        words[at + _CELL] = 0

    def wake_lane(self, cell: int, lane: int, count: int) -> int:
        """Wake the first living sleepers of a lane; the guard is held. How many there were."""
        words = self._words
        woken, at = 0, words[cell + FIRST_SLEEPER]
        while at and woken < count:
            after = words[at + _NEXT]
            stands = words[at + _LANE]
            if stands == lane or (lane == EVERY_LANE and stands != BY_NAME):
                woken += self._wake(at)
            at = after
        return woken

    def wake_by_name(self, cell: int, number: int) -> int:
        """Wake this task if it sleeps at the cell without a lane."""
        words, at = self._words, self._entry(number)
        if (
            words[at + _NUMBER] == number
            and words[at + _CELL] == cell
            and words[at + _LANE] == BY_NAME
        ):
            return self._wake(at)
        return 0

    def _wake(self, at: int) -> int:
        self._unlink(at)
        if not self._words[at + _ALIVE] & OWNER:
            return 0  # died in its sleep: the wake-up is for the next
        self._pthread.post(self._arena.address + (at + _SEMAPHORE) * 8)
        return 1

    def tell_owners(self, number: int, owners: tuple[int, ...]) -> None:
        """Note, for whoever asks, which tasks alone could let this sleeper go on."""
        at = self._entry(number) + _OWNERS
        told = owners[:_MOST_OWNERS]
        for place, owner in enumerate(told, 1):
            self._words[at + place] = owner
        self._words[at] = len(told)

    def sleeping(self) -> list[Blocked]:
        """All parked tasks that live, by number."""
        words, found = self._words, []
        for at in self._entries():
            if words[at + _CELL] and words[at + _ALIVE] & OWNER:
                number = words[at + _NUMBER]
                owners = tuple(words[at + _OWNERS + 1 : at + _OWNERS + 1 + words[at + _OWNERS]])
                operation = self._arena.read_text(at + _OPERATION, _OPERATION_BYTES)
                object = self._arena.read_text(at + _OBJECT, _OBJECT_BYTES)
                timed = bool(words[at + _TIMED])
                found.append(Blocked(number, self.name(number), operation, owners, object, timed))
        return sorted(found)

    def living(self) -> dict[int, str]:
        """The names of all tasks that live, or are about to, by number."""
        numbers = [
            self._words[at + _NUMBER]
            for at in self._entries()
            if self._lives(at) and self._words[at + _STATUS] != _ENDED
        ]
        return {number: self.name(number) for number in sorted(numbers)}


def _gone(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] in "ZX"
