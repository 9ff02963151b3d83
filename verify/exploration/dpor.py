"""Optimal dynamic partial order reduction: each equivalence class is run exactly once.

    choose  follows the path; beyond it, the wakeup tree of the node; where that is empty, stays
            with the running task if it can go on, else takes the first that can
    end     at a maximal end, looks at the races; for each, unless a sleeping task covers it, makes
            sure that the node before its early event will explore the sequence in which the late
            one comes first; then goes back to the deepest node with a branch left

In the paper's symbols: E is the path and the events along it, E' = pre(E, e) the path up to a
node, sleep(E') its `sleep`, wut(E') its `branches` (the one being explored is the first), v a
`Sequence`. A choice goes to sleep when its branch has been explored, and wakes in what is explored
next when an event happens that depends on it.

Executions have their beginnings in common, and what is known of these is kept: the clocks, and the
races. v is made of the whole execution, also of what comes after the late event, so a race that
nothing had to be done for in one execution may need a sequence of its own in the next one. It is
dropped for good when, at the node before its early event, v was inserted as a branch of its own, or
is covered, by what sleeps or by another branch there, through a first event that lies at or before
the late one: all executions with this beginning have that event in v. That is so only as long as
nobody has a `choose` to make: a planned sequence takes one option, and the others are planned by
executions that took them.

The theory knows what an event touches before it happens. Here an event is found to be the last of
its task, and to write the task's end, only afterwards; moved to another place it may give another
result, and not be the last. That matters to those who look at the end (`is_alive`, a timed join),
and so does an invariant that is demanded in the middle of a run to the event before it
(`Execution.late`). From the first such look on nothing is planned: every choice that is awake is
made at every point, which is the search with sleep sets of depth_first.py, complete, with redundant
runs.

Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction (POPL 2014), and JACM
2017, algorithm 2. Operations that can be disabled: see clocks.py.
"""

from __future__ import annotations

from typing import ClassVar

from verify.errors import InternalFault
from verify.exploration.clocks import Clocks, Race
from verify.exploration.strategy import Strategy, View, check_same
from verify.exploration.validator import CHECKS, check_clocks, check_node, check_path
from verify.exploration.wakeup_tree import (
    Branch,
    Choosing,
    Sequence,
    Sleepers,
    all_sleep,
    awaken,
    insert,
)
from verify.scheduling.event import Choice, Ending, Execution

NO_BRANCHES: list[Branch] = []
NO_OPTIONS: dict[int, int] = {}


class _Node:
    """One step of the path: what is being explored here, and what is left."""

    __slots__ = ("branches", "enabled", "options", "sleep")

    def __init__(self, enabled: list[int], sleep: Sleepers, branches: list[Branch]) -> None:
        self.enabled = enabled
        self.sleep = sleep
        self.branches = branches
        self.options = NO_OPTIONS  # of the tasks that have several


