"""The account of a run whose tasks are processes: each notes in memory that all of them share.

No order is kept between all that happens, which would cost what the processes have gained by being
several. Each event gets a moment instead: one more than those of the event before it in its task,
and of the latest on each of its objects (Lamport, Time, Clocks, and the Ordering of Events, CACM
1978). An object's moment is read and written under its guard. So sorted by their moments the events
of one task stand in their order, and so do those on one object; the host sorts them when the run is
over. A new process goes on from its starter's moment, who joins it from that of its end.

A process notes in blocks of the run's arena that it alone writes to, a pair of words for an event:
the moment, then which operation and option. What it has noted is there when it has died, too. What
operations are called, and all that is rare, goes through the mailbox.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

from verify.scheduling.arena import NOTED, SIZE, Arena
from verify.scheduling.process_cell import SharedCell
from verify.stressing.mailbox import Mailbox
from verify.stressing.noting import MOST_OPERATIONS, Account

_BLOCK = 2048
"""Bytes in which a process notes what it does next."""
_LINK, _TASK, _COUNT, _FIRST = range(4)
"""Words of a block: the one before it, whose it is, how many events there are, and where."""
_ROOM = (_BLOCK // 8 - _FIRST) // 2
_OPTION = 32
_NUMBER = (1 << _OPTION) - 1
"""By how many bits an option is shifted; below it stands the number of the operation's name."""
_NAMES = 8
"""By how many bits, in that number, the task is shifted that gave it."""
_CLOSEST = 4
"""Words from one cell in an arena to the next, as a power of two, at least."""


class SharedMoments:
    """The moment of the latest event on each object, by where in the arena it lies.

    They are not put back between runs: what is left there is only a later beginning.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, SIZE >> _CLOSEST)
        self.words = memoryview(self._memory).cast("q")

    def close(self) -> None:
        """Unmap them in this process."""
        self.words.release()
        self._memory.close()


class PostedAccount(Account):
    """What is written down by many; each process has this object from its parent."""

    def __init__(self, moments: SharedMoments, log: Mailbox, arena: Arena) -> None:
        super().__init__()
        self.begun = True  # the main task is the host, which nobody starts
        self._moments = moments.words
        self._log = log
        self._arena = arena
        self._words = arena.words
        self._moment = 0
        self._task = -1  # whose the block is: a new process has its parent's
        self._block = 0
        self._left = 0
        self._own = 0  # how many operations this process, and those it comes from, have noted
        self._numbers: dict[str, int] = {}  # of the names that these have used

    def note(self, task: int, operation: str, cells: tuple[Any, ...] = (), option: int = 0) -> None:
        self.order(cells)
        moment = self._moment = self._moment + 1
        for cell in cells:
            if type(cell) is SharedCell:
                self._moments[cell.at >> _CLOSEST] = moment
        if task != self._task or not self._left:
            if self._own > MOST_OPERATIONS:  # one too many tells `read` so
                return
            self._begin_block(task)
        try:
            number = self._numbers[operation]
        except KeyError:
            number = self._name(operation)
        words, block = self._words, self._block
        at = block + _FIRST + 2 * words[block + _COUNT]
        words[at] = moment
        words[at + 1] = number | option << _OPTION
        words[block + _COUNT] += 1  # last: now it is there
        self._left -= 1
        self._own += 1

    def _begin_block(self, task: int) -> None:
        offset, _ = self._arena.allocate(_BLOCK)
        self._task, self._block, self._left = task, offset >> 3, _ROOM
        self._words[self._block + _TASK] = task
        self._arena.push(NOTED, offset, _LINK)

    def _name(self, operation: str) -> int:
        """Give a name a number that no other process gives; those that come from this know it."""
        number = self._numbers[operation] = len(self._numbers) | self._task << _NAMES
        self._log.post("name", number, operation)
        return number

    def order(self, cells: tuple[Any, ...]) -> None:
        for cell in cells:
            if type(cell) is SharedCell:
                moment = self._moments[cell.at >> _CLOSEST]
                if moment > self._moment:
                    self._moment = moment

    def ended(self, end: SharedCell) -> None:
        """The calling task is about to write its end: who joins it comes after all that it did."""
        self._moments[end.at >> _CLOSEST] = self._moment

    def born(self, creator: int, task: int) -> None:
        self._log.post("born", creator, task)

    def look(self, why: str) -> None:
        self._log.post("look", why)

    def read(self) -> Account:
        """All that has been written so far."""
        account = Account()
        names: dict[int, str] = {}
        for what, *arguments in self._log.messages():
            match what:
                case "born":
                    account.born(*arguments)
                case "look":
                    account.look(*arguments)
                case "name":
                    number, name = arguments
                    names[number] = name
        for _, task, event in sorted(self._events()):
            account.note(task, names[event & _NUMBER], (), event >> _OPTION)
        return account

    def _events(self) -> Iterator[tuple[int, int, int]]:
        """All events, each with its moment and its task."""
        words = self._words
        block = words[NOTED] >> 3
        while block:
            for at in range(block + _FIRST, block + _FIRST + 2 * words[block + _COUNT], 2):
                yield words[at], words[block + _TASK], words[at + 1]
            block = words[block + _LINK] >> 3
