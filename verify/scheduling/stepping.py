"""Stepping: the tasks and objects of one execution, and what a step does to them.

    _execute   carries out the pending operation of the task that was chosen: a new event
    _happen    applies the states, orders the event, notes whom it woke and whom it ended
    _refresh   finds out again who can go on, after objects have changed

Beginnings that two executions have in common are repeated by other means: repeating.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.errors import InternalFault, OwnerDied
from verify.operation import READ, Effect, Operation, States, as_reads, carry_out
from verify.properties.invariants import Invariants
from verify.scheduling.await_loops import Awaiting, mere_look
from verify.scheduling.event import Event, Execution, Failure, Finding, Stopped
from verify.scheduling.explored_task import BLOCKING, TRY, ExploredCell, ExploredTask, states_of
from verify.scheduling.life import ALIVE, CHOOSE, JOIN, KILL, SLEEP, TERMINATE, TIMED_JOIN
from verify.scheduling.naming import Names
from verify.scheduling.step import Step
from verify.scheduling.task import DONE, READY, RUNNING, SLEEPING
from verify.scheduling.terminating import dead_owner, end_process
from verify.scheduling.view import View
from verify.scheduling.virtual_time import advance_time
from verify.values import frozen


class Stepping(View):
    """The state of one execution."""

    def __init__(self, names: Names) -> None:
        super().__init__(names)
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
        self.dead: list[ExploredTask] = []
        """The tasks that others have ended."""
        self.abandoned: dict[str, ExploredCell] = {}
        """By what they are called in messages: objects that the dead hold."""
        self._dead = 0
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

    def task_numbered(self, number: int) -> ExploredTask:
        """A task that has been started."""
        return self._task(number)

    def task_named(self, number: int) -> str:
        """What a task is called, whether or not it has been started."""
        known = number < len(self._numbered) and self._numbered[number] is not None
        return self._task(number).name if known else f"task {number}"

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
        effect = self._effect(task, operation, states)
        step = Step(task.number, option, task.options, operation, effect)
        step.local = task.local
        step.never_disabled = task.mode != BLOCKING
        if task.awaits:
            step.awaited = step.reads = task.awaits
        step.note_footprint()
        event = Event(step)
        event.life = task.end.bit
        if effect.error is not None or effect.gave_up:
            event.life |= self._ends_awaited(task, operation, states)
        event.frozen = (
            effect.error is None
            and operation.kind is not TERMINATE
            and operation.kind is not KILL
            and frozen(effect.result)
            and frozen(operation.argument)
            and frozen(states)
            and (effect.states is states or frozen(effect.states))
        )
        self._happen(task, event)

    def _effect(self, task: ExploredTask, operation: Operation, states: States) -> Effect:
        """What the pending operation does: its step, unless it waits for somebody who died."""
        kind = operation.kind
        if self._dead and task.mode != TRY:
            owner = dead_owner(operation, states, task.number, self._dead)
            if owner >= 0:
                error = OwnerDied(
                    f"{kind.name}: {self._called(operation.cells[-1])} is held by "
                    f"{self._task(owner).name}, which was ended while it held it, so it will never "
                    "be released"
                )
                return Effect(states, None, error, states, as_reads(kind.footprint), False)
        self._stepping = True
        effect = carry_out(kind, states, task.number, operation.argument)
        self._stepping = False
        return effect

    def _called(self, cell: ExploredCell) -> str:
        """An object in a message, before it is known what the program calls it."""
        alike = [other for other in self.cells if other.of is cell.of]
        name = "an object" if cell.of is None else f"{cell.of.__name__} {alike.index(cell) + 1}"
        self.abandoned[name] = cell
        return name

    def _ends_awaited(self, task: ExploredTask, operation: Operation, states: States) -> int:
        """The ends of those for whom a task would have waited: had one died, it would be told."""
        kind = operation.kind
        ends = 0
        if kind.waits_for is not None and task.mode != TRY:
            for owner in kind.waits_for(states, task.number, operation.argument):
                ends |= self._task(owner).end.bit
        return ends

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
        if changed and (kind is TERMINATE or kind is KILL):
            changed |= self._end_from_outside(event)
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

    def _end_from_outside(self, event: Event) -> int:
        """The event ends a process, threads and all; the bits of the objects that this changes."""
        step = event.step
        target = self._task(event.argument)
        code: int = target.end.state
        ended = end_process(target.process, code, self.tasks, self.cells)
        step.reads |= ended.reads
        step.writes |= ended.writes
        for task in ended.tasks:
            self.live.remove(task)
            self._dead |= task.bit
            task.position = len(self.execution.events)
        self.dead += ended.tasks
        if self.awaiting.on:
            self._let_go(ended.writes)
        if not self._repeating:
            for task in self.live:
                if task.pending is not None:
                    task.look(self._dead)
        return ended.writes

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
                task.clock = max(task.clock, joined.clock)
        elif kind is SLEEP:
            self._timed = True
            task.time += event.operation.argument
            task.clock += event.operation.argument
        advance_time(task, event.operation.cells, event.effect.accesses)
        if event.step.awaited:
            looked_at = [cell for cell in self.cells if cell.bit & event.step.awaited]
            advance_time(task, tuple(looked_at), (READ,) * len(looked_at))

    def _wake(self, cell: ExploredCell, event: Event) -> None:
        """Let the tasks that a step at a cell has named go on; they are ordered after it."""
        for number in event.woke:
            sleeper = self._task(number)
            if sleeper.status == DONE:  # it died there, and was woken too late
                continue
            sleeper.woken_by += (len(self.execution.events),)
            if sleeper.status == SLEEPING:
                sleeper.move(READY)
            cell.woken += 1
            if self._timed:
                waker = self._task(event.task)
                sleeper.time = max(sleeper.time, waker.time)
                sleeper.clock = max(sleeper.clock, waker.clock)

    def _ended(self, task: ExploredTask, code: int) -> None:
        """A task has ended: its latest event, or the one that started it, is what ended it."""
        task.move(DONE)
        task.pending = None
        task.enabled = False
        task.end.state = code
        task.end.write_time = task.time
        task.end.write_clock = task.clock
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
                    task.look(self._dead)

    def _refresh(self, changed: int) -> None:
        """Find out again who is enabled, for the tasks whose operation names a changed object."""
        for task in self.live:
            if task.watches & changed and task.pending is not None:
                task.look(self._dead)

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
