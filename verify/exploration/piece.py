"""A piece of a search by optimal DPOR: subtrees, explored one after the other (subtree.py).

The path begins with the forks above the subtree, which are passed and never left behind; it goes on
with the nodes that somebody else has explored so far, if there are any, and then it is a search
like any other. What differs:

    turn_to    lays out the path to a subtree
    _settle    drops a race of which somebody else has found that it can be
    _insert    at a fork, plans what somebody else will have explored
    cut        gives away what is left, if the program is not to be divided rather (division.py)
    standing   how far a subtree has been explored, in the middle of it; `go_on` there, elsewhere

A race whose early event is at a fork is looked at again after each execution, as one that is not
settled: where its reversal is put is decided elsewhere, and may be decided by what comes behind the
late event, which differs from execution to execution. So each sequence is told once, as it is. If
it turns out there not to be decided by that, and the late event is at a fork, too, whoever takes
the same branches next is told that it need not look.

In a case of the program (case.py), a task is left alone while its next event is to wait for another
one. An execution in which that was in vain, or was for what does not matter to it, shows that the
program does not fall into these cases.
"""

from __future__ import annotations

from verify.exploration.case import WHOLE, Case
from verify.exploration.division import Division, Pairs
from verify.exploration.dpor import NOBODY, Dpor, Node
from verify.exploration.frontier import Frontier
from verify.exploration.races import Race
from verify.exploration.strategy import View
from verify.exploration.subtree import Cut, Fork, Plan, Stage, Subtree
from verify.exploration.wakeup_tree import NO_BRANCHES, NO_SLEEPERS, Branch, Moves, Sleepers
from verify.scheduling.event import Execution, choice
from verify.scheduling.step import Move


