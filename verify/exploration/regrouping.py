"""Regrouping: the executions of one equivalence class, by number of preemptions.

All of them fail alike, and they are few beside all that the bound allows: whatever comes next must
be next in the class, an event all of whose predecessors have happened. So a bound is tried to its
end here long before that can be done for the whole program.
"""

from __future__ import annotations

from collections import Counter

from verify.exploration.narrowed import Narrowed
from verify.exploration.strategy import View
from verify.scheduling.event import Choice, Event, Execution
from verify.traces.happens_before import just_before

Key = tuple[int, int]
"""An event in all executions of its class: a task, and which of that task's events it is."""


class Regrouping(Narrowed):
    """Every execution of the class of one with at most so many preemptions, depth first."""

    def __init__(self, execution: Execution, preemptions: int) -> None:
        super().__init__(preemptions)
        self._so_far = _SoFar()
        keys = list(map(_SoFar().add, execution.events))
        edges = just_before(execution.events, execution.invariants)
        self._before = {
            key: {keys[step - 1] for step in steps} for key, steps in zip(keys, edges, strict=True)
        }
        self._options = {
            key: event.option for key, event in zip(keys, execution.events, strict=True)
        }

    def choose(self, view: View) -> Choice | None:
        """The next step; in a new node, only what is next in the class."""
        self._so_far.follow(view.execution.events)
        return super().choose(view)

    def _narrow(self, view: View) -> bool:
        node = self._search.path[-1]
        node.todo = [one for one in (*node.todo, node.choice) if self._is_next(one)]
        if not node.todo:
            return False
        node.choice = node.todo.pop()
        return True

    def _is_next(self, choice: Choice) -> bool:
        task, option = choice
        key = task, self._so_far.own[task] + 1
        return self._options.get(key) == option and self._before[key] <= self._so_far.keys


class _SoFar:
    """The events of an execution so far, by key."""

    def __init__(self) -> None:
        self.own: Counter[int] = Counter()
        self.keys: set[Key] = set()
        self._order: list[Key] = []

    def follow(self, events: list[Event]) -> None:
        """Know these; the execution has gone on, or another one has begun like it."""
        while len(self._order) > len(events):
            key = self._order.pop()
            self.keys.remove(key)
            self.own[key[0]] -= 1
        for event in events[len(self._order) :]:
            self.add(event)

    def add(self, event: Event) -> Key:
        """Know one more."""
        self.own[event.task] += 1
        key = event.task, self.own[event.task]
        self.keys.add(key)
        self._order.append(key)
        return key
