"""The gate of a guided run: each operation waits there until it is its turn in the plan.

    enter   a task is about to do something: it sleeps until all that comes before has been done
    leave   it is doing it, under the guard of its objects: whoever is next may go on

The plan is an execution of the explorer's, without the steps that others cannot tell. Since each
step was possible there, nobody has to wait for anything once through the gate. What the plan does
not have comes after all that it has: who waits for ever at its end is let through only then.

If the next step does not come within the time limit, or its task asks for something else, the plan
cannot be carried out. The gate then stands open for good, and `refusal` names the step.

How far the plan is carried out, and how a task sleeps, is for threads here, for processes in
`shared_turns.py`. To be woken is only a hint: the position tells.
"""

from __future__ import annotations

import time
from _thread import allocate_lock
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from verify.scheduling.event import Execution
from verify.scheduling.naming import Names


class Step(NamedTuple):
    """One operation of a plan, by the path of its task; whether it gave up, and for a choice the
    option."""

    path: tuple[int, ...]
    operation: str
    option: int
    gave_up: bool


Plan = tuple[Step, ...]


def plan_of(execution: Execution, names: Names) -> Plan:
    """The plan that makes a real run one of the class of an execution."""
    return tuple(
        Step(names.path(event.task), event.kind.name, event.option, event.gave_up)
        for event in execution.events
        if not event.kind.local
    )


class Turns(Protocol):
    """How far a plan of so many steps has been carried out, and who sleeps until it is further."""

    position: int
    """The step whose turn it is, from 0. Only the task whose turn it is moves it."""
    open: bool
    """Nobody has to wait any more."""

    def sleep(self, step: int, seconds: float) -> None:
        """Sleep until `wake` is called for this step, or for so long."""

    def wake(self, step: int) -> None:
        """Wake one who sleeps until this step, or the next that will."""

    def refuse(self, why: str) -> None:
        """The plan cannot be carried out; the first reason counts."""

    def close(self) -> None:
        """The run is over."""


class ThreadTurns:
    """The turns of a run on threads: who sleeps waits on a lock, one for each step."""

    def __init__(self, steps: int) -> None:
        self.position = 0
        self.open = False
        self.refusal = ""
        self._signals = [allocate_lock() for _ in range(steps + 1)]
        for signal in self._signals:
            signal.acquire()

    def sleep(self, step: int, seconds: float) -> None:
        self._signals[step].acquire(timeout=seconds)

    def wake(self, step: int) -> None:
        with suppress(RuntimeError):  # it is awake
            self._signals[step].release()

    def refuse(self, why: str) -> None:
        self.refusal = self.refusal or why

    def close(self) -> None:
        """Nothing is kept."""


class Gate:
    """Lets the tasks of one run do what a plan says; `limit` seconds may pass between two steps."""

    def __init__(self, plan: Plan, turns: Turns, limit: float) -> None:
        self._plan = plan
        self._turns = turns
        self._limit = limit
        self._steps: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for number, step in enumerate(plan):
            self._steps[step.path].append(number)
        self._done: Counter[tuple[int, ...]] = Counter()  # each task counts for itself

    def enter(self, path: tuple[int, ...], operation: str) -> Step | None:
        """Wait for the turn of a task that is about to do this; its step, None beyond the plan."""
        turns, own, done = self._turns, self._steps.get(path, ()), self._done[path]
        number = own[done] if done < len(own) else len(self._plan)
        self._await(number)
        if turns.open or number == len(self._plan):
            turns.wake(number)  # others may wait for the end, too
            return None
        step = self._plan[number]
        if step.operation != operation:
            self._refuse(f"{_told(number, step)}, who asks for {operation}")
            return None
        return step

    def leave(self, path: tuple[int, ...]) -> None:
        """The operation that was let through happens now."""
        turns = self._turns
        self._done[path] += 1
        if not turns.open and turns.position < len(self._plan):
            turns.position += 1
            turns.wake(turns.position)

    @property
    def missing(self) -> str:
        """Which step of the plan has not come, now that the run is over; empty if all have."""
        position = self._turns.position
        if position == len(self._plan):
            return ""
        return f"{_told(position, self._plan[position])} and never came"

    def let_go(self) -> None:
        """Let everybody through."""
        self._turns.open = True
        for number in range(len(self._plan) + 1):
            self._turns.wake(number)

    def _await(self, number: int) -> None:
        turns = self._turns
        until = time.monotonic() + self._limit
        position = turns.position
        while turns.position < number and not turns.open:
            now = time.monotonic()
            if turns.position != position:
                position, until = turns.position, now + self._limit
            elif now >= until:
                told = _told(position, self._plan[position])
                self._refuse(f"{told} and did not come within {self._limit:g} seconds")
            else:
                turns.sleep(number, until - now)

    def _refuse(self, why: str) -> None:
        self._turns.refuse(why)
        self.let_go()


def called(path: Sequence[int]) -> str:
    """A task by its path from the main task, for a person."""
    return "main" if not path else f"task {'.'.join(map(str, path))}"


def _told(number: int, step: Step) -> str:
    return f"step {number + 1} was to be {step.operation} by {called(step.path)}"
