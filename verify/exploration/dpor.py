"""Optimal dynamic partial order reduction: each equivalence class is run exactly once.

    choose  follows the path; beyond it, the wakeup tree of the node; where that is empty, stays
            with the running task if it can go on, else takes the first that can
    end     at a maximal end, finds the races of the whole execution; for each, unless a sleeping
            task covers it, makes sure that the node before its early event will explore the
            sequence in which the late one comes first; then goes back to the deepest node with a
            branch left

In the paper's symbols: E is the path and the events along it, E' = pre(E, e) the path up to a
node, sleep(E') its `sleep`, wut(E') its `branches` (the one being explored is the first), v a
`Sequence`. A choice goes to sleep when its branch has been explored, and wakes in what is explored
next when an event happens that depends on it.

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

from verify.errors import InternalFault
from verify.exploration.clocks import Clocks
from verify.exploration.strategy import Signature, Strategy, View, check_same
from verify.exploration.validator import check_clocks, check_node, check_path
from verify.exploration.wakeup_tree import Branch, Sequence, all_sleep, insert
from verify.operation import Footprint, conflicts
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.life import LOOKS_AT_AN_END


class _Node:
    """One step of the path: what is being explored here, and what is left."""

    __slots__ = ("branches", "enabled", "options", "signature", "sleep")

    def __init__(
        self, enabled: list[int], sleep: dict[Choice, Footprint], branches: list[Branch]
    ) -> None:
        self.enabled = enabled
        self.sleep = sleep
        self.branches = branches
        self.options: dict[int, int] = {}  # of the tasks that have several
        self.signature: Signature | None = None

    @property
    def choice(self) -> Choice:
        return self.branches[0].choice


class Dpor(Strategy):
    """Optimal DPOR with wakeup trees."""

    exhaustive = True

    def __init__(self) -> None:
        self.path: list[_Node] = []
        self._finished = False
        self._widening = False  # every choice is made, because the program looks at ends

    def begin(self) -> bool:
        return not self._finished

    def choose(self, view: View) -> Choice | None:
        depth = len(view.execution.events)
        if view.execution.late:
            self._widen_all()
        if depth < len(self.path):
            node = self.path[depth]
            node.signature = check_same(node.enabled, node.signature, view, node.choice[0], depth)
            return node.choice if depth + 1 < len(self.path) else self._take(node, view, depth)
        sleep, branches = self._inherited(view)
        if not branches:
            branches = self._fresh(view, sleep)
            if not branches:
                return None
        node = _Node(view.enabled, sleep, branches)
        for task in view.enabled:
            if view.options(task) > 1:
                node.options[task] = view.options(task)
        self.path.append(node)
        if self._widening:
            self._widen(node)
        return self._take(node, view, depth)

    def _take(self, node: _Node, view: View, depth: int) -> Choice:
        task, option = node.choice
        if task not in view.enabled or option >= view.options(task):
            raise InternalFault(
                f"the wakeup tree asks for task {task} at step {depth + 1}, which cannot go on"
            )
        node.signature = view.signature(task)
        check_node(node, depth)
        if node.signature[0] in LOOKS_AT_AN_END:
            self._widen_all()
        return node.choice

    def _widen_all(self) -> None:
        if not self._widening:
            self._widening = True
            for above in self.path:
                self._widen(above)

    def _widen(self, node: _Node) -> None:
        """Explore whatever is awake at a node, planned or not."""
        planned = {branch.choice for branch in node.branches}
        for task in node.enabled:
            for option in range(node.options.get(task, 1)):
                choice = (task, option)
                if choice not in planned and choice not in node.sleep:
                    node.branches.append(Branch(choice, None))

    def _inherited(self, view: View) -> tuple[dict[Choice, Footprint], list[Branch]]:
        """Who sleeps at a new node, and what the tree above it demands there."""
        if not self.path:
            return {}, []
        above = self.path[-1]
        event = view.execution.events[-1]
        done = event.footprint
        sleep = {
            choice: footprint
            for choice, footprint in above.sleep.items()
            if choice[0] != event.task and not conflicts(footprint, done)
        }
        return sleep, above.branches[0].branches

    def _fresh(self, view: View, sleep: dict[Choice, Footprint]) -> list[Branch]:
        """Any task that can go on and is awake, with all its options that are."""
        tasks = view.enabled
        if view.last in tasks:
            tasks = [view.last, *tasks]
        for task in tasks:
            choices = [(task, option) for option in range(view.options(task))]
            several = Footprint(0, 0) if len(choices) > 1 else None
            awake = [
                Branch(choice, several, len(choices)) for choice in choices if choice not in sleep
            ]
            if awake:
                return awake
        return []

    def end(self, execution: Execution) -> None:
        if execution.ending is not Ending.REDUNDANT and not self._widening:
            self._plan(execution)
        while self.path:
            node = self.path[-1]
            explored = node.branches.pop(0)
            event = execution.events[len(self.path) - 1]
            node.sleep[explored.choice] = event.footprint
            node.signature = None
            if node.branches:
                return
            self.path.pop()
        self._finished = True

    def _plan(self, execution: Execution) -> None:
        """Plan the reversal of every race that is not covered yet."""
        clocks = Clocks(execution)
        check_path(self.path, execution.schedule)
        check_clocks(clocks)
        for depth, node in enumerate(self.path):
            node.branches[0].footprint = execution.events[depth].footprint
        for late in range(len(clocks.events)):
            for race in clocks.races(late):
                node = self.path[race.early]
                sequence = Sequence(clocks, race)
                if not self._covered(node, sequence):
                    insert(node.branches, sequence, node.sleep)

    def _covered(self, node: _Node, sequence: Sequence) -> bool:
        """Whether a sleeping choice could begin the sequence: then it has been explored.

        A choice that the sequence does not make covers it only together with the other options of
        its task: after the sequence, each of them may follow.
        """
        for choice, footprint in node.sleep.items():
            task = choice[0]
            if sequence.is_weak_initial(choice, footprint) and (
                task not in node.options
                or sequence.first_of(task) is not None
                or all_sleep(task, node.options[task], sequence, node.sleep)
            ):
                return True
        return False
