"""Repeating: the beginning that an execution has in common with the latest one.

    _repeat           carries out once more what the latest execution did at this step, and demands
                      that the task asks for the same: the first difference is reported
    _repeat_at_once   the same where the running task goes on and nothing at all is special
    _again            lets an event take effect where all but the states and the task is as it was
    _repeat_afresh    computes the effect again, where it may be another one
    _catch_up         finds out who can go on, once the beginning is over

Nothing is chosen here, so nobody needs to know who could go on, and an effect that cannot have
changed (`Event.frozen`) is not computed again. Most of a search's time is spent here.
"""

from __future__ import annotations

import sys
from typing import Any

from verify.errors import Nondeterministic
from verify.operation import Kind, Operation
from verify.scheduling.event import Event
from verify.scheduling.explored_task import ExploredCell, ExploredTask, states_of
from verify.scheduling.life import CHOOSE, SLEEP
from verify.scheduling.sources import line_of, shown_place
from verify.scheduling.stepping import Stepping
from verify.scheduling.task import RUNNING, SLEEPING
from verify.values import frozen, same


class Repeating(Stepping):
    """The state of one execution whose beginning is known."""

    def _repeat(self, event: Event) -> ExploredTask:
        """Carry out what the latest execution did at this step; Nondeterministic if it differs."""
        then = event.operation
        number = event.task
        task = self._numbered[number] if number < len(self._numbered) else None
        now = None if task is None else task.pending
        if task is None or now is None:
            raise self._differs(
                event, f"asked for {then.kind.name} the first time, and had ended when"
            )
        if now.kind is not then.kind or not _same_objects(now, then):
            raise self._differs(
                event,
                f"asked for {then.kind.name} the first time, for {now.kind.name}"
                f"{'' if now.kind is not then.kind else ' of another object'} when",
            )
        if self.awaiting.on and event.step.awaited != task.awaits:
            raise self._differs(
                event,
                f"repeated itself with {then.kind.name} the first time or the second, but not "
                "both, when",
            )
        event.step.operation = now
        if event.frozen and same(now.argument, then.argument):
            self._again(task, event)
        else:
            self._repeat_afresh(task, event, then.argument)
        return task

    def _repeat_at_once(self, kind: Kind, cell: ExploredCell | None, argument: Any) -> Event | None:
        """Repeat the next event if it is the running task's, and exactly what it asks for now.

        `cell` is None for a kind that names no object. The answer is None if the event is another,
        or if there is more to it; the long way then says what is wrong. Most repeated events pass
        here, so the event even keeps the operation that it had.
        """
        events = self.execution.events
        position = len(events)
        task = self._running
        if task is None or position >= len(self._script) or self._stepping or self._timed:
            return None
        event = self._script[position]
        then = event.operation
        if (
            event.task != task.number
            or then.kind is not kind
            or then.argument is not argument
            or not event.frozen
            or task.status != RUNNING
            or task.starter is not None
            or self._killing
            or self._fault is not None
            or self.awaiting.on
            or self.invariants.observing
            or self.invariants.reads
            or self.recording
        ):
            return None
        if cell is not None:
            if cell.run != self._run or len(then.cells) != 1:
                return None
            known: ExploredCell = then.cells[0]
            if known.number != cell.number:
                return None
            effect = event.effect
            if effect.states is not effect.before:
                cell.state = effect.states[0]
            if event.woke:
                self._wake(cell, event)
        task.after = ()
        task.woken_by = ()
        task.position = position
        events.append(event)
        self.last = task.number
        self.progress += 1
        return event

    def _repeat_afresh(self, task: ExploredTask, event: Event, argument: Any) -> None:
        """Carry out again what may have another effect this time; `argument` is that of then."""
        now = event.operation
        if event.frozen and frozen(now.argument):
            raise self._differs(
                event,
                f"called {now.kind.name} with {argument!r} the first time, with "
                f"{now.argument!r} when",
            )
        effect = self._effect(task, now, states_of(now.cells))
        if effect.accesses != event.effect.accesses:
            raise self._differs(event, f"had another effect with {now.kind.name} when")
        taken = event.step
        taken.effect = effect
        taken.before = effect.before
        taken.after = effect.states
        taken.wakes = ()
        self._happen(task, event)

    def _differs(self, event: Event, what: str) -> Nondeterministic:
        """What is to be raised where a task does not repeat an event; with its line, if it can be
        had."""
        number = event.task
        task = self._numbered[number] if number < len(self._numbered) else None
        where = ""
        if task is not None and task.pending is not None:
            where = shown_place(line_of(task.carrier.gr_frame or sys._getframe()))
        return Nondeterministic(
            f"step {len(self.execution.events) + 1}: {self.task_named(number)} {what} the same "
            f"schedule was run again{f' ({where})' if where else ''}"
        )

    def _again(self, task: ExploredTask, event: Event) -> None:
        """Let an event take effect that is in every way as it was in the latest execution."""
        task.move(RUNNING)
        operation, effect = event.operation, event.effect
        task.error = effect.error
        task.result = effect.result
        if operation.kind is CHOOSE:
            task.result = operation.argument[event.option]
        states = effect.states
        if states is not effect.before:
            cells = operation.cells
            for index in range(len(cells)):
                cell: ExploredCell = cells[index]
                cell.state = states[index]
        if self.invariants.reads:
            event.also_writes(self.invariants.written_by(event.writes))
        task.after = ()  # the event has them already
        task.woken_by = ()
        if self._timed or operation.kind is SLEEP:
            self._pass_time(task, event)
        if event.woke:
            self._wake(operation.cells[0], event)
        self._note(task, event)
        if self.invariants.active:
            self._check_invariants()

    def _catch_up(self) -> None:
        """A repeated beginning is over: find out who is enabled, and who fell asleep in it."""
        self._repeating = False
        for task in self.live:
            if not task.look(self._dead):
                task.move(RUNNING)
                task.move(SLEEPING)


def _same_objects(a: Operation, b: Operation) -> bool:
    ours, theirs = a.cells, b.cells
    if len(ours) != len(theirs):
        return False
    for index in range(len(ours)):
        one: ExploredCell = ours[index]
        other: ExploredCell = theirs[index]
        if one.number != other.number:
            return False
    return True
