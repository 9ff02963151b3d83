"""The frontier: the subtrees of a search that are still to be explored, and in which order.

    issue    the next task: one subtree, or a few, as long as fewer than LANES are under way
    commit   what came of the task that was issued first: plans become branches of their forks, what
             was cut becomes subtrees of its own
    plan     one such plan: goes down from its fork as `Reversal.insert` does (wakeup_tree.py)

Subtrees can be explored elsewhere, at the same time and in any order. They are issued, the deepest
first, and committed, in the order in which they were issued, as if there were always LANES places
to explore them at: so which tasks there are, what each of them begins with, and what counts as
found first follow from the program alone, however many places there really are.

A subtree is cut after a number of executions that grows with the search, so that there are always
some to be had and never too many. What is nearest to the root is given away, as there is most below
that, and the rest goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from verify.exploration.subtree import WHOLE, Cut, Fork, Plan, Subtree
from verify.exploration.wakeup_tree import Branch, awaken
from verify.scheduling.step import Move

LANES = 64
"""Subtrees under way at once; nothing is gained by more places than these."""
LEAST = 1_000
"""Executions before a subtree is cut: a search that ends sooner is one piece."""
SHARE = 64
"""A subtree is cut after this part of all executions so far, if that is more."""
MOST_TOGETHER = 64
"""Subtrees in one task, where there are more than enough tasks: many are a single execution."""


class Task(NamedTuple):
    """Subtrees to be explored one after the other, and after how many executions to stop."""

    subtrees: list[Subtree]
    quota: int


class Frontier:
    """The subtrees of one search."""

    def __init__(self, least: int = 0, lanes: int = LANES) -> None:
        self._least = least or LEAST
        self._lanes = lanes
        self._pending: list[tuple[int, int, Subtree]] = []
        self._added = 0
        self._add(WHOLE)
        self._divided = False
        self._under_way: deque[Task] = deque()

    def issue(self, executions: int) -> Task | None:
        """What is to be explored next; None if there is nothing, or enough is under way.

        `executions`: how many have been committed.
        """
        if not self._pending or len(self._under_way) == self._lanes:
            return None
        count = max(1, min(MOST_TOGETHER, len(self._pending) // self._lanes))
        together = [heappop(self._pending)[2] for _ in range(count)]
        task = Task(together, max(self._least, executions // SHARE))
        self._under_way.append(task)
        return task

    @property
    def divided(self) -> bool:
        """Whether there is, or was, more than one."""
        return self._divided

    @property
    def first(self) -> Task | None:
        """What is to be committed next."""
        return self._under_way[0] if self._under_way else None

    def commit(self, cuts: Sequence[Cut]) -> None:
        """The first subtrees of what was issued first have been explored, up to here."""
        subtrees = self._under_way.popleft().subtrees
        for subtree, cut in zip(subtrees, cuts, strict=False):
            for depth, plan in cut.plans:
                self.plan(subtree, depth, plan)
            if cut.above:
                self._divided = True
                self._give_away(subtree, cut)
        for subtree in subtrees[len(cuts) :]:
            self._add(subtree)

    def plan(self, subtree: Subtree, depth: int, plan: Plan) -> bool:
        """Make sure that a sequence is explored from a fork above a subtree on.

        Whether the way that it takes is that of all sequences that differ from it in no more than
        what is behind the late event (`Reversal.settled`).
        """
        fork, taken = subtree.fork, subtree.taken
        assert fork is not None
        while fork.depth > depth:
            taken = fork.taken
            assert fork.above is not None
            fork = fork.above
        while fork.depth < depth:
            below = fork.next(taken)
            assert below is not None
            fork, taken = below, 0
        return self._insert(fork, taken + 1, plan, plan.all, plan.asleep)

    def _insert(
        self, fork: Fork, start: int, plan: Plan, remaining: int, asleep: Sequence[Move]
    ) -> bool:
        """`Reversal.insert`, in wakeup_tree.py, by the branches of a fork from an index on."""
        index = start
        settled = True
        while index < len(fork.firsts):
            move = fork.firsts[index]
            bit = plan.first_of(move.task, remaining)
            begins = plan.begins(move, bit, remaining)
            early = 0 < bit <= plan.late
            if begins:
                settled = settled and early
            elif not early and not plan.never_begins(move, remaining):
                settled = False
            if begins and (bit or move.options == 1):
                remaining &= ~bit
                if (bit and bit == plan.late) or not remaining:
                    return settled
                below = fork.next(index)
                if below is None or below.complete:
                    return settled
                asleep = awaken([*asleep], move)
                fork, index = below, 0
                continue
            if move.options > 1:
                if begins:
                    below = fork.next(index)
                    if below is not None and not below.complete:
                        self._insert(below, 0, plan, remaining, awaken([*asleep], move))
                asleep = [*asleep, move]
                if not bit and plan.all_sleep(move, remaining, asleep):
                    return settled
            index += 1
        moves = tuple(
            [move for move, bit in zip(plan.moves, plan.bits, strict=True) if remaining & bit]
        )
        self._add(Subtree(fork, fork.add(moves), moves[1:], [], not plan.late))
        return settled

    def _add(self, subtree: Subtree) -> None:
        fork = subtree.fork
        depth = len(subtree.stages) + (0 if fork is None else fork.depth)
        self._added += 1
        heappush(self._pending, (-depth, self._added, subtree))

    def _give_away(self, subtree: Subtree, cut: Cut) -> None:
        """Make forks of the upper part, and subtrees of what is below the last of them."""
        fork, taken = subtree.fork, subtree.taken
        while fork is not None:
            below = fork.next(taken)
            if below is None:
                break
            fork, taken = below, 0
        complete = not subtree.stages
        for stage in cut.above:
            made = Fork(fork, taken, stage.sleep, complete, stage.position)
            made.add((stage.move,))
            if fork is not None:
                fork.below[taken] = made
            fork, taken, complete = made, 0, False
        assert fork is not None
        last = cut.above[-1]
        if last.branch is None:
            self._add(Subtree(fork, 0, (), cut.stages, cut.choosing))
        else:
            fork.firsts.clear()
            fork.below.clear()
            self._plant(fork, last.branch, cut.choosing)
        for branch in last.branches:
            self._plant(fork, branch, cut.choosing)

    def _plant(self, fork: Fork, branch: Branch, choosing: bool) -> None:
        """Make forks of a wakeup tree; where it ends, there are subtrees."""
        moves = branch.moves[branch.at : branch.end]
        taken = fork.add(moves)
        if not branch.below:
            self._add(Subtree(fork, taken, moves[1:], [], choosing))
            return
        while True:
            below = fork.next(taken)
            if below is None:
                break
            fork, taken = below, 0
        made = Fork(fork, taken, awaken(fork.asleep(taken), fork.firsts[taken]), False)
        fork.below[taken] = made
        for one in branch.below:
            self._plant(made, one, choosing)
