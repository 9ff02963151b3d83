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

from typing import NamedTuple

from verify.exploration.case import Case
from verify.exploration.wakeup_tree import Branch, Moves, Sequence, Sleepers, awaken
from verify.operation import conflicts
from verify.scheduling.step import Move


class Plan(Sequence):
    """A sequence v to be explored from a fork on, as it is told to whoever keeps the forks.

    `moves` are those of its events, in the order of these, and `pasts` for each the set of those
    before it in v, and its own. `asleep` is what slept at the fork, which matters only where
    somebody has a `choose` to make.
    """

    __slots__ = ("asleep", "moves", "pasts")

    def __init__(
        self, moves: Moves, remaining: int, pasts: list[int], last: int, asleep: Sleepers
    ) -> None:
        super().__init__()
        self.moves = moves
        self.all = remaining
        self.pasts = pasts
        self.last = last
        self.asleep = asleep

    def _place(self, index: int) -> int:
        """Where an event of v is in `moves`."""
        return (self.all & ((1 << index) - 1)).bit_count()

    def first_of(self, task: int, remaining: int) -> int:
        left = self.all
        for move in self.moves:
            bit = left & -left
            left ^= bit
            if move.task == task and remaining & bit:
                return bit.bit_length() - 1
        return -1

    def begins(self, step: Move, index: int, remaining: int) -> bool:
        if index >= 0:
            place = self._place(index)
            return (
                self.moves[place].option == step.option
                and self.pasts[place] & remaining == 1 << index
            )
        return not self._conflicts(step, remaining)

    def never_begins(self, step: Move, remaining: int) -> bool:
        return self._conflicts(step, remaining & ((2 << self.last) - 1))

    def _conflicts(self, step: Move, remaining: int) -> bool:
        """Whether a step depends on any of these events."""
        left = self.all
        for move in self.moves:
            bit = left & -left
            left ^= bit
            if remaining & bit and conflicts(move, step):
                return True
        return False

    def as_moves(self, remaining: int) -> Moves:
        if remaining == self.all:
            return self.moves
        found = []
        left = self.all
        for move in self.moves:
            bit = left & -left
            left ^= bit
            if remaining & bit:
                found.append(move)
        return tuple(found)


class Fork:
    """A node that several subtrees have in common.

    `above` is the next one towards the root, None at the root, and `taken` the index of the branch
    there that leads here. `sleep` is what slept before the first of the branches was explored.
    `firsts` are their first moves, in the order in which they were planned, and `below` what these
    lead to: a fork; a subtree that is not explored yet; or, where one has been explored, the moves
    that came next, as long as nobody has asked for the forks there. `settled` has, for each, the
    bits of the depths of early events with which its first move is in a race that can be dropped
    for good, wherever this branch is taken (dpor.py). `complete`: nobody sleeps here. `position` is
    how many events come before the root; of others it follows. `case` is that of all that is below
    (case.py).

    Of the subtrees below, `waiting` are to be explored, and `open` are those and the ones under
    way. The branches before `next_waiting` have none of the former, those before `gone` none at
    all.
    """

    __slots__ = (
        "above",
        "below",
        "case",
        "complete",
        "depth",
        "firsts",
        "gone",
        "next_waiting",
        "open",
        "position",
        "settled",
        "sleep",
        "taken",
        "waiting",
    )

    def __init__(
        self,
        above: Fork | None,
        taken: int,
        sleep: Sleepers,
        complete: bool,
        position: int = -1,
        case: Case | None = None,
    ) -> None:
        self.case: Case | None = case if above is None else above.case
        self.above = above
        self.taken = taken
        self.depth: int = 0 if above is None else above.depth + 1
        self.position = position
        self.sleep = sleep
        self.complete = complete
        self.firsts: list[Move] = []
        self.below: list[Fork | Subtree | Moves] = []
        self.settled: list[int] = []
        self.waiting = 0
        self.open = 0
        self.next_waiting = 0
        self.gone = 0

    def add(self, first: Move, below: Fork | Subtree | Moves) -> int:
        """One more branch; its index."""
        self.firsts.append(first)
        self.below.append(below)
        self.settled.append(0)
        return len(self.firsts) - 1

    def asleep(self, index: int) -> Sleepers:
        """What sleeps while a branch is explored."""
        if index:
            return [*self.sleep, *self.firsts[:index]]
        return self.sleep

    def fork_below(self, index: int) -> Fork | None:
        """The fork below a branch; None where a subtree begins."""
        below = self.below[index]
        if isinstance(below, Fork):
            return below
        moves = below.moves if isinstance(below, Subtree) else below
        if not moves:
            return None
        made = Fork(self, index, awaken(self.asleep(index), self.firsts[index]), False)
        if isinstance(below, Subtree):
            below.fork, below.taken, below.moves = made, 0, moves[1:]
            made.open = 1
            made.waiting = 0 if below.under_way else 1
            made.add(moves[0], below)
        else:
            made.add(moves[0], moves[1:])
        self.below[index] = made
        return made


class Stage(NamedTuple):
    """A node of a subtree on the way to where its exploration goes on.

    `move` is what is explored there now, and `branch` the same where it has not been begun;
    `branches` are what comes afterwards.
    """

    position: int
    sleep: list[Move]
    move: Move
    branch: Branch | None
    branches: list[Branch]


class Subtree:
    """What is below the branch `taken` of a fork, and below the moves that come next; `stages` is
    how far it has been explored. `choosing`: somebody has had a `choose` to make, as far as is
    known where it begins.

    What has no fork is all of a `case`.
    """

    __slots__ = ("case", "choosing", "fork", "moves", "stages", "taken", "under_way")

    def __init__(
        self,
        fork: Fork | None,
        taken: int,
        moves: Moves,
        stages: list[Stage],
        choosing: bool,
        case: Case | None = None,
    ) -> None:
        self.case: Case | None = case if fork is None else fork.case
        self.fork = fork
        self.taken = taken
        self.moves = moves
        self.stages = stages
        self.choosing = choosing
        self.under_way = False

    def forks(self) -> list[tuple[Fork, int]]:
        """The forks down to its own, each with the branch that leads to it."""
        line: list[tuple[Fork, int]] = []
        fork, taken = self.fork, self.taken
        while fork is not None:
            line.append((fork, taken))
            taken, fork = fork.taken, fork.above
        line.reverse()
        return line


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
