"""The frontier: the subtrees of a search that are still to be explored, and in which order.

    issue    the next task: one subtree, or a few, as long as fewer than LANES are under way
    commit   what came of the task that was issued first: plans become branches of their forks, what
             was cut becomes subtrees of its own
    plan     one such plan: goes down from its fork as `Reversal.insert` does (wakeup_tree.py)

Subtrees can be explored elsewhere, at the same time and in any order. They are issued, the leftmost
first, and committed, in the order in which they were issued, as if there were always LANES places
to explore them at: so which tasks there are, what each of them begins with, and what counts as
found first follow from the program alone, however many places there really are.

A sequence is only ever asked for to the right of who asks for it. So where everything to the left
has been explored as well, nothing more will be asked for, and the forks are let go. Where a search
consists of cases (case.py), each has a root of its own, and asks for nothing in another one.

A subtree is cut after a number of executions that grows with the search, so that there are always
some to be had and never too many. What is nearest to the root is given away, as there is most below
that, and the rest goes on.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from verify.exploration.case import UNDIVIDED, Cases
from verify.exploration.subtree import Cut, Fork, Subtree
from verify.exploration.wakeup_tree import NO_SLEEPERS, Branch, Moves, Sequence, Sleepers, awaken

LANES = 64
"""Subtrees under way at once; nothing is gained by more places than these."""
LEAST = 250
"""Executions before a subtree is cut: a search that ends sooner is one piece."""
SHARE = 64
"""A subtree is cut after this part of all executions so far, if that is more."""
MOST = 10_000
"""It is always cut after so many: what is lost with a process that is killed stays little."""
MOST_TOGETHER = 64
"""Subtrees in one task, where there are more than enough tasks: many are a single execution."""


class Task(NamedTuple):
    """Subtrees to be explored one after the other, and after how many executions to stop."""

    subtrees: list[Subtree]
    quota: int


class Standing(NamedTuple):
    """All that a frontier is once it has issued the first task; a root that is a subtree is a whole
    case."""

    roots: list[Fork | Subtree]
    under_way: list[Task]


class Frontier:
    """The subtrees of one search, from its beginning or from where it stood."""

    def __init__(
        self,
        least: int = 0,
        lanes: int = LANES,
        standing: Standing | None = None,
        cases: Cases = UNDIVIDED,
    ) -> None:
        self._least = least or LEAST
        self._most = least or MOST  # of a whole case
        self._lanes = lanes
        self._roots: list[Fork | Subtree] = []  # one for each case that is not done
        self._under_way: deque[Task] = deque()
        self._begun = standing is not None
        if standing is None:
            self._roots += [Subtree(None, 0, (), [], False, case) for case in cases]
        else:
            self._under_way.extend(standing.under_way)
            self._roots += standing.roots
            _count_all(standing)

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return Standing(list(self._roots), list(self._under_way))

    def issue(self, executions: int) -> Task | None:
        """What is to be explored next; None if there is nothing, or enough is under way.

        `executions`: how many have been committed.
        """
        if len(self._under_way) == self._lanes:
            return None
        waiting = sum([root.waiting for root in self._roots if isinstance(root, Fork)])
        quota = max(self._least, min(MOST, executions // SHARE))
        together = self._next(max(1, min(MOST_TOGETHER, waiting // self._lanes)))
        if not together:
            return None
        if self._begun and together[0].fork is None:
            quota = self._most  # as long as it is not cut it has nothing to tell
        self._begun = True
        task = Task(together, quota)
        self._under_way.append(task)
        return task

    @property
    def left(self) -> int:
        """How many subtrees are still to be explored, with those of the tasks under way."""
        return sum([root.open if isinstance(root, Fork) else 1 for root in self._roots])

    @property
    def first(self) -> Task | None:
        """What is to be committed next."""
        return self._under_way[0] if self._under_way else None

    def commit(self, cuts: list[Cut]) -> None:
        """The first subtrees of what was issued first have been explored, up to here."""
        subtrees = self._under_way.popleft().subtrees
        for subtree, cut in zip(subtrees, cuts, strict=False):
            for depth, plan in cut.plans:
                self.plan(subtree, depth, plan, plan.all, plan.asleep)
            fork, taken = subtree.fork, subtree.taken
            if cut.above:
                self._give_away(subtree, cut)
            elif fork is not None:
                fork.below[taken] = subtree.moves
            else:
                self._roots.remove(subtree)
            _count(fork, taken, 0, -1)
        for subtree in subtrees[len(cuts) :]:
            subtree.under_way = False
            _count(subtree.fork, subtree.taken, 1, 0)
        for root in self._roots:
            if isinstance(root, Fork):
                _let_go(root)
        self._roots = [root for root in self._roots if not isinstance(root, Fork) or root.open]

    def _next(self, count: int) -> list[Subtree]:
        """The first subtrees that wait, at most so many, or one whole case; now they are under way.

        Cases of which something has been explored are to the left of those that are whole.
        """
        found: list[Subtree] = []
        for root in self._roots:
            if isinstance(root, Fork):
                while root.waiting and len(found) < count:
                    found.append(_leftmost(root))
            elif not root.under_way and not found:
                root.under_way = True
                return [root]
        return found

    def plan(
        self, subtree: Subtree, depth: int, wanted: Sequence, remaining: int, asleep: Sleepers
    ) -> bool:
        """Make sure that a sequence is explored from a fork above a subtree on.

        `asleep` is what sleeps at the fork, which matters only where somebody has a `choose`.
        Whether the way that it takes is that of all sequences that differ from it in no more than
        what is behind the late event (`Reversal.settled`). That is noted where this one happens.
        """
        fork, taken = subtree.fork, subtree.taken
        assert fork is not None
        late: Fork | None = None
        way = 0
        while fork.depth > depth:
            if fork.depth == wanted.last:
                late, way = fork, taken
            taken = fork.taken
            assert fork.above is not None
            fork = fork.above
        while fork.depth < depth:
            below = fork.fork_below(taken)
            assert below is not None
            fork, taken = below, 0
        if wanted.last >= 0:
            asleep = NO_SLEEPERS
        settled = self._insert(fork, taken + 1, wanted, remaining, asleep)
        if settled and late is not None:
            late.settled[way] |= 1 << depth
        return settled

    def _insert(
        self, fork: Fork, start: int, wanted: Sequence, remaining: int, asleep: Sleepers
    ) -> bool:
        """`Reversal.insert`, in wakeup_tree.py, by the branches of a fork from an index on."""
        at = start
        settled = True
        last = wanted.last
        while at < len(fork.firsts):
            move = fork.firsts[at]
            index = wanted.first_of(move.task, remaining)
            begins = wanted.begins(move, index, remaining)
            early = 0 <= index <= last
            if begins:
                settled = settled and early
            elif not early and (last < 0 or not wanted.never_begins(move, remaining)):
                settled = False
            if begins and (index >= 0 or move.options == 1):
                if index >= 0:
                    remaining &= ~(1 << index)
                if (index >= 0 and index == last) or not remaining:
                    return settled
                below = fork.fork_below(at)
                if below is None or below.complete:
                    return settled
                asleep = awaken(asleep, move)
                fork, at = below, 0
                continue
            if move.options > 1:
                if begins:
                    below = fork.fork_below(at)
                    if below is not None and not below.complete:
                        self._insert(below, 0, wanted, remaining, awaken(asleep, move))
                asleep = [*asleep, move]
                if index < 0 and wanted.all_sleep(move, remaining, asleep):
                    return settled
            at += 1
        _add(fork, wanted.as_moves(remaining), last < 0)
        return settled

    def _give_away(self, subtree: Subtree, cut: Cut) -> None:
        """Make forks of the upper part, and subtrees of what is below the last of them."""
        fork, taken = subtree.fork, subtree.taken
        while fork is not None:
            below = fork.fork_below(taken)
            if below is None:
                break
            fork, taken = below, 0
        complete = not subtree.stages
        for stage in cut.above:
            made = Fork(fork, taken, stage.sleep, complete, stage.position, subtree.case)
            made.add(stage.move, ())
            if fork is None:
                self._roots[self._roots.index(subtree)] = made
            else:
                fork.below[taken] = made
            fork, taken, complete = made, 0, False
        assert fork is not None
        last = cut.above[-1]
        if last.branch is None:
            fork.below[0] = Subtree(fork, 0, (), cut.stages, cut.choosing)
            _count(fork, 0, 1, 1)
        else:
            fork.firsts.clear()
            fork.below.clear()
            fork.settled.clear()
            _plant(fork, last.branch, cut.choosing)
        for branch in last.branches:
            _plant(fork, branch, cut.choosing)


def _plant(fork: Fork, branch: Branch, choosing: bool) -> None:
    """Make forks of a wakeup tree; where it ends, there are subtrees."""
    moves = branch.moves[branch.at : branch.end]
    if not branch.below:
        _add(fork, moves, choosing)
        return
    for move in moves:
        taken = fork.add(move, ())
        made = Fork(fork, taken, awaken(fork.asleep(taken), move), False)
        fork.below[taken] = made
        fork = made
    for below in branch.below:
        _plant(fork, below, choosing)


def _add(fork: Fork, moves: Moves, choosing: bool) -> None:
    """One more branch, to be explored."""
    subtree = Subtree(fork, len(fork.firsts), moves[1:], [], choosing)
    fork.add(moves[0], subtree)
    _count(fork, subtree.taken, 1, 1)


def _count(fork: Fork | None, taken: int, waiting: int, unexplored: int) -> None:
    """So many more subtrees wait, or are unexplored, below a branch."""
    while fork is not None:
        fork.waiting += waiting
        fork.open += unexplored
        if waiting > 0 and taken < fork.next_waiting:
            fork.next_waiting = taken
        taken, fork = fork.taken, fork.above


def _count_all(standing: Standing) -> None:
    """Count the subtrees of a frontier that was made of plain data."""
    for task in standing.under_way:
        for subtree in task.subtrees:
            subtree.under_way = True
    todo = [root for root in standing.roots if isinstance(root, Fork)]
    while todo:
        for below in todo.pop().below:
            if isinstance(below, Fork):
                todo.append(below)
            elif isinstance(below, Subtree):
                _count(below.fork, below.taken, 0 if below.under_way else 1, 1)


def _leftmost(fork: Fork) -> Subtree:
    """The first subtree below a fork that waits; it is under way then."""
    while True:
        at = fork.next_waiting
        while True:
            below = fork.below[at]
            if isinstance(below, Fork):
                if below.waiting:
                    break
            elif isinstance(below, Subtree) and not below.under_way:
                break
            at += 1
        fork.next_waiting = at
        if isinstance(below, Subtree):
            below.under_way = True
            _count(fork, at, -1, 0)
            return below
        assert isinstance(below, Fork)
        fork = below


def _let_go(root: Fork) -> None:
    """Forget the forks that nothing more can be asked for at."""
    fork: Fork | None = root
    while fork is not None:
        below: Fork | Subtree | Moves = ()
        while fork.gone < len(fork.below):
            below = fork.below[fork.gone]
            if isinstance(below, Subtree) or (isinstance(below, Fork) and below.open):
                break
            fork.below[fork.gone] = ()
            fork.gone += 1
            if isinstance(below, Fork):
                _take_apart(below)
            below = ()
        fork = below if isinstance(below, Fork) else None


def _take_apart(fork: Fork) -> None:
    """Forks refer to each other in circles, which nobody would collect for long."""
    todo = [fork]
    while todo:
        fork = todo.pop()
        for below in fork.below:
            if isinstance(below, Fork):
                todo.append(below)
        fork.below = []
