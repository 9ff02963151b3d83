"""Optimal dynamic partial order reduction: each equivalence class is run exactly once.

    choose  at the node where the search goes on, the step that comes next there; beyond it, the
            wakeup tree that was planned; where that is used up, stays with the running task if it
            can go on, else takes the first that can
    end     at a maximal end, looks at the races; for each, unless a sleeping task covers it, makes
            sure that the node before its early event will explore the sequence in which the late
            one comes first; then goes back to the deepest node with a branch left

In the paper's symbols: E is the path and the events along it, E' = pre(E, e) the path up to a
node, sleep(E') its `sleep`, wut(E') the step that is being explored there followed by its
`branches`, v a `Reversal`. A step goes to sleep when its branch has been explored, and wakes in
what is explored next when an event happens that depends on it.

Local events (start, join, sleep) are in no race. They happen as soon as they can, which is in one
order of each class, and there is no node for them.

Executions have their beginnings in common, and what is known of these is kept: the clocks, and the
races. v is made of the whole execution, also of what comes after the late event, so a race that
nothing had to be done for in one execution may need a sequence of its own in the next one. It is
dropped for good when, at the node before its early event, v was inserted as a branch of its own, or
is covered, by what sleeps or by another branch there, through a first event that lies at or before
the late one: all executions with this beginning have that event in v. (If v has been inserted, what
sleeps may cover that of another execution; then there is nothing to do, either.) That is so only as
long as nobody has a `choose` to make: a planned sequence takes one option, and the others are
planned by executions that took them.

The theory knows what an event touches before it happens. Here an event is found to be the last of
its task, and to write the task's end, only afterwards; moved to another place it may give another
result, and not be the last. That matters to those who look at the end (`is_alive`, a timed join),
and so does an invariant that is demanded in the middle of a run to the event before it
(`Execution.late`). A program that does any of this is `unplannable`: the search begins again, with
sleep sets alone (depth_first.py), complete, with redundant runs.

That an event repeats what its task has looked at (await_loops.py) is no such thing: whether it does
follows from the task's own events and their results, so it does wherever these come before it.

Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction (POPL 2014), and JACM
2017, algorithm 2. Operations that can be disabled: see races.py.
"""

from __future__ import annotations

from typing import ClassVar, Final

from verify.errors import InternalFault, Nondeterministic
from verify.exploration.races import Race, Races
from verify.exploration.strategy import Strategy, View
from verify.exploration.validator import (
    CHECKS,
    check_clocks,
    check_node,
    check_path,
    check_reversal,
)
from verify.exploration.wakeup_tree import (
    NO_BRANCHES,
    NO_SLEEPERS,
    Branch,
    Reversal,
    Sleepers,
    awaken,
)
from verify.scheduling.event import Choice, Event, Execution, choice
from verify.scheduling.step import Move, Step

NOBODY: Final = Step(-1)
NOTHING: Final = Event(NOBODY)
NO_OPTIONS: Final[dict[int, int]] = {}


class Node:
    """One step of the path: what is being explored here, and what is left."""

    __slots__ = (
        "branch",
        "branches",
        "choice",
        "options",
        "position",
        "ready",
        "sleep",
        "step",
    )

    def __init__(self) -> None:
        self.ready = 0  # the bits of the tasks that could go on
        self.position = 0  # how many events come before, local ones too
        self.sleep: Sleepers = NO_SLEEPERS
        self.branch: Branch | None = None  # what is explored, if it was planned
        self.choice: Choice | None = None  # what is explored
        self.step: Step = NOBODY  # the step that this has led to
        self.branches: list[Branch] = NO_BRANCHES  # what is to be explored afterwards
        self.options = NO_OPTIONS  # see source_dpor.py


