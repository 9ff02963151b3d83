"""Bounded search: every schedule with at most so many preemptions.

A preemption is a switch away from a task that could have gone on; switches where a task is blocked
or has ended are free, and so is the option that a task takes. Most bugs need one or two.

    choose  follows the path; beyond it, opens a node with all that the bound allows there, staying
            with the running task before any switch
    end     goes back to the deepest node with something left

Any execution can be finished within the bound, since staying costs nothing; so none is redundant.
This is a depth-first search over schedules, with no reduction: a class may be run many times. Sleep
sets would lose classes: that a choice was explored says nothing about whether the preemptions left
over were enough for what can follow it. Neither is the reduction of Coons, Musuvathi and McKinley
(Bounded Partial-Order Reduction, OOPSLA 2013) used here, which takes back a race before its early
event and where the block of steps that this lies in began: with locks, timed waits and branches
that depend on what was read, it lost some of the classes that the bound allows.
"""

from __future__ import annotations

from typing import ClassVar

from verify.errors import UsageError
from verify.exploration.strategy import Strategy, View, check_same
from verify.scheduling.event import Choice, Execution


class _Node:
    """One step of the path: what was chosen, what is left, and the preemptions before it."""

    __slots__ = ("choice", "enabled", "running", "spent", "todo")

    def __init__(self, enabled: list[int], running: int, spent: int, todo: list[Choice]) -> None:
        self.enabled = enabled
        self.running = running  # the task that took the last step and can go on, else -1
        self.spent = spent
        self.todo = todo  # the next one last
        self.choice = todo.pop()

    def cost(self) -> int:
        """The preemptions up to and with the choice."""
        preempts = self.running >= 0 and self.choice[0] != self.running
        return self.spent + 1 if preempts else self.spent


class Bounded(Strategy):
    """At most `preemptions` preemptions in each execution, and all such schedules.

    `cut` tells whether the bound has refused any switch. Raises UsageError for a negative bound.
    """

    exhaustive: ClassVar[bool] = False

    def __init__(self, preemptions: int = 2) -> None:
        if preemptions < 0:
            raise UsageError(
                f"a bound of {preemptions} preemptions: it cannot be negative; "
                "0 allows only switches where a task is blocked or has ended"
            )
        self.preemptions = preemptions
        self.cut = False
        self.path: list[_Node] = []
        self._finished = False

    @property
    def guarantee(self) -> str:
        if not self._finished:
            return ""
        plural = "" if self.preemptions == 1 else "s"
        words = f"every schedule with at most {self.preemptions} preemption{plural} was run"
        if not self.cut:
            words += ", and no schedule needs more"
        return words

    @property
    def spent(self) -> int:
        """The preemptions of the execution that has just been run."""
        return self.path[-1].cost() if self.path else 0

    def begin(self) -> bool:
        return not self._finished

    def choose(self, view: View) -> Choice | None:
        depth = len(view.execution.events)
        if depth < len(self.path):
            node = self.path[depth]
            check_same(node.enabled, view, depth)
        else:
            node = self._open(view, self.spent)
            self.path.append(node)
        return node.choice

    def _open(self, view: View, spent: int) -> _Node:
        """A new node at the end of the path, with all that the bound allows there."""
        running = -1
        if view.last in view.enabled:
            running = view.last
        tasks = view.enabled
        if running >= 0:
            others = [task for task in tasks if task != running]
            if others and spent == self.preemptions:
                self.cut = True
                others = []
            tasks = [running, *others]
        todo = [(task, option) for task in tasks for option in range(view.options(task))]
        todo.reverse()
        return _Node(view.enabled, running, spent, todo)

    def end(self, execution: Execution) -> None:
        while self.path and not self.path[-1].todo:
            self.path.pop()
        self._finished = not self.path
        self.kept = 0
        if self.path:
            node = self.path[-1]
            node.choice = node.todo.pop()
            self.kept = len(self.path) - 1
