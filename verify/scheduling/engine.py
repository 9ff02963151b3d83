"""The engine of explored runs: one OS thread, pooled greenlets, every step chosen.

In call order, for one execution:

    run        resets everything but the names, starts the program as the main task, waits
    ask        (in a task's greenlet) registers what the task asks for, then `_dispatch`
    _dispatch  asks the strategy, lets the chosen task's step happen, switches to that task if it
               is another one; goes back to `run` only when nothing is left to choose
    _execute   (stepping.py) applies the step, notes the event and whom it woke
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
from _thread import get_ident
from collections.abc import Callable, Sequence
from typing import Any, Final, NoReturn, Self

import greenlet

from verify.errors import Misuse, ModelError, TaskKilled
from verify.operation import Operation
from verify.properties.data_races import DataRaces
from verify.scheduling import sources
from verify.scheduling.event import Choice, Ending, Event, Execution, Failure, Finding
from verify.scheduling.explored_task import BLOCKING, ExploredCell, ExploredTask
from verify.scheduling.failing import deadlock_of, failure_of, is_failure, livelock_of
from verify.scheduling.life import ALIVE
from verify.scheduling.main_body import MainBody
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.repeating import Repeating
from verify.scheduling.scheduler import Body, run_on
from verify.scheduling.task import READY, RUNNING, SLEEPING

NOBODY: Final = MainBody(lambda: None)
_ANOTHER_RUN = "an object of another run was used: create it inside the model function"

_runs = itertools.count(1)


def new_run() -> int:
    """A number over all engines, so that an object of another run is recognised."""
    return next(_runs)


class Engine(Repeating):
    """Runs a program once for each schedule that a strategy asks for."""

    def __init__(
        self, max_steps: int = 10_000, recording: bool = False, names: Names | None = None
    ) -> None:
        super().__init__(Names() if names is None else names)
        self.max_steps = max_steps
        self.recording = recording
        self.awaiting.on = recording
        self.races = DataRaces(self.names)
        self._pool: list[Any] = []  # the first `_idle` of them have nothing to do
        self._idle = 0
        self._abandoned: list[Any] = []
        self._fresh: ExploredTask | None = None
        self._choose: Callable[[Any], Choice | None] = lambda engine: None
        self._kills = 0
        self._os_thread = 0

    def run(
        self,
        program: Callable[[], object],
        choose: Callable[[Self], Choice | None],
        at_end: Callable[[Self], None] | None = None,
        script: Sequence[Event] = (),
    ) -> Execution:
        """Run the program once, asking `choose` before every step; None from it cuts the run.

        `choose` finds what may happen in `enabled`, `options` and `pending`; `at_end` sees the
        tasks while they are still parked where they stopped. The events of `script`, of an earlier
        execution, are repeated first without asking. Raises what these raise, and Nondeterministic
        if the program does not repeat them.
        """
        self._choose = choose
        self._forget()
        self._run = new_run()
        self._os_thread = get_ident()
        self._script = script if isinstance(script, list) else list(script)
        self._repeating = bool(script)
        self._names_used: dict[str, int] = {}
        self._fault = None
        self._hub = greenlet.getcurrent()
        try:
            self._begin(MainBody(program), MAIN)
            self._dispatch(None)
            if at_end is not None:
                at_end(self)
            self._unwind()
        finally:
            self._run = 0  # objects that outlive the execution are refused from here on
        self._raise_fault()
        return self.execution

    def close(self) -> None:
        """End the greenlets in the pool; the engine can be used again.

        The stack of one that waits is out of the garbage collector's sight: it would hold on to the
        engine, and to all that it knows, for good.
        """
        idle, self._idle = self._idle, 0
        for carrier in self._pool[:idle]:
            carrier.throw()
        self._pool.clear()

    def _raise_fault(self) -> None:
        if self._fault is not None:
            raise self._fault

    def _begin(self, body: Body, number: int) -> ExploredTask:
        """Create a task and run it up to its first operation."""
        end = self._new_cell(ALIVE, self.names.end(number))
        task = ExploredTask(number, body, end)
        self._admit(task)
        if self._idle:
            self._idle -= 1
            carrier = self._pool[self._idle]
        else:
            carrier = greenlet.greenlet(self._carry, self._hub)
        task.carrier = carrier
        starter = self._running
        task.starter = self._hub if starter is None else starter.carrier
        task.begin_after(starter)
        self._running = task
        self._fresh = task
        carrier.switch()
        self._running = starter
        if task.pending is None:
            task.position = task.started  # it ended without any operation, inside the start
        return task

    def _carry(self) -> None:
        """The life of a pooled greenlet: one task after another."""
        while True:
            task = self._fresh
            assert task is not None
            task.carrier.gr_context = None  # contextvars of the task before are not this one's
            code = 0
            try:
                left = task.body.run()
                if left is not None:  # most bodies leave nothing
                    run_on(task.body, left)
            except TaskKilled:
                code = -9
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException as error:
                code = 1
                if not is_failure(error):
                    self._fault = self._fault or error
                elif not self._killing:
                    self.execution.failures.append(
                        failure_of(error, task.number, len(self.execution.events))
                    )
            target = self._finish(task, code)
            task.body = NOBODY  # they know each other: with every execution a circle less
            if self._idle < len(self._pool):
                self._pool[self._idle] = task.carrier
            else:
                self._pool.append(task.carrier)
            self._idle += 1
            task.carrier = None
            target.switch()

    def _finish(self, task: ExploredTask, code: int) -> Any:
        """A task's code has returned: whom to switch to."""
        if self._killing:
            return self._hub
        self._ended(task, code)
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
        for task in [*self.live, *self.dead]:
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
        execution = self.execution
        if self._repeating:
            try:
                if len(execution.events) < len(self._script):
                    return self._repeat(self._script[len(execution.events)])
                self._catch_up()
            except BaseException as fault:
                self._fault = fault
                return None
        ready = local = 0
        for task in self.live:
            if task.enabled:
                ready |= task.bit
            if task.local:
                local |= task.bit
        self.ready = ready
        self.local = local
        if not ready:
            self._end_of_execution()
            return None
        if len(execution.events) >= self.max_steps:
            execution.ending = Ending.MAX_STEPS
            self._look_for_races()
            return None
        try:
            choice = self._choose(self)
            if choice is None:
                if execution.ending is Ending.COMPLETE:
                    execution.ending = Ending.REDUNDANT
                else:  # it may follow one that was cut itself
                    self._look_for_races()
                return None
            task = self._task(choice[0])
            self._execute(task, choice[1])
        except BaseException as fault:
            self._fault = fault
            return None
        return task

    @property
    def enabled(self) -> list[int]:
        return self.names.ordered(sum(task.bit for task in self.live if task.enabled))

    def _end_of_execution(self) -> None:
        stopped = sorted(self.live, key=lambda task: self.names.rank(task.number))
        blocked = [task for task in stopped if not task.daemon]
        for task in stopped:
            if task.pending is not None:
                self.execution.stopped.append(self._stopped(task, task.pending))
            if task.status == READY:  # it never looked: it would, and fall asleep
                task.move(RUNNING)
                task.move(SLEEPING)
        if blocked:
            self.execution.ending = Ending.DEADLOCK
            names = [task.name for task in blocked]
            step = len(self.execution.events)
            failure = deadlock_of(names, blocked[0].number, step)
            spinning = [task.name for task in blocked if task.spins]
            if spinning:
                self.execution.ending = Ending.LIVELOCK
                first = next(task.number for task in blocked if task.spins)
                names = [task.name for task in blocked if not task.spins]
                failure = livelock_of(spinning, names, first, step)
            self.execution.failures.append(failure)
        self._look_for_races()
        try:
            for ask in self.asked_at_end:
                self._note_finding(ask())
        except BaseException as fault:
            self._fault = fault

    def _look_for_races(self) -> None:
        if self.names.plain.used:
            self.races.look(self.execution)

    def _note_finding(self, finding: Finding | None) -> None:
        """What is wrong with the execution as a whole is the failure of a demand: an invariant."""
        execution = self.execution
        if finding is None:
            return
        if finding.undecided:
            execution.undecided = finding.message
            return
        step = len(execution.events)
        execution.explanation = finding.explanation
        execution.failures.append(Failure("invariant", finding.message, finding.task, step, None))

    def ask(self, operation: Operation, mode: int, options: int = 1) -> Any:
        """Let the running task ask for an operation; returns when it has been carried out."""
        if get_ident() != self._os_thread:
            self._refuse_stranger(operation)
        if self._killing:
            self._refuse_to_die()
        for one in operation.cells:
            cell: ExploredCell = one
            if cell.run != self._run:
                raise Misuse(_ANOTHER_RUN)
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
        if operation.kind.looks_at_an_end:
            self.execution.late = True
        if self.awaiting.on:
            self.awaiting.ask(task, self.execution.events)
        elif (operation.kind.looks or mode != BLOCKING) and not task.local:
            self.awaiting.suspect(task, operation, self.execution.events)
        if self._repeating:
            task.move(READY)
        else:
            task.move(READY if task.look(self._dead) else SLEEPING)
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

    def look_as(self, number: int, look: Callable[[], object]) -> object:
        """Call something for a task that is parked: its operations are no events, and only look."""
        running, self._running = self._running, self._task(number)
        observing = self.invariants.observing  # an invariant may be halfway through
        try:
            return self.invariants.watch(look)[0]
        finally:
            self._running = running
            self.invariants.observing = observing

    def cut(self) -> None:
        """Let nobody go on in this execution, the running task included: it is of no use."""
        self.execution.ending = Ending.REDUNDANT
        self._hub.switch()

    def _refuse_stranger(self, operation: Operation) -> NoReturn:
        """An operation in an OS thread that is none of ours ends the search, and that thread."""
        if not self._run:
            raise Misuse(_ANOTHER_RUN)
        place = sources.shown_place(sources.user_line())
        self._fault = self._fault or ModelError(
            f"a real thread called {operation.kind.name}{f' at {place}' if place else ''}, on an "
            "object of the model: what it does is not in the explorer's hands. Start it with "
            "verify.Thread"
        )
        raise SystemExit

    def _refuse_to_die(self) -> None:
        """An operation on the way out of a killed task: unwind on, at last without its consent."""
        self._kills += 1
        if self._kills > 1000:
            self._abandoned.append(greenlet.getcurrent())  # never collected: it would run on
            self._hub.switch()
        raise TaskKilled
