"""Subtrees: parts of a search by optimal DPOR that are explored apart from each other.

    Fork       a node of the search that several subtrees have in common
    Subtree    what is below one branch of a fork: nothing of it is known, or its nodes so far
    Plan       the reversal of a race whose early event is at a fork
    Cut        what has become of a subtree that was explored for a while

The branches of one node may be explored in any order, or at once: those that were planned earlier
sleep in those planned later. But whatever sleeps is taken to be explored with all that it asks for,
and its races may ask for sequences in the branches behind it, at any time. So the forks stay
together, with the wakeup trees between them (frontier.py), and subtrees begin where these end. At a
leaf of a wakeup tree nobody sleeps any more, so what is below it is complete in itself: in the
paper, too, nothing is ever inserted below a leaf (`Fork.complete`).

Who explores a subtree knows the forks above it as they were when it began. It makes plans for them
as for any node, each once, and leaves it to whoever keeps the forks whether there is something to
be added.

Nothing but plain data is in any of these: tasks, options, and bits of objects.

Abdulla, Aronis, Jonsson, Sagonas, JACM 2017, section 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from verify.exploration.wakeup_tree import Branch, Moves, Sleepers, awaken
from verify.operation import Footprint, conflicts
from verify.scheduling.step import Move


class Plan:
    """A sequence v to be explored from a fork on.

    Each of its moves has a bit, in the order of the sequence, and in `pasts` the set of the bits of
    those before it in v, and its own. `late` is the bit of the late event of the race, behind which
    nothing is added; but 0 if somebody has a `choose` to make. `asleep` is what slept at the fork,
    which matters only then.
    """

    __slots__ = ("_owns", "_places", "_summed", "all", "asleep", "bits", "late", "moves", "pasts")

    def __init__(
        self,
        moves: Moves,
        bits: tuple[int, ...],
        pasts: tuple[int, ...],
        late: int,
        asleep: Moves,
    ) -> None:
        self.moves = moves
        self.bits = bits
        self.pasts = pasts
        self.late = late
        self.asleep = asleep
        self.all = 0
        self._places: dict[int, int] = {}  # of the bits
        self._owns: dict[int, int] = {}  # by task
        self._summed = Footprint()  # of all moves
        for place in range(len(moves)):
            move, bit = moves[place], bits[place]
            self.all |= bit
            self._places[bit] = place
            self._owns[move.task] = self._owns.get(move.task, 0) | bit
            self._summed.reads |= move.reads
            self._summed.writes |= move.writes

    def first_of(self, task: int, remaining: int) -> int:
        """The bit of a task's first move in what remains of v; 0 if it has none."""
        mine = self._owns.get(task, 0) & remaining
        return mine & -mine

    def begins(self, move: Move, bit: int, remaining: int) -> bool:
        """`Reversal.begins`, where the bit is that of the first move of its task."""
        if bit:
            place = self._places[bit]
            return self.moves[place].option == move.option and self.pasts[place] & remaining == bit
        if not conflicts(self._summed, move):
            return True
        if remaining == self.all:
            return False
        for place in range(len(self.moves)):
            if remaining & self.bits[place] and conflicts(self.moves[place], move):
                return False
        return True

    def never_begins(self, move: Move, remaining: int) -> bool:
        """`Reversal.never_begins`: what keeps a move from beginning v lies no later than `late`."""
        for at in range(len(self.moves)):
            if self.bits[at] > self.late:
                return False
            if remaining & self.bits[at] and conflicts(self.moves[at], move):
                return True
        return False

    def all_sleep(self, move: Move, remaining: int, asleep: Sequence[Move]) -> bool:
        """`Reversal.all_sleep`, of a task that has no move in what remains."""
        options = {
            one.option for one in asleep if one.task == move.task and self.begins(one, 0, remaining)
        }
        return len(options) == move.options


class Fork:
    """A node that several subtrees have in common.

    `above` is the next one towards the root, None at the root, and `taken` the index of the branch
    there that leads here. `sleep` is what slept before the first of the branches was explored;
    `firsts` are their first moves, in the order in which they were planned, and `below` the forks
    that these lead to; or the moves that come next, as long as nobody has asked for these forks. A
    subtree begins after the last of them, or at once where there are none. `complete`: nobody
    sleeps here. `position` is how many events come before the root; of others it follows.
    """

    __slots__ = ("above", "below", "complete", "depth", "firsts", "position", "sleep", "taken")

    def __init__(
        self, above: Fork | None, taken: int, sleep: list[Move], complete: bool, position: int = -1
    ) -> None:
        self.above = above
        self.taken = taken
        self.depth: int = 0 if above is None else above.depth + 1
        self.position = position
        self.sleep = sleep
        self.complete = complete
        self.firsts: list[Move] = []
        self.below: list[Fork | Moves] = []

    def add(self, moves: Moves) -> int:
        """One more branch; its index."""
        self.firsts.append(moves[0])
        self.below.append(moves[1:])
        return len(self.firsts) - 1

    def asleep(self, index: int) -> Sleepers:
        """What sleeps while a branch is explored."""
        return [*self.sleep, *self.firsts[:index]]

    def next(self, index: int) -> Fork | None:
        """The fork below a branch; None where a subtree begins."""
        below = self.below[index]
        if isinstance(below, Fork):
            return below
        if not below:
            return None
        made = Fork(self, index, awaken(self.asleep(index), self.firsts[index]), False)
        made.add(below)
        self.below[index] = made
        return made


class Stage(NamedTuple):
    """A node of a subtree on the way to where its exploration goes on.

    `move` is what is explored there now, and `branch` the same where it has not been begun;
    `branches` are what comes afterwards. `planned`: by a wakeup tree, which goes on here.
    """

    position: int
    sleep: list[Move]
    move: Move
    branch: Branch | None
    branches: list[Branch]
    planned: bool


class Subtree(NamedTuple):
    """What is below the branch `taken` of a fork, and below the moves that come next, through forks
    as well; `stages` is how far it has been explored. `choosing`: somebody has had a `choose` to
    make, as far as is known where it begins.

    The whole search has no fork.
    """

    fork: Fork | None
    taken: int
    moves: Moves
    stages: list[Stage]
    choosing: bool

    def forks(self) -> list[tuple[Fork, int]]:
        """The forks down to its own, each with the branch that leads to it."""
        line: list[tuple[Fork, int]] = []
        fork, taken = self.fork, self.taken
        while fork is not None:
            line.append((fork, taken))
            taken, fork = fork.taken, fork.above
        line.reverse()
        return line


WHOLE = Subtree(None, 0, (), [], False)


class Cut(NamedTuple):
    """A subtree after some executions.

    `plans` are for forks above it, by their depth. `above` are the nodes that become forks, down to
    the first with a branch to be given away; the rest of the subtree goes on in `stages`. Both are
    empty if nothing is left. `choosing` is as in what is left.
    """

    plans: list[tuple[int, Plan]]
    above: list[Stage]
    stages: list[Stage]
    choosing: bool
