"""Dynamic partial order reduction with source sets: each class once, and some redundant runs.

It differs from optimal DPOR (dpor.py) in what it plans, and in nothing else. Where that inserts the
sequence v in which the late event of a race comes first, as a whole, this adds a single choice that
v can begin with, unless the node has one already. There is no tree to keep, and none of what comes
after that choice is laid down; so an execution may run into a point where all that can go on are
asleep. It is cut there: it only repeats, in another order, what has been run.

    _settle    plans the first choice of v at the node before the early event
    choose     where an execution is cut, looks at what blocked tasks ask for
    end        plans for an execution that was cut, too: its races may be new

A task that is blocked at a cut might have gone on had it come before some event of the path, and
nobody else need show that: the node before each event that touches what the task asks for makes
every choice that is awake. Making too many only costs redundant runs.

In the paper's symbols: backtrack(E') is the `branches` of a node with the choices that sleep there,
I(v) the initials of a `Sequence`. Only they cover a race. A sleeping choice without an event in v,
independent of all of it, does not, though it does in optimal DPOR: there v is followed to its end,
here what sleeps may be woken by something that goes on from v in another way than v does. Nor does
an event behind the late one, which need not come in the next execution.

Abdulla, Aronis, Jonsson, Sagonas: Source Sets: A Foundation for Optimal Dynamic Partial Order
Reduction (JACM 2017), algorithm 1.
"""

from __future__ import annotations

from verify.exploration.clocks import Race
from verify.exploration.dpor import Dpor
from verify.exploration.strategy import View
from verify.exploration.wakeup_tree import Branch, Choosing, Sequence
from verify.properties.invariants import implied
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.life import START


class SourceDpor(Dpor):
    """DPOR with source sets and sleep sets."""

    def __init__(self) -> None:
        super().__init__()
        self._blocked = 0  # at a cut: the bits of the objects that blocked tasks ask for

    def choose(self, view: View) -> Choice | None:
        choice = super().choose(view)
        if choice is None:
            self._blocked = self._find_blocked(view)
        return choice

    def _find_blocked(self, view: View) -> int:
        """The bits of what blocked tasks ask for; -1, for all, if there is one never seen to run.

        Such a task cannot be asked: its number is not known here, only that it must be there.
        """
        seen = set(view.enabled)
        for node in self.path:
            seen.update(node.enabled)
        live = 1
        for event in view.execution.events:
            live += int(event.kind is START) - event.ends.bit_count()
        bits = 0
        for task in seen:
            operation = view.pending(task)
            if operation is not None:
                live -= 1
                if task not in view.enabled:
                    for cell in operation.cells:
                        bits |= cell.bit
        return -1 if live > 0 else bits

    def end(self, execution: Execution) -> None:
        if execution.ending is Ending.REDUNDANT and not self._widening:
            self._plan(execution)
            wanted = self._blocked | implied(self._blocked, execution.invariants)
            for depth, event in enumerate(execution.events):
                if (event.reads | event.writes) & ~event.ends & wanted:
                    self._widen(self.path[depth])
        super().end(execution)

    def _settle(self, race: Race) -> bool:
        node = self.path[race.early]
        sequence = Sequence(self._clocks, race)
        here: list[Choosing] = [*node.sleep, *node.branches]
        for one in here:
            if 0 <= sequence.first_of(one.task) <= race.late and sequence.is_weak_initial(one):
                return True
        first = sequence.as_branch()
        node.branches.append(
            Branch(first.task, first.option, first.reads, first.writes, first.options)
        )
        return True
