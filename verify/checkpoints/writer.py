"""The writer: a saved search as whole numbers and a few texts.

The numbers are one long list, which reader.py reads in the same order. A list goes behind its
length; moves, and sequences of them, are told where they first come up, and are numbers from then
on: tens of thousands of branches may wait, and most of them are the same few sequences. Forks are
told from the root on, level by level, so each knows the one above it.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.exploration.case import Case, Order
from verify.exploration.history import Entry
from verify.exploration.pieces import Begun
from verify.exploration.saving import Saved
from verify.exploration.subtree import Fork, Stage, Subtree
from verify.exploration.wakeup_tree import Branch
from verify.operation import bits
from verify.scheduling.step import Move

MOVES, FORK, SUBTREE = range(3)
"""What is below a branch."""
KINDS_BELOW = 3


class Writer:
    """What has been told so far."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.texts: list[str] = []
        """What objects are."""
        self._texts: dict[str, int] = {}
        self._moves: dict[tuple[int, int, int, int, int], int] = {}
        self._sequences: dict[tuple[int, ...], int] = {}
        self._seen: dict[int, tuple[int, Sequence[Move]]] = {}  # by address, sequences
        self._subtrees: dict[int, int] = {}  # by address

    def write(self, saved: Saved) -> None:
        """A search; what has a name in the file is not told here."""
        self._names(saved)
        self._count(saved.history)
        for entry in saved.history:
            self._entry(entry)
        standing = saved.standing
        self._flag(standing is not None)
        if standing is None:
            return
        self._roots(standing.roots)
        self._count(standing.under_way)
        for task in standing.under_way:
            self.numbers.append(task.quota)
            self._count(task.subtrees)
            self.numbers += [self._subtrees[id(subtree)] for subtree in task.subtrees]
        self._begun(saved.begun)

    def _count(self, things: Sequence[object]) -> None:
        self.numbers.append(len(things))

    def _flag(self, holds: bool) -> None:
        self.numbers.append(int(holds))

    def _names(self, saved: Saved) -> None:
        self._count(saved.tasks)
        for creator, index in saved.tasks:
            self.numbers += (creator, index)
        self._count(saved.objects)
        for what, creator, index in saved.objects:
            known = self._texts.setdefault(what, len(self._texts))
            if known == len(self.texts):
                self.texts.append(what)
            self.numbers += (known, creator, index)

    def _entry(self, entry: Entry) -> None:
        self.numbers += (entry.kind, entry.executions, entry.events, entry.blocked)
        self._count(entry.schedule)
        for task, option in entry.schedule:
            self.numbers += (task, option)

    def _roots(self, roots: list[Fork | Subtree]) -> None:
        """All forks, and the subtrees that are not explored yet, where they are."""
        self._count(roots)
        for root in roots:
            self._case(root.case)
            self._flag(isinstance(root, Fork))
            if isinstance(root, Subtree):
                self._subtree(root)
        waiting = [root for root in roots if isinstance(root, Fork)]
        for fork in waiting:
            self.numbers.append(fork.position + 1)
            self._flag(fork.complete)
            self._sequence(fork.sleep)
            self._count(fork.firsts)
            for first, below in zip(fork.firsts, fork.below, strict=True):
                self._move(first)
                if isinstance(below, Fork):
                    self.numbers.append(FORK)
                    waiting.append(below)
                elif isinstance(below, Subtree):
                    self.numbers.append(SUBTREE)
                    self._subtree(below)
                else:
                    self.numbers.append(MOVES)
                    self._sequence(below)

    def _case(self, case: Case | None) -> None:
        self._flag(case is not None)
        if case is not None:
            self._orders(case)

    def _orders(self, orders: Sequence[Order]) -> None:
        self._count(orders)
        for order in orders:
            self.numbers += order

    def _subtree(self, subtree: Subtree) -> None:
        self._subtrees[id(subtree)] = len(self._subtrees)
        self._sequence(subtree.moves)
        self._stages(subtree.stages)
        self._flag(subtree.choosing)

    def _begun(self, begun: Begun) -> None:
        self.numbers += (begun.done, begun.runs)
        self._stages(begun.stages)
        self._flag(begun.choosing)
        self._flag(begun.pairs is not None)
        if begun.pairs is not None:
            self._orders([order for order, _ in begun.pairs])
            self.numbers += [int(turned) for _, turned in begun.pairs]

    def _stages(self, stages: list[Stage]) -> None:
        self._count(stages)
        for stage in stages:
            self.numbers.append(stage.position)
            self._sequence(stage.sleep)
            self._move(stage.move)
            self._branches([] if stage.branch is None else [stage.branch])
            self._branches(stage.branches)

    def _branches(self, branches: list[Branch]) -> None:
        self._count(branches)
        waiting = branches[::-1]
        while waiting:
            branch = waiting.pop()
            self._sequence(branch.moves)
            self.numbers += (branch.end, branch.at)
            self._count(branch.below)
            waiting += branch.below[::-1]

    def _sequence(self, moves: Sequence[Move]) -> None:
        seen = self._seen.get(id(moves))
        if seen is not None:
            self.numbers.append(seen[0])
            return
        numbers = [self._moves.get(_key(move), -1) for move in moves]
        known = -1 if -1 in numbers else self._sequences.get(tuple(numbers), -1)
        if known < 0:
            known = len(self._sequences)
            self.numbers += (known, len(moves))
            numbers = [self._move(move) for move in moves]
            self._sequences[tuple(numbers)] = known
        else:
            self.numbers.append(known)
        self._seen[id(moves)] = known, moves

    def _move(self, move: Move) -> int:
        key = _key(move)
        known = self._moves.get(key)
        if known is None:
            known = self._moves[key] = len(self._moves)
            self.numbers += (known, move.task, move.option, move.options)
            self._mask(move.reads)
            self._mask(move.writes)
        else:
            self.numbers.append(known)
        return known

    def _mask(self, mask: int) -> None:
        objects = list(bits(mask))
        self._count(objects)
        self.numbers += objects


def _key(move: Move) -> tuple[int, int, int, int, int]:
    return move.task, move.option, move.options, move.reads, move.writes