class Piece(Dpor):
    """Explores subtrees of a search, and plans nothing above them."""

    def __init__(self, frontier: Frontier | None = None) -> None:
        super().__init__()
        self._line: list[Fork] = []  # the forks that the path begins with
        self._taken: list[int] = []  # the branches of these that it takes
        self._subtree = Subtree(None, 0, (), [], False)
        self._frontier = frontier
        self._plans: list[tuple[int, Plan]] = []  # for these, by their depth
        self._told: list[set[tuple[Moves, int]]] = []  # the same, in short, by depth
        self._fresh = False  # there are nodes on the path that have never been run
        self._stood: list[Stage] = []  # these, if they are those of a subtree that goes on
        self._division: Division | None = None  # where the program may be divided
        self._case: Case = ()
        self._counts: dict[int, int] = {}  # of the tasks in this: how many events are on the path
        self._counted = 0  # so many nodes of that

    def turn_to(self, subtree: Subtree) -> None:
        """Explore a subtree, when another one, or nothing, has been explored to its end.

        Forks that both have above them are not passed again.
        """
        line, taken = self._line, self._taken
        new: list[Fork] = []
        ways: list[int] = []
        fork, way = subtree.fork, subtree.taken
        while fork is not None and not (fork.depth < len(line) and line[fork.depth] is fork):
            new.append(fork)
            ways.append(way)
            way = fork.taken
            fork = fork.above
        same = 0
        if fork is not None:
            same = fork.depth
            if taken[same] == way:
                same += 1
            else:
                new.append(fork)
                ways.append(way)
        if self.path:
            self.kept = self.path[same].position
        elif new:
            self.kept = new[-1].position
        del self.path[same:], line[same:], taken[same:], self._told[same:]
        while new:
            fork, way = new.pop(), ways.pop()
            line.append(fork)
            taken.append(way)
            move = fork.firsts[way]
            self._lay(fork.asleep(way), move)
        for stage in subtree.stages:
            node = self._lay(stage.sleep, stage.move)
            node.branch = stage.branch
            node.branches = stage.branches
        if subtree.moves:
            self.path[-1].branch = Branch(subtree.moves, -1, len(subtree.moves), NO_BRANCHES)
        self._subtree = subtree
        self._case = self._races.case = subtree.case or ()
        self._division = Division() if subtree.case is None and subtree.fork is None else None
        self._base = len(line) + len(subtree.moves)
        self._stood = []
        self._plans = []
        while len(self._told) < self._base:
            self._told.append(set())
        self._reversal.choosing = subtree.choosing
        self._finished = False
        self._fresh = bool(line)
        self._resume = same
        self._forget(same)

    def _lay(self, sleep: Sleepers, move: Move) -> Node:
        """One more node of the path, which is to be run for the first time."""
        depth = len(self.path)
        if depth == len(self._nodes):
            self._nodes.append(Node())
        node = self._nodes[depth]
        node.position = -1
        node.sleep = sleep
        node.step = NOBODY
        node.choice = choice(move.task, move.option)
        node.branch = None
        node.branches = NO_BRANCHES
        self.path.append(node)
        return node

    def standing(self) -> list[Stage]:
        """The nodes of the subtree down to where the next execution goes on, when that has been
        begun and not run; none if it is the first. What has been planned above them is not here."""
        if self._fresh:
            return self._stood
        fork = self._subtree.fork  # a branch that was planned may have made it a deeper one
        above = 0 if fork is None else fork.depth + 1
        return [self._stage(depth) for depth in range(above, len(self.path))]

    def go_on(
        self, subtree: Subtree, stages: list[Stage], choosing: bool, pairs: Pairs | None
    ) -> None:
        """Explore a subtree from where it stood."""
        if not stages:
            self.turn_to(subtree)
            return
        self.turn_to(Subtree(subtree.fork, subtree.taken, (), stages, choosing, subtree.case))
        self._subtree = subtree
        if pairs is None:
            self._division = None
        elif self._division is not None:
            self._division = Division(pairs)
        self._stood = stages
        self._base += len(subtree.moves)
        while len(self._told) < self._base:
            self._told.append(set())
        self._fresh = True

    @property
    def choosing(self) -> bool:
        """Whether somebody has had a `choose` to make."""
        return self._reversal.choosing

    @property
    def pairs(self) -> Pairs | None:
        """What is known so far of how the program could be divided."""
        return None if self._division is None else self._division.pairs

    def divide(self, executions: int) -> None:
        """Divide the program into `cases`, after so many executions, if it is worth while."""
        if self._division is not None:
            waiting = sum([_leaves(node.branches) for node in self.path])
            self.cases = self._division.cases(executions, waiting)

    def cut(self) -> Cut:
        """Stop here; what is left, if anything, is given away. Nothing can be run afterwards."""
        path, base = self.path, self._base
        at = base
        last = len(path) - 1
        while at < last and not path[at].branches:
            at += 1
        stages = [self._stage(depth) for depth in range(base, len(path))]
        above, rest = stages[: at + 1 - base], stages[at + 1 - base :]
        return Cut(self._plans, above, rest, self._reversal.choosing)

    def _stage(self, depth: int) -> Stage:
        node = self.path[depth]
        branch = node.branch if depth == len(self.path) - 1 else None
        move = _bare(node.step) if branch is None else branch.first
        sleep = [_bare(step) for step in node.sleep]
        return Stage(node.position, sleep, move, branch, node.branches)

    @property
    def splits(self) -> bool:
        """Whether there is more left than the next branch alone."""
        return any(self.path[at].branches for at in range(self._base, len(self.path)))

    def _meet(self, node: Node, view: View) -> None:
        chosen = node.choice
        if chosen is not None and view.ready >> chosen[0] & 1:
            node.ready = view.ready
            node.position = len(view.execution.events)

    def end(self, execution: Execution) -> None:
        if self._fresh and not execution.late:
            self._fresh = False
            for node in self.path[self._resume :]:
                node.step = execution.events[node.position].step
        super().end(execution)

    def _forget(self, depth: int) -> None:
        super()._forget(depth)
        if depth < self._counted:
            self._counted = 0
            self._counts.clear()

    def _begin_freely(self, node: Node, view: View, ready: int) -> bool:
        if self._case:
            ready &= ~self._held()
        return super()._begin_freely(node, view, ready)

    def _held(self) -> int:
        """The bits of the tasks whose next event waits for another one."""
        counts = self._counts
        path = self.path
        while self._counted < len(path):
            chosen = path[self._counted].choice
            assert chosen is not None
            counts[chosen[0]] = counts.get(chosen[0], 0) + 1
            self._counted += 1
        held = 0
        for order in self._case:
            if counts.get(order.later, 0) == order.later_nth and (
                counts.get(order.task, 0) <= order.nth
            ):
                held |= 1 << order.later
        return held

    def _plan(self, execution: Execution) -> None:
        super()._plan(execution)
        if self._case:
            if not self._races.fits():
                self.cases = WHOLE
        elif self._division is not None:
            self._division.note(self._races)

    def _settle(self, race: Race) -> bool:
        late = race.late.index
        if late < len(self._line) and not self.choosing:
            settled = self._line[late].settled[self._taken[late]]
            if settled >> race.early.index & 1:
                return True
        return super()._settle(race)

    def _insert(self, depth: int, remaining: int, asleep: Sleepers) -> None:
        if depth >= self._base:
            super()._insert(depth, remaining, asleep)
            return
        reversal = self._reversal
        if self._frontier is not None:
            if not self._frontier.plan(self._subtree, depth, reversal, remaining, asleep):
                reversal.settled = False
            return
        reversal.settled = False
        moves, last = reversal.as_moves(remaining), reversal.last
        if (moves, last) not in self._told[depth]:
            self._told[depth].add((moves, last))
            slept = asleep if last < 0 else NO_SLEEPERS
            plan = Plan(moves, remaining, reversal.pasts(remaining), last, slept)
            self._plans.append((depth, plan))


def _leaves(branches: list[Branch]) -> int:
    """How many wait, each by itself or below one of these."""
    found = 0
    todo = list(branches)
    while todo:
        below = todo.pop().below
        found += not below
        todo += below
    return found


def _bare(step: Move) -> Move:
    """A move without all that belongs to the event that it was."""
    return Move(step.task, step.option, step.options, step.reads, step.writes)
