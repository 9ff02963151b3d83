"""Depth-first search over schedules: brute force, and exhaustive with sleep sets.

Both keep the path to the latest execution as a list of nodes, one for each step: what could be
chosen there, what was, and what is still to do. `choose` follows the path and opens new nodes
beyond it; `end` goes back to the deepest node with something left to do.

Sleep sets (Godefroid 1996): once everything after a choice has been explored at a node, the choice
is put to sleep there, and stays asleep in what is explored next until an event happens that depends
on its own. Making it earlier would only repeat what was seen, so a sleeping choice is not made, and
a node where all that could be made are asleep is redundant and cut. Each equivalence class is run
to its end exactly once. A sleeper's footprint is that of the event it took part in when it was
explored; only events independent of that have happened since, so it would do the same again. Each
option of a `choose` sleeps for itself: it may be its task's last event, and the next one not.

Where a path is left, who is enabled must be as before; else the program is not a function of its
schedule, and that is reported.
"""

from __future__ import annotations

from typing import ClassVar

from verify.exploration.strategy import Strategy, View, check_same
from verify.operation import Footprint, conflicts
from verify.scheduling.event import Choice, Execution


class _Node:
    """One step of the current path."""

    __slots__ = ("choice", "enabled", "sleep", "todo")

    def __init__(self, view: View, sleep: dict[Choice, Footprint]) -> None:
        self.enabled = view.enabled
        self.sleep = sleep
        tasks = list(view.enabled)
        if view.last in tasks:  # stay with the running task: no switch, and no preemption
            tasks.remove(view.last)
            tasks.insert(0, view.last)
        choices = [(task, option) for task in tasks for option in range(view.options(task))]
        self.todo = [choice for choice in choices if choice not in sleep]
        self.todo.reverse()
        if self.todo:
            self.choice: Choice = self.todo.pop()

    def turn(self, footprint: Footprint, use_sleep: bool) -> bool:
        """Done with the current choice, whose event had this footprint; False if none is left."""
        if use_sleep:
            self.sleep[self.choice] = footprint
        if not self.todo:
            return False
        self.choice = self.todo.pop()
        return True


class DepthFirst(Strategy):
    """The search that both strategies share; `use_sleep` tells them apart."""

    exhaustive: ClassVar[bool] = True
    use_sleep: ClassVar[bool] = True

    def __init__(self) -> None:
        self.path: list[_Node] = []
        self._finished = False

    def begin(self) -> bool:
        return not self._finished

    def choose(self, view: View) -> Choice | None:
        depth = len(view.execution.events)
        if depth < len(self.path):
            check_same(self.path[depth].enabled, view, depth)
            return self.path[depth].choice
        node = _Node(view, self._inherited(view))
        if not hasattr(node, "choice"):
            return None
        self.path.append(node)
        return node.choice

    def _inherited(self, view: View) -> dict[Choice, Footprint]:
        if not self.use_sleep or not self.path:
            return {}
        event = view.execution.events[-1]
        done = event.footprint
        return {
            choice: footprint
            for choice, footprint in self.path[-1].sleep.items()
            if choice[0] != event.task and not conflicts(footprint, done)
        }

    def end(self, execution: Execution) -> None:
        while self.path:
            event = execution.events[len(self.path) - 1]
            if self.path[-1].turn(event.footprint, self.use_sleep):
                self.kept = len(self.path) - 1
                return
            self.path.pop()
        self._finished = True


class BruteForce(DepthFirst):
    """Every interleaving, without any reduction: slow, and hard to get wrong."""

    use_sleep: ClassVar[bool] = False


class Exhaustive(DepthFirst):
    """Every equivalence class run to its end exactly once, with sleep sets."""
