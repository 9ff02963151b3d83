"""The engine of explored runs: one OS thread, pooled greenlets, every step chosen.

In call order, for one execution:

    run        resets everything but the names, starts the program as the main task, waits
    ask        (in a task's greenlet) registers what the task asks for, then `_dispatch`
    _dispatch  asks the strategy, lets the chosen task's step happen, switches to that task if it
               is another one; goes back to `run` only when nothing is left to choose
    _execute   applies the step to the states, notes the event and whom it woke, checks invariants
    _finish    (when a task's code returns) writes the task's end into its last event

Every live task is parked at a pending operation whenever the strategy is asked. A step is applied
by the engine at the moment of choice, and the task resumes with its result: effects are in the
engine's hands, a primitive holds no state of its own. Staying with a task costs no switch, changing
costs one. A task that is started runs at once up to its first operation, which is invisible to the
others, in the turn of the one that starts it.

Greenlets come from a pool, because a fresh one costs ten times more. When an execution ends, parked
tasks are unwound with TaskKilled at once; left to the garbage collector they would run their
`finally` clauses in the middle of a later execution.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, Self

import greenlet

from verify.errors import InternalFault, Misuse, TaskKilled
from verify.operation import Access, Kind, Operation, carry_out
from verify.properties.invariants import Invariants
from verify.scheduling import sources
from verify.scheduling.event import Choice, Ending, Event, Execution, Failure, Stopped
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask, MainBody
from verify.scheduling.failing import deadlock_of, failure_of
from verify.scheduling.life import ALIVE, CHOOSE, JOIN, SLEEP, TIMED_JOIN
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.scheduler import Body
from verify.scheduling.task import Status
from verify.scheduling.virtual_time import advance_time

_runs = itertools.count(1)
"""Executions are numbered over all engines, so that an object of another one is recognised."""


class Engine:
    """Runs a program once for each schedule that a strategy asks for."""

    def __init__(
        self, max_steps: int = 10_000, recording: bool = False, names: Names | None = None
    ) -> None:
        self.names = Names() if names is None else names
        self.max_steps = max_steps
        self.recording = recording
        self.invariants = Invariants()
        self.progress = 0
        """Grows with every event; a watchdog looks at it."""
        self.tasks: list[ExploredTask] = []
        self.cells: list[ExploredCell] = []
        self.execution = Execution()
        self._run = 0
        self._pool: list[Any] = []
        self._abandoned: list[Any] = []
        self._choose: Callable[[Any], Choice | None] = lambda engine: None
        self._fault: BaseException | None = None
        self._killing = False
        self._kills = 0
        self._stepping = False

    def run(
        self,
        program: Callable[[], object],
        choose: Callable[[Self], Choice | None],
        at_end: Callable[[Self], None] | None = None,
    ) -> Execution:
        """Run the program once, asking `choose` before every step; None from it cuts the run.

        `choose` finds what may happen in `enabled`, `options` and `pending`; `at_end` sees the
        tasks while they are still parked where they stopped. Raises what these raise.
        """
        self._choose = choose
        self.execution = Execution()
        self.tasks = []
        self.cells = []
        self._run = next(_runs)
        self.live: list[ExploredTask] = []
        self.invariants.forget()
        self.execution.invariants = self.invariants.reads
        self.execution.late = self.invariants.sees_ends
        self._by_number: dict[int, ExploredTask] = {}
        self._timed = False
        self._names_used: dict[str, int] = {}
        self._running: ExploredTask | None = None
        self._fault = None
        self.last: int | None = None
        self.enabled: list[int] = []
        self._hub = greenlet.getcurrent()
        try:
            self._begin(MainBody(program), MAIN)
            self._dispatch(None)
            if at_end is not None:
                at_end(self)
            self._unwind()
        finally:
            self._run = 0  # objects that outlive the execution are refused from here on
        if self._fault is not None:
            raise self._fault
        return self.execution

    def _begin(self, body: Body, number: int) -> ExploredTask:
        """Create a task and run it up to its first operation."""
        end = self._new_cell(ALIVE, "end", number, 0)
        task = ExploredTask(number, body, end)
        self.tasks.append(task)
        self.live.append(task)
        self._by_number[number] = task
        carrier = self._pool.pop() if self._pool else greenlet.greenlet(self._carry, self._hub)
        carrier.gr_context = None
        task.carrier = carrier
        task.starter = greenlet.getcurrent()
        task.begin_after(starter := self._running)
        self._running = task
        carrier.switch(task)
        self._running = starter
        if task.pending is None:
            task.position = task.started  # it ended without any operation, inside the start
        return task

    def _carry(self, task: ExploredTask) -> None:
        """The life of a pooled greenlet: one task after another."""
        while True:
            code = 0
            try:
                task.body.run()
            except TaskKilled:
                code = -9
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except Exception as error:
                code = 1
                if not self._killing:
                    self.execution.failures.append(
                        failure_of(error, task.number, len(self.execution.events))
                    )
            except BaseException as error:
                code = 1
                self._fault = self._fault or error
            target = self._finish(task, code)
            self._pool.append(task.carrier)
            task.carrier = None
            task = target.switch()

    def _finish(self, task: ExploredTask, code: int) -> Any:
        """A task's code has returned: whom to switch to."""
        if self._killing:
            return self._hub
        task.move(Status.DONE)
        task.pending = None
        task.enabled = False
        task.end.state = code
        self.live.remove(task)
        events = self.execution.events
        if events:
            bit = task.end.bit
            events[-1].writes |= bit | self.invariants.written_by(bit)
        self._refresh(task.end.bit)
        if self.invariants.sees_ends and self._fault is None:
            self._check_invariants()
        if task.starter is not None:
            starter, task.starter = task.starter, None
            return starter
        if self._fault is not None:
            return self._hub
        chosen = self._next()
        return self._hub if chosen is None else chosen.carrier

    def _unwind(self) -> None:
        """End the tasks that are still parked; they perform no operation on their way out."""
        self._killing = True
        self._kills = 0
        for task in self.live:
            if task.carrier is not None:
                task.carrier.throw(TaskKilled)
        self._killing = False

    def _dispatch(self, me: ExploredTask | None) -> None:
        """Let steps happen until it is `me`'s turn; None is the hub, whose turn is the end."""
        chosen = self._next()
        if chosen is None:
            if me is not None:
                self._hub.switch()
        elif chosen is not me:
            chosen.carrier.switch()

    def _next(self) -> ExploredTask | None:
        """Ask the strategy and carry out what it chose; None at the end of the execution."""
        if self._fault is not None:
            return None
        live = self.live
        self.enabled = [task.number for task in live if task.enabled]
        execution = self.execution
        if not self.enabled:
            self._end_of_execution()
            return None
        if len(execution.events) >= self.max_steps:
            execution.ending = Ending.MAX_STEPS
            return None
        try:
            choice = self._choose(self)
            if choice is None:
                if execution.ending is Ending.COMPLETE:
                    execution.ending = Ending.REDUNDANT
                return None
            task = self._by_number[choice[0]]
            self._execute(task, choice[1])
        except BaseException as fault:
            self._fault = fault
            return None
        return task

    def _end_of_execution(self) -> None:
        blocked = [task for task in self.live if not task.body.daemon]
        for task in self.live:
            if task.pending is not None:
                timed = task.mode != BLOCKING
                self.execution.stopped.append(
                    Stopped(task.number, task.pending, task.after, task.woken_by, timed)
                )
            if task.status is Status.READY:  # it never looked: it would, and fall asleep
                task.move(Status.RUNNING)
                task.move(Status.SLEEPING)
        if blocked:
            self.execution.ending = Ending.DEADLOCK
            self.execution.failures.append(deadlock_of(blocked, len(self.execution.events)))

    def _execute(self, task: ExploredTask, option: int) -> None:
        """Carry out the pending operation of a task that the strategy chose."""
        operation = task.pending
        if operation is None or not task.enabled:
            raise InternalFault(f"task {task.name} was chosen while it could not run")
        kind = operation.kind
        cells = operation.cells
        if task.status is Status.SLEEPING:
            task.move(Status.READY)
        task.move(Status.RUNNING)
        event = Event(task.number, kind, cells, option)
        event.argument = operation.argument
        event.never_disabled = task.mode != BLOCKING
        event.before = states = tuple(cell.state for cell in cells)
        self._stepping = True
        effect = carry_out(kind, states, task.number, operation.argument)
        self._stepping = False
        task.result = operation.argument[option] if kind is CHOOSE else effect.result
        task.error = event.error = effect.error
        event.gave_up = effect.gave_up
        event.states = after = effect.states
        accesses = effect.accesses
        changed = 0
        for cell, done, state in zip(cells, accesses, after, strict=True):
            if done is Access.READ:
                event.reads |= cell.bit
            elif done is Access.WRITE:
                event.writes |= cell.bit
            if state is not cell.state:
                cell.state = state
                changed |= cell.bit
        if self.invariants.reads:
            event.writes |= self.invariants.written_by(event.writes)
        self._order(task, event, operation, accesses)
        task.position = len(self.execution.events)
        self.execution.events.append(event)
        if kind.wakes is not None and after is not states:
            self._wake(event, kind.wakes(states, after, operation.argument).tasks)
        if self.recording:
            event.result = task.result
            event.place = task.place
        self._running = task
        self.last = task.number
        self.progress += 1
        task.enabled = False
        task.pending = None
        if changed:
            self._refresh(changed)
        if self.invariants.active:
            self._check_invariants()

    def _order(
        self,
        task: ExploredTask,
        event: Event,
        operation: Operation,
        accesses: tuple[Access, ...],
    ) -> None:
        """Note what the event is ordered after, apart from accesses, and let virtual time pass."""
        kind = event.kind
        event.after = task.after
        event.woken_by = task.woken_by
        task.after = task.woken_by = ()
        if kind is JOIN or kind is TIMED_JOIN:
            joined = self._by_number[operation.argument]
            if joined.end.state is not ALIVE:
                if kind is JOIN:  # timed, it has read the end
                    event.after += (joined.position,)
                task.time = max(task.time, joined.time)
        elif kind is SLEEP:
            self._timed = True
            task.time += operation.argument
        if self._timed:
            advance_time(task, event.cells, accesses)

    def _wake(self, event: Event, tasks: tuple[int, ...]) -> None:
        """Let the tasks that a step has named leave their sleep; they are ordered after it."""
        for number in tasks:
            sleeper = self._by_number[number]
            sleeper.woken_by += (len(self.execution.events) - 1,)
            if sleeper.status is Status.SLEEPING:
                sleeper.move(Status.READY)
            event.cells[0].woken += 1
            if self._timed:
                sleeper.time = max(sleeper.time, self._by_number[event.task].time)
        event.woke = tasks

    def _refresh(self, changed: int) -> None:
        """Find out again who is enabled, for the tasks whose operation names a changed object."""
        for task in self.live:
            if task.watches & changed and task.pending:
                task.look()

    def ask(self, operation: Operation, mode: int, options: int = 1) -> Any:
        """Let the running task ask for an operation; returns when it has been carried out."""
        if self._killing:
            self._refuse_to_die()
        for cell in operation.cells:
            if cell.run != self._run:
                raise Misuse(
                    "an object of another run was used: create it inside the model function"
                )
        if self.invariants.observing:
            return self.invariants.look(operation, self.current())
        if self._stepping:
            raise Misuse(
                f"{operation.kind.name} was called while an operation compared items: a comparison "
                "must not use any object of the harness"
            )
        task = self._running
        assert task is not None
        task.ask(operation, mode, options)
        task.move(Status.READY if task.look() else Status.SLEEPING)
        if self.recording:
            task.place = sources.user_line()
        if task.starter is not None:
            starter, task.starter = task.starter, None
            starter.switch()
        else:
            self._dispatch(task)
        if task.error is not None:
            raise task.error
        return task.result

    def _refuse_to_die(self) -> None:
        """An operation on the way out of a killed task: unwind on, at last without its consent."""
        self._kills += 1
        if self._kills > 1000:
            self._abandoned.append(greenlet.getcurrent())  # never collected: it would run on
            self._hub.switch()
        raise TaskKilled

    def _new_cell(self, state: Any, what: str, creator: int, index: int) -> ExploredCell:
        cell = ExploredCell(state, self.names.object(what, creator, index), self._run)
        self.cells.append(cell)
        return cell

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        return self._by_number[task].pending

    def signature(self, task: int) -> tuple[Kind, int]:
        """The kind of a task's pending operation, and the bits of the objects that it names."""
        asking = self._by_number[task]
        if asking.pending is None:
            raise InternalFault(f"task {asking.name} has ended, and was asked what it wants")
        return asking.pending.kind, asking.watches

    def options(self, task: int) -> int:
        """How many options a task's pending operation has: 1 except at a `choose`."""
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