class Dpor(Strategy):
    """Optimal DPOR with wakeup trees."""

    exhaustive: ClassVar[bool] = True

    def __init__(self) -> None:
        self.path: list[_Node] = []
        self._clocks = Clocks()
        self._races: list[Race] = []  # of the events that are kept, by their late event
        self._choosing = False  # some task has had several options
        self._finished = False
        self._widening = False  # every choice is made, because the program looks at ends

    def begin(self) -> bool:
        return not self._finished

    def choose(self, view: View) -> Choice | None:
        execution = view.execution
        depth = len(execution.events)
        if execution.late:
            self._widen_all()
        if depth < len(self.path):
            node = self.path[depth]
            check_same(node.enabled, view, depth)
            if depth + 1 < len(self.path):
                return node.branches[0].choice
            return self._take(node, view, depth)
        sleep: Sleepers = []
        branches = NO_BRANCHES
        if depth:
            event = execution.events[depth - 1]
            above = self.path[depth - 1]
            branch = above.branches[0]
            branch.reads = event.reads
            branch.writes = event.writes
            branch.known = True
            if above.sleep:
                sleep = awaken(above.sleep, branch)
            branches = branch.below()
        if not branches:
            branches = self._fresh(view, sleep)
            if not branches:
                return None
        node = _Node(view.enabled, sleep, branches)
        if view.several:
            node.options = dict(view.several)
            self._choosing = True
        self.path.append(node)
        if self._widening:
            self._widen(node)
        return self._take(node, view, depth)

    def _take(self, node: _Node, view: View, depth: int) -> Choice:
        branch = node.branches[0]
        task = branch.task
        if task not in view.enabled or (branch.option and branch.option >= view.options(task)):
            raise InternalFault(
                f"the wakeup tree asks for task {task} at step {depth + 1}, which cannot go on"
            )
        if CHECKS.on:
            check_node(node, depth)
        operation = view.pending(task)
        if operation is not None and operation.kind.looks_at_an_end:
            self._widen_all()
        return branch.choice

    def _widen_all(self) -> None:
        if not self._widening:
            self._widening = True
            for above in self.path:
                self._widen(above)

    def _widen(self, node: _Node) -> None:
        """Explore whatever is awake at a node, planned or not."""
        known = {branch.choice for branch in node.branches}
        known |= {(one.task, one.option) for one in node.sleep}
        for task in node.enabled:
            for option in range(node.options.get(task, 1)):
                if (task, option) not in known:
                    node.branches.append(_unplanned(task, option, 1))

    def _fresh(self, view: View, sleep: Sleepers) -> list[Branch]:
        """Any task that can go on and is awake, with all its options that are."""
        if view.last is not None and view.last in view.enabled:
            awake = self._awake(view, view.last, sleep)
            if awake:
                return awake
        for task in view.enabled:
            awake = self._awake(view, task, sleep)
            if awake:
                return awake
        return NO_BRANCHES

    def _awake(self, view: View, task: int, sleep: Sleepers) -> list[Branch]:
        options = view.several.get(task, 1) if view.several else 1
        if options == 1:
            for one in sleep:
                if one.task == task:
                    return NO_BRANCHES
            return [_unplanned(task, 0, 1)]
        asleep = [one.option for one in sleep if one.task == task]
        awake = []
        for option in range(options):
            if option not in asleep:
                branch = _unplanned(task, option, options)
                branch.known = True  # choosing touches nothing
                awake.append(branch)
        return awake

    def end(self, execution: Execution) -> None:
        if execution.ending is not Ending.REDUNDANT and not self._widening:
            self._plan(execution)
        depth = len(self.path) - 1
        while depth >= 0:
            node = self.path[depth]
            explored = node.branches.pop(0)
            if node.branches:
                event = execution.events[depth]
                asleep = Choosing(explored.task, explored.option, event.reads, event.writes)
                node.sleep = [*node.sleep, asleep]
                break
            self.path.pop()
            depth -= 1
        self._finished = depth < 0
        self.kept = max(depth, 0)
        self._clocks.cut(self.kept)
        while self._races and self._races[-1].late >= self.kept:
            self._races.pop()

    def _plan(self, execution: Execution) -> None:
        """Plan the reversal of every race that is not covered yet."""
        clocks = self._clocks
        clocks.invariants = execution.invariants
        events = execution.events
        known = clocks.length
        for depth in range(known, len(events)):
            clocks.add(events[depth])
        clocks.suspend(execution.stopped)
        if CHECKS.on:
            check_path(self.path, execution.schedule)
            check_clocks(clocks)
        if self.path:
            last = self.path[-1].branches[0]
            last.reads, last.writes, last.known = events[-1].reads, events[-1].writes, True
        for race in self._races:
            if self._choosing or not race.settled:
                race.settled = self._settle(race)
        for late in range(known, len(clocks.events)):
            event = clocks.events[late]
            if not event.touched and not event.never_disabled:
                continue
            for race in clocks.find_races(late):
                race.settled = self._settle(race)
                if late < len(events):
                    self._races.append(race)

    def _settle(self, race: Race) -> bool:
        """Plan the reversal of a race unless it is covered; whether it can be dropped for good."""
        node = self.path[race.early]
        sequence = Sequence(self._clocks, race)
        covered = False
        for one in node.sleep:
            position = sequence.first_of(one.task)
            if not sequence.is_weak_initial(one):
                continue
            if 0 <= position <= race.late:
                return True
            # A choice that v does not make covers it only together with the other options of its
            # task: after v, each of them may follow.
            options = node.options.get(one.task, 1)
            if position >= 0 or options == 1 or all_sleep(one.task, options, sequence, node.sleep):
                covered = True
        if covered:
            return False
        planned = len(node.branches)
        root = None
        for branch in node.branches:
            if sequence.is_weak_initial(branch, branch.known):
                root = branch
                break
        insert(node.branches, sequence, node.sleep)
        if len(node.branches) > planned:
            return True
        return root is not None and 0 <= sequence.first_of(root.task) <= race.late


def _unplanned(task: int, option: int, options: int) -> Branch:
    branch = Branch(task, option, 0, 0, options)
    branch.known = False
    return branch