class Dpor(Strategy):
    """Optimal DPOR with wakeup trees."""

    exhaustive: ClassVar[bool] = True
    local_first: ClassVar[bool] = True

    def __init__(self) -> None:
        self.path: list[Node] = []
        self._base = 0  # the path begins with so many nodes that are left to others: see piece.py
        self._resume = 0  # the index of the node where the next execution goes on
        self._races = Races()
        self._race = Race(NOTHING, NOTHING)  # the one that is looked at, while it is new
        self._reversal = Reversal(self._races, self._race)
        self._unsettled: list[Race] = []  # in the beginning that is kept, by their late event
        self._finished = False
        self._nodes: list[Node] = []  # by depth: those of the path, and more to be used again
        self._depth = -1  # of the node that was asked for last in this execution

    def _forget(self, depth: int) -> None:
        """The next execution has no more than the nodes above this one in common with this one."""
        self._races.cut(self.kept)
        while self._unsettled and self._unsettled[-1].late.index >= depth:
            self._unsettled.pop()

    def begin(self) -> bool:
        self._depth = -1
        return not self._finished

    def choose(self, view: View) -> Choice | None:
        execution = view.execution
        if execution.late:
            return None  # see `end`
        local = view.ready & view.local
        if local:
            return choice(view.names.first(local))
        position = len(execution.events)
        depth = self._depth + 1
        if position == self.kept:
            depth = self._resume  # what comes before may have been repeated
        self._depth = depth
        if depth < len(self.path):
            node = self.path[depth]
            if node.position < 0:
                self._meet(node, view)
            if node.ready != view.ready or node.position != position:
                raise Nondeterministic(
                    f"step {position + 1}: other tasks could go on the first time than when the "
                    "same schedule was run again"
                )
            if CHECKS.on:
                check_node(node, depth)
            return node.choice
        if depth == len(self._nodes):
            self._nodes.append(Node())
        node = self._nodes[depth]
        node.ready = view.ready
        node.position = position
        node.sleep = NO_SLEEPERS
        branch: Branch | None = None
        branches = NO_BRANCHES
        if depth:
            above = self.path[depth - 1]
            step = above.step = execution.events[above.position].step
            node.sleep = awaken(above.sleep, step)
            branch = above.branch
            if branch is not None:
                if branch.at + 1 < branch.end:
                    branch.at += 1
                else:
                    branches = branch.below
                    branch = branches.pop(0) if branches else None
        node.branch = branch
        node.branches = branches
        if branch is not None:
            move = branch.moves[branch.at]
            node.choice = choice(move.task, move.option)
            if not view.ready >> move.task & 1:
                raise InternalFault(
                    f"the wakeup tree asks for task {move.task} at step {position + 1}, which "
                    "cannot go on"
                )
        elif not self._begin_freely(node, view, view.ready):
            return None
        self.path.append(node)
        if CHECKS.on:
            check_node(node, depth)
        return node.choice

    def _meet(self, node: Node, view: View) -> None:
        """A node that was laid out, and never been run, is passed for the first time."""
        raise InternalFault("there is a node without a position")

    def _begin_freely(self, node: Node, view: View, ready: int) -> bool:
        """Any of these tasks that is awake, with all its options; False if there is none."""
        last = view.last
        if last >= 0 and ready >> last & 1 and self._takes(node, view, last):
            return True
        while ready:
            task = view.names.first(ready)
            ready &= ~(1 << task)
            if self._takes(node, view, task):
                return True
        return False

    def _takes(self, node: Node, view: View, task: int) -> bool:
        options = view.options(task)
        if options == 1:
            for one in node.sleep:
                if one.task == task:
                    return False
            node.choice = choice(task)
            return True
        self._reversal.choosing = True
        asleep = [one.option for one in node.sleep if one.task == task]
        awake = [Move(task, at, options) for at in range(options) if at not in asleep]
        if not awake:
            return False
        node.choice = choice(task, awake[0].option)
        node.branches = [Branch((move,), 0, 1, NO_BRANCHES) for move in awake[1:]]
        return True

    def end(self, execution: Execution) -> None:
        if execution.late:  # maybe only since the latest choice
            self.unplannable = True
            self._finished = True
            return
        if self.path:
            last = self.path[-1]
            last.step = execution.events[last.position].step  # as the others did on the way
        self._plan(execution)
        self._go_back()

    def _go_back(self) -> None:
        """To the deepest node with a branch left; what was explored there goes to sleep."""
        path = self.path
        while len(path) > self._base:
            node = path[-1]
            if node.branches:
                node.sleep = [*node.sleep, node.step]
                branch = node.branch = node.branches.pop(0)
                move = branch.moves[branch.at]
                node.choice = choice(move.task, move.option)
                break
            path.pop()
        self._finished = len(path) == self._base
        self.kept = path[-1].position if path else 0
        self._resume = len(path) - 1
        self._forget(self._resume)

    def _plan(self, execution: Execution) -> None:
        """Plan the reversal of every race that is not covered yet."""
        races = self._races
        races.invariants = execution.invariants
        events = execution.events
        known = races.length
        end = len(events)
        if not execution.stopped:
            while end and events[end - 1].step.local:  # nobody comes after them
                end -= 1
        races.add(events, end)
        races.suspend(execution.stopped)
        if CHECKS.on:
            check_path(self.path, execution)
            check_clocks(races)
        kept: list[Race] = []
        for race in self._unsettled:
            if not self._settle(race) or self._reversal.choosing:
                kept.append(race)
        self._unsettled = kept
        for index in range(known, len(races.steps)):
            late = races.steps[index]
            for early in races.candidates(late):
                new = self._race
                new.early = early
                new.late = late
                races.weigh(new)
                if not self._settle(new) or self._reversal.choosing:
                    kept.append(new)
                    self._race = Race(NOTHING, NOTHING)

    def _settle(self, race: Race) -> bool:
        """Plan the reversal of a race unless it is covered; whether it can be dropped for good."""
        node = self.path[race.early.index]
        late = race.late.index
        reversal = self._reversal
        reversal.look_at(race)
        everything = reversal.all
        if CHECKS.on:
            check_reversal(race, self._races, everything, node.sleep)
        covered = False
        for one in node.sleep:
            index = reversal.first_of(one.task, everything)
            if reversal.begins(one, index, everything):
                if 0 <= index <= late:
                    return True
                covered = True
        if covered:
            return False  # in another execution it may not be
        reversal.settled = True
        self._insert(race.early.index, everything, node.sleep)
        return reversal.settled

    def _insert(self, depth: int, remaining: int, asleep: Sleepers) -> None:
        """`Reversal.insert` at a node."""
        node = self.path[depth]
        node.branches = self._reversal.insert(node.branches, remaining, asleep)
