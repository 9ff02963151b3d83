"""Dynamic partial order reduction with source sets: each class once, and some redundant runs.

It differs from optimal DPOR (dpor.py) in what it plans, and in nothing else. Where that inserts the
sequence v in which the late event of a race comes first, as a whole, this adds a single choice that
v can begin with, unless the node has one already. There is no tree to keep, and none of what comes
after that choice is laid down; so an execution may run into a point where all that can go on are
asleep. It is cut there: it only repeats, in another order, what has been run.

    _settle    plans the first choice of v at the node before the early event
    choose     where an execution is cut, looks at what blocked tasks ask for
    _plan      plans for an execution that was cut, too: its races may be new

A task that is blocked at a cut might have gone on had it come before some event of the path, and
nobody else need show that: the node before each event that touches what the task asks for makes
every choice that is awake. Making too many only costs redundant runs.

In the paper's symbols: backtrack(E') is the step and the `branches` of a node with the steps that
sleep there, I(v) the initials of a `Reversal`. Only they cover a race. A sleeping step of a task
without an event in v, independent of all of it, does not, though it does in optimal DPOR: there v
is followed to its end, here what sleeps may be woken by something that goes on from v in another
way than v does. Nor does an event behind the late one, which need not come in the next execution.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017), algorithm 1.
"""

from __future__ import annotations

from verify.exploration.dpor import Dpor, Node
from verify.exploration.races import Race
from verify.exploration.strategy import View
from verify.exploration.wakeup_tree import NO_BRANCHES, Branch
from verify.operation import bits
from verify.properties.invariants import implied
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.life import START
from verify.scheduling.step import Move


class SourceDpor(Dpor):
    """DPOR with source sets and sleep sets."""

    def __init__(self) -> None:
        super().__init__()
        self._blocked = 0  # at a cut: the bits of the objects that blocked tasks ask for

    def choose(self, view: View) -> Choice | None:
        known = len(self.path)
        choice = super().choose(view)
        if choice is None:
            self._blocked = self._find_blocked(view)
        elif len(self.path) > known:
            options = {task: view.options(task) for task in bits(view.ready)}
            self.path[-1].options = {task: count for task, count in options.items() if count > 1}
        return choice

    def _find_blocked(self, view: View) -> int:
        """The bits of what blocked tasks ask for; -1, for all, if there is one never seen to run.

        Such a task cannot be asked: its number is not known here, only that it must be there.
        """
        seen = view.ready
        for node in self.path:
            seen |= node.ready
        live = 1
        for event in view.execution.events:
            seen |= 1 << event.task
            live += int(event.kind is START) - event.ends.bit_count()
        wanted = 0
        for task in bits(seen):
            operation = view.pending(task)
            if operation is not None:
                live -= 1
                if not view.ready >> task & 1:
                    for cell in operation.cells:
                        wanted |= cell.bit
        return -1 if live > 0 else wanted

    def _plan(self, execution: Execution) -> None:
        super()._plan(execution)
        if execution.ending is Ending.REDUNDANT:
            wanted = self._blocked | implied(self._blocked, execution.invariants)
            for event in execution.events:
                step = event.step
                if not step.local and (step.reads | step.writes) & wanted:
                    self._widen(self.path[event.index])

    def _widen(self, node: Node) -> None:
        """Explore whatever is awake at a node, planned or not."""
        firsts = [node.step, *(branch.first for branch in node.branches), *node.sleep]
        known = {(step.task, step.option) for step in firsts}
        for task in bits(node.ready):
            options = node.options.get(task, 1)
            for option in range(options):
                if (task, option) not in known:
                    self._add(node, Move(task, option, options))

    def _settle(self, race: Race) -> bool:
        node = self.path[race.early.index]
        reversal = self._reversal
        reversal.look_at(race)
        everything = reversal.all
        firsts = [node.step, *(branch.first for branch in node.branches)]
        for step in [*node.sleep, *firsts]:
            index = reversal.first_of(step.task, everything)
            if 0 <= index <= race.late.index and reversal.begins(step, index, everything):
                return True
        self._add(node, reversal.as_moves(everything)[0])
        return True

    def _add(self, node: Node, move: Move) -> None:
        node.branches = [*node.branches, Branch((move,), 0, 1, NO_BRANCHES)]
