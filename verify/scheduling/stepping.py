"""Stepping: the tasks and objects of one execution, and what a step does to them.

    _execute   carries out the pending operation of the task that was chosen: a new event
    _repeat    carries out once more what the latest execution did at this step, and demands that
               the task asks for the same: the first difference is reported
    _happen    (for both) applies the states, orders the event, notes whom it woke
    _refresh   finds out again who can go on, after objects have changed
    _catch_up  the same for everybody, once a repeated beginning is over

Two executions of a search have their beginnings in common. There nothing is chosen, so nobody needs
to know who could go on, and an effect that cannot have changed (`Event.frozen`) is not computed
again.
"""

from __future__ import annotations

from typing import Any

from verify.errors import InternalFault, Nondeterministic
from verify.operation import Effect, Operation, carry_out
from verify.properties.invariants import Invariants
from verify.scheduling.event import Event, Execution, Failure, Stopped
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask
from verify.scheduling.life import ALIVE, CHOOSE, JOIN, SLEEP, TIMED_JOIN
from verify.scheduling.naming import Names
from verify.scheduling.step import Step
from verify.scheduling.task import Status
from verify.scheduling.view import View
from verify.scheduling.virtual_time import advance_time
from verify.values import frozen


class Stepping(View):
    """The state of one execution."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self.names = names
        self.recording = False
        self.invariants = Invariants()
        self.progress = 0
        """Grows with every event; a watchdog looks at it."""
        self._run = 0
        self._stepping = False
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
        self._by_number: dict[int, ExploredTask] = {}
        self._running: ExploredTask | None = None
        self._timed = False
        self._repeating = False

    def _new_cell(self, state: Any, what: str, creator: int, index: int) -> ExploredCell:
        cell = ExploredCell(state, self.names.object(what, creator, index), self._run)
        self.cells.append(cell)
        return cell

    def _execute(self, task: ExploredTask, option: int) -> None:
        """Carry out the pending operation of a task that the strategy chose."""
        operation = task.pending
        if operation is None or not task.enabled:
            raise InternalFault(f"task {task.name} was chosen while it could not run")
        cells = operation.cells
        states = tuple([cell.state for cell in cells])
        self._stepping = True
        effect = carry_out(operation.kind, states, task.number, operation.argument)
        self._stepping = False
        step = Step(task.number, option, task.options, operation, effect)
        step.local = operation.kind.local
        step.never_disabled = task.mode != BLOCKING
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
        states = tuple([cell.state for cell in operation.cells])
        effect = Effect(states, None, None, states, operation.kind.footprint, False)
        step = Step(task.number, 0, 1, operation, effect)
        step.never_disabled = task.mode != BLOCKING
        step.note_footprint()
        return Stopped(step, task.after, task.woken_by)

    def _repeat(self, event: Event) -> ExploredTask:
        """Carry out what the latest execution did at this step; Nondeterministic if it differs."""
        step = len(self.execution.events) + 1
        then = event.operation
        task = self._by_number.get(event.task)
        now = None if task is None else task.pending
        if task is None or now is None:
            raise Nondeterministic(
                f"step {step}: task {event.task} asked for {then.kind.name} the first time, and "
                "had ended when the same schedule was run again"
            )
        if now.kind is not then.kind or not _same_objects(now, then):
            raise Nondeterministic(
                f"step {step}: task {event.task} asked for {then.kind.name} the first time, "
                f"for {now.kind.name}{'' if now.kind is not then.kind else ' of another object'} "
                "when the same schedule was run again"
            )
        if not (event.frozen and _same_value(now.argument, then.argument)):
            if event.frozen and frozen(now.argument):
                raise Nondeterministic(
                    f"step {step}: task {event.task} called {then.kind.name} with "
                    f"{then.argument!r} the first time, with {now.argument!r} when the same "
                    "schedule was run again"
                )
            states = tuple([cell.state for cell in now.cells])
            self._stepping = True
            effect = carry_out(now.kind, states, task.number, now.argument)
            self._stepping = False
            if effect.accesses != event.effect.accesses:
                raise Nondeterministic(
                    f"step {step}: {then.kind.name} by task {event.task} had another effect when "
                    "the same schedule was run again"
                )
            event.step.effect = effect
            event.step.before = effect.before
            event.step.after = effect.states
        event.step.operation = now
        self._happen(task, event)
        return task

    def _happen(self, task: ExploredTask, event: Event) -> None:
        """Let an event take effect."""
        if task.status is Status.SLEEPING:
            task.move(Status.READY)
        task.move(Status.RUNNING)
        step = event.step
        operation, effect = step.operation, step.effect
        kind, cells = operation.kind, operation.cells
        task.error = effect.error
        task.result = operation.argument[step.option] if kind is CHOOSE else effect.result
        states = effect.states
        changed = 0
        for index in range(len(cells)):
            cell = cells[index]
            if states[index] is not cell.state:
                cell.state = states[index]
                changed |= cell.bit
        if self.invariants.reads:
            event.also_writes(self.invariants.written_by(event.writes))
        self._order(task, event)
        events = self.execution.events
        task.position = len(events)
        events.append(event)
        if kind.wakes is not None and states is not effect.before:
            wake = kind.wakes(effect.before, states, operation.argument)
            self._wake(event, wake.tasks)
        if self.recording:
            event.result = task.result
            event.place = task.place
        self._running = task
        self.last = task.number
        self.progress += 1
        task.enabled = False
        task.pending = None
        task.options = 1
        if changed and not self._repeating:
            self._refresh(changed)
        if self.invariants.active:
            self._check_invariants()

    def _order(self, task: ExploredTask, event: Event) -> None:
        """Note what the event is ordered after, apart from accesses, and let virtual time pass."""
        kind = event.operation.kind
        event.after = task.after
        event.woken_by = task.woken_by
        task.after = ()
        task.woken_by = ()
        if kind is JOIN or kind is TIMED_JOIN:
            joined = self._by_number[event.operation.argument]
            if joined.end.state is not ALIVE:
                if kind is JOIN:  # timed, it has read the end
                    event.after += (joined.position,)
                task.time = max(task.time, joined.time)
        elif kind is SLEEP:
            self._timed = True
            task.time += event.operation.argument
        if self._timed:
            advance_time(task, event.operation.cells, event.effect.accesses)

    def _wake(self, event: Event, tasks: tuple[int, ...]) -> None:
        """Let the tasks that a step has named leave their sleep; they are ordered after it."""
        for number in tasks:
            sleeper = self._by_number[number]
            sleeper.woken_by += (len(self.execution.events) - 1,)
            if sleeper.status is Status.SLEEPING:
                sleeper.move(Status.READY)
            event.operation.cells[0].woken += 1
            if self._timed:
                sleeper.time = max(sleeper.time, self._by_number[event.task].time)
        event.step.wakes = tasks

    def _ended(self, task: ExploredTask, code: int) -> None:
        """A task has ended: its latest event, or the one that started it, is what ended it."""
        task.move(Status.DONE)
        task.pending = None
        task.enabled = False
        task.end.state = code
        self.live.remove(task)
        bit = task.end.bit
        events = self.execution.events
        if events:
            events[-1].ends |= bit
            events[-1].also_writes(self.invariants.written_by(bit))
        if not self._repeating:
            self._refresh(bit)

    def _refresh(self, changed: int) -> None:
        """Find out again who is enabled, for the tasks whose operation names a changed object."""
        for task in self.live:
            if task.watches & changed and task.pending is not None:
                task.look()

    def _catch_up(self) -> None:
        """A repeated beginning is over: find out who is enabled, and who fell asleep in it."""
        self._repeating = False
        for task in self.live:
            if not task.look():
                task.move(Status.RUNNING)
                task.move(Status.SLEEPING)

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        return self._by_number[task].pending

    def options(self, task: int) -> int:
        """How many options a task has."""
        return self._by_number[task].options

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


def _same_objects(a: Operation, b: Operation) -> bool:
    if len(a.cells) != len(b.cells):
        return False
    return all(a.cells[i].number == b.cells[i].number for i in range(len(a.cells)))


def _same_value(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and frozen(a) and bool(a == b))
