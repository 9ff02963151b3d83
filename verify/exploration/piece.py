"""A piece of a search by optimal DPOR: subtrees, explored one after the other (subtree.py).

The path begins with the forks above the subtree, which are passed and never left behind; it goes on
with the nodes that somebody else has explored so far, if there are any, and then it is a search
like any other. What differs:

    turn_to    lays out the path to a subtree
    _insert    at a fork, plans what somebody else will have explored
    cut        gives away what is left

A race whose early event is at a fork is looked at again after each execution, as one that is not
settled: where its reversal is put is decided elsewhere, and may be decided by what comes behind the
late event, which differs from execution to execution. So each sequence is told once, as it is.
"""

from __future__ import annotations

from verify.exploration.dpor import Dpor, Node
from verify.exploration.frontier import Frontier
from verify.exploration.strategy import View
from verify.exploration.subtree import WHOLE, Cut, Fork, Plan, Stage, Subtree
from verify.exploration.wakeup_tree import NO_BRANCHES, Branch, Moves, Sleepers
from verify.scheduling.event import Execution, choice
from verify.scheduling.step import Move


class Piece(Dpor):
    """Explores subtrees of a search, and plans nothing above them."""

    def __init__(self, frontier: Frontier | None = None) -> None:
        super().__init__()
        self._line: list[tuple[Fork, int]] = []  # the forks that the path begins with
        self._subtree = WHOLE
        self._frontier = frontier
        self._plans: list[tuple[int, Plan]] = []  # for these, by their depth
        self._told: set[tuple[int, Moves, int]] = set()  # the same, in short
        self._fresh = False  # there are nodes on the path that have never been run

    def turn_to(self, subtree: Subtree) -> None:
        """Explore a subtree, when another one, or nothing, has been explored to its end.

        Forks that both have above them are not passed again.
        """
        line = subtree.forks()
        same = 0
        while same < len(line) and same < len(self._line):
            (fork, taken), (before, there) = line[same], self._line[same]
            if fork is not before or taken != there:
                break
            same += 1
        position = line[0][0].position if line else 0
        if same < len(self.path):
            position = self.path[same].position
        del self.path[same:]
        for fork, taken in line[same:]:
            node = Node()
            node.position = -1
            node.sleep = fork.asleep(taken)
            node.choice = choice(fork.firsts[taken].task, fork.firsts[taken].option)
            node.planned = not fork.complete
            self.path.append(node)
        for stage in subtree.stages:
            node = Node()
            node.position = -1
            node.sleep = stage.sleep
            node.choice = choice(stage.move.task, stage.move.option)
            node.branch = stage.branch
            node.branches = stage.branches
            node.planned = stage.planned
            self.path.append(node)
        if subtree.moves:
            self.path[-1].branch = Branch(subtree.moves, -1, len(subtree.moves), NO_BRANCHES)
        self._line = line
        self._subtree = subtree
        self._base = len(line) + len(subtree.moves)
        self._plans = []
        self._told = {told for told in self._told if told[0] < same}
        self._reversal.choosing = subtree.choosing
        self._nodes = list(self.path)
        self._finished = False
        self._fresh = bool(line)
        self._resume = same
        self.kept = position
        self._forget(same)

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
        return Stage(node.position, sleep, move, branch, node.branches, node.planned)

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

    def _insert(self, depth: int, remaining: int, asleep: Sleepers) -> None:
        if depth >= self._base:
            super()._insert(depth, remaining, asleep)
            return
        reversal = self._reversal
        moves = reversal.as_branch(remaining).moves
        late = 0 if reversal.choosing else reversal.race.late.bit
        if self._frontier is None:
            reversal.settled = False
            if (depth, moves, late) in self._told:
                return
            self._told.add((depth, moves, late))
        own, pasts = reversal.as_pasts(remaining)
        plan = Plan(moves, own, pasts, late, tuple(asleep) if reversal.choosing else ())
        if self._frontier is None:
            self._plans.append((depth, plan))
        elif not self._frontier.plan(self._subtree, depth, plan):
            reversal.settled = False


def _bare(step: Move) -> Move:
    """A move without all that belongs to the event that it was."""
    return Move(step.task, step.option, step.options, step.reads, step.writes)
