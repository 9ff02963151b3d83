"""Stepping: the tasks and objects of one execution, and what a step does to them.

    _execute   carries out the pending operation of the task that was chosen: a new event
    _happen    applies the states, orders the event, notes whom it woke
    _refresh   finds out again who can go on, after objects have changed

Beginnings that two executions have in common are repeated by other means: repeating.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.errors import InternalFault
from verify.operation import READ, Effect, Operation, carry_out
from verify.properties.invariants import Invariants
from verify.scheduling.await_loops import Awaiting, mere_look
from verify.scheduling.event import Event, Execution, Failure, Finding, Stopped
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask, states_of
from verify.scheduling.life import ALIVE, CHOOSE, JOIN, SLEEP, TIMED_JOIN
from verify.scheduling.naming import Names
from verify.scheduling.step import Step
from verify.scheduling.task import DONE, READY, RUNNING, SLEEPING
from verify.scheduling.view import View
from verify.scheduling.virtual_time import advance_time
from verify.values import frozen


class Stepping(View):
    """The state of one execution."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names
        self.recording = False
        self.awaiting = Awaiting()
        self.invariants = Invariants()
        self.asked_at_end: list[Callable[[], Finding | None]] = []
        """What this execution has demanded to be asked once it has ended."""
        self.progress = 0
        """Grows with every event; a watchdog looks at it."""
        self._run = 0
        self._stepping = False
        self._killing = False
        self._fault: BaseException | None = None
        self._script: list[Event] = []
        self._forget()

    def _forget(self) -> None:
        """Begin another execution."""
        self.tasks: list[ExploredTask] = []
        self.live: list[ExploredTask] = []
        self.cells: list[ExploredCell] = []
        self.ready = 0
        self.local = 0
        self.last = -1
        self.execution = Execution()
        self.invariants.forget()
        self.execution.invariants = self.invariants.reads
        self.execution.late = self.invariants.sees_ends
        self._numbered: list[ExploredTask | None] = []
        self._running: ExploredTask | None = None
        self.asked_at_end = []
        self._timed = False
        self._repeating = False

    def _new_cell(self, state: Any, number: int) -> ExploredCell:
        cell = ExploredCell(state, number, self._run)
        self.cells.append(cell)
        return cell

    def _admit(self, task: ExploredTask) -> None:
        """A new task; some numbers may be of tasks that only other executions start."""
        self.tasks.append(task)
        self.live.append(task)
        numbered = self._numbered
        while len(numbered) <= task.number:
            numbered.append(None)
        numbered[task.number] = task

    def _task(self, number: int) -> ExploredTask:
        task = self._numbered[number]
        assert task is not None
        return task

    def _execute(self, task: ExploredTask, option: int) -> None:
        """Carry out the pending operation of a task that the strategy chose."""
        operation = task.pending
        if operation is None or not task.enabled:
            raise InternalFault(f"task {task.name} was chosen while it could not run")
        cells = operation.cells
        states = states_of(cells)
        self._stepping = True
        effect = carry_out(operation.kind, states, task.number, operation.argument)
        self._stepping = False
        step = Step(task.number, option, task.options, operation, effect)
        step.local = task.local
        step.never_disabled = task.mode != BLOCKING
        if task.awaits:
            step.awaited = step.reads = task.awaits
        step.note_footprint()
        event = Event(step)
        event.frozen = (
            effect.error is None
            and frozen(effect.result)
            and frozen(operation.argument)
            and frozen(states)
            and (effect.states is states or frozen(effect.states))
        )
        self._happen(task, event)

    def _stopped(self, task: ExploredTask, operation: Operation) -> Stopped:
        """What a task asks for that will not happen."""
        states = states_of(operation.cells)
        effect = Effect(states, None, None, states, operation.kind.footprint, False)
        step = Step(task.number, 0, 1, operation, effect)
        step.never_disabled = task.mode != BLOCKING
        if task.awaits:
            step.awaited = step.reads = task.awaits
        step.note_footprint()
        return Stopped(step, task.after, task.woken_by)

    def _happen(self, task: ExploredTask, event: Event) -> None:
        """Let an event take effect."""
        if task.status == SLEEPING:
            task.move(READY)
        task.move(RUNNING)
        step = event.step
        operation, effect = step.operation, step.effect
        kind, cells = operation.kind, operation.cells
        task.error = effect.error
        task.result = operation.argument[step.option] if kind is CHOOSE else effect.result
        states = effect.states
        changed = 0
        if states is not effect.before:
            for index in range(len(cells)):
                cell: ExploredCell = cells[index]
                state = states[index]
                if state is not cell.state:
                    cell.state = state
                    changed |= cell.bit
        if self.invariants.reads:
            event.also_writes(self.invariants.written_by(event.writes))
        self._order(task, event)
        if kind.wakes is not None and states is not effect.before:
            step.wakes = kind.wakes(effect.before, states, operation.argument).tasks
            if step.wakes:
                self._wake(cells[0], event)
        self._note(task, event)
        if changed and not self._repeating:
            self._refresh(changed)
        if self.invariants.active:
            self._check_invariants()

    def _note(self, task: ExploredTask, event: Event) -> None:
        """An event has happened, and its task goes on."""
        events = self.execution.events
        task.position = len(events)
        events.append(event)
        if self.recording:
            event.result = task.result
            event.place = task.place
        self._running = task
        self.last = task.number
        self.progress += 1
        task.enabled = False
        task.pending = None
        task.options = 1
        if self.awaiting.on:
            self._note_look(task, event.step)

    def _note_look(self, task: ExploredTask, step: Step) -> None:
        """An event was a mere look, or lets others look again."""
        task.awaits = 0
        if mere_look(step):
            task.looks += 1
        else:
            task.disturb()
            self._let_go(step.writes)

    def _order(self, task: ExploredTask, event: Event) -> None:
        """Note what the event is ordered after, apart from accesses, and let virtual time pass."""
        kind = event.operation.kind
        event.after = task.after
        event.woken_by = task.woken_by
        task.after = ()
        task.woken_by = ()
        if kind is JOIN:  # timed, it has read the end
            event.after += (self._task(event.operation.argument).position,)
        if self._timed or kind is SLEEP:
            self._pass_time(task, event)

    def _pass_time(self, task: ExploredTask, event: Event) -> None:
        kind = event.operation.kind
        if kind is JOIN or kind is TIMED_JOIN:
            joined = self._task(event.operation.argument)
            if joined.end.state is not ALIVE:
                task.time = max(task.time, joined.time)
        elif kind is SLEEP:
            self._timed = True
            task.time += event.operation.argument
        advance_time(task, event.operation.cells, event.effect.accesses)
        if event.step.awaited:
            looked_at = [cell for cell in self.cells if cell.bit & event.step.awaited]
            advance_time(task, tuple(looked_at), (READ,) * len(looked_at))

    def _wake(self, cell: ExploredCell, event: Event) -> None:
        """Let the tasks that a step at a cell has named go on; they are ordered after it."""
        for number in event.woke:
            sleeper = self._task(number)
            sleeper.woken_by += (len(self.execution.events),)
            if sleeper.status == SLEEPING:
                sleeper.move(READY)
            cell.woken += 1
            if self._timed:
                sleeper.time = max(sleeper.time, self._task(event.task).time)

    def _ended(self, task: ExploredTask, code: int) -> None:
        """A task has ended: its latest event, or the one that started it, is what ended it."""
        task.move(DONE)
        task.pending = None
        task.enabled = False
        task.end.state = code
        task.end.write_time = task.time
        self.live.remove(task)
        bit = task.end.bit
        events = self.execution.events
        if events:
            latest = events[-1]
            latest.ends |= bit
            if self.invariants.reads:
                latest.also_writes(self.invariants.written_by(bit))
        if self.awaiting.on:
            task.disturb()
            self._let_go(bit)
        if not self._repeating:
            self._refresh(bit)

    def _let_go(self, written: int) -> None:
        """Let the tasks look again that only waited for somebody to write one of these."""
        for task in self.live:
            if task.awaits & written and task.pending is not None:
                task.let_go = True
                if not self._repeating:
                    task.look()

    def _refresh(self, changed: int) -> None:
        """Find out again who is enabled, for the tasks whose operation names a changed object."""
        for task in self.live:
            if task.watches & changed and task.pending is not None:
                task.look()

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        return self._task(task).pending

    def options(self, task: int) -> int:
        """How many options a task has."""
        return self._task(task).options

    def _check_invariants(self) -> None:
        failures = self.execution.failures
        for invariant, kind, message in self.invariants.violated():
            if not any(f.kind == kind and f.message == message for f in failures):
                step = len(self.execution.events)
                failures.append(Failure(kind, message, self.current(), step, invariant.place))

    def current(self) -> int:
        """The number of the running task."""
        assert self._running is not None
        return self._running.number
