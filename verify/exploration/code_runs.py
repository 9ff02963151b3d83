"""Code runs: running a task's code for a history that has not been met before.

`CodeRuns` is the scheduler that the program knows meanwhile. A run is a greenlet that executes the
code of one task along one path of its tree of requests:

    first   the root of a task's tree: runs the code up to its first operation
    after   what follows a request and a step: goes on with the run that is parked there, else
            starts the code anew and feeds it the results of the whole history
    ask     (in the greenlet) a visible operation: taken from the history that is fed, or the news
            that the run was made for

One run stands parked for each tree. After every piece of code that is new, whatever the tasks share
is looked at (closed.py): a program whose plain data changes is not closed, and `Open` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from verify.errors import InternalFault, Misuse, TaskKilled
from verify.exploration.carriers import Carriers, Run, Started
from verify.exploration.closed import Reach
from verify.exploration.immutable import Open
from verify.exploration.looks import AWAITS
from verify.exploration.plain_cells import PlainCells
from verify.exploration.requests import Known, Request, States
from verify.operation import Kind, Operation
from verify.scheduling.explored_task import BLOCKING, TIMED, TRY, ExploredCell
from verify.scheduling.life import (
    ALIVE,
    CHOOSE,
    EXIT_CODE,
    IS_ALIVE,
    JOIN,
    SLEEP,
    START,
    TIMED_JOIN,
)
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.scheduler import Body, Served, activate


class CodeRuns:
    """The scheduler of code whose schedule is made elsewhere."""

    def __init__(self, names: Names, states: States, run_number: int) -> None:
        self.names = names
        self._states = states
        self.plain = PlainCells(self, names, run_number) if names.plain.shares else None
        """The plain data that tasks share, if they do."""
        self._reach = Reach(self.plain)
        self._roots: list[object] = []  # whatever may be run from its beginning
        self._number = run_number
        self._parked: dict[Request, Run] = {}
        self._carriers = Carriers()
        self.requests = 0
        """How many requests have been found, as a measure of the memory in use."""
        self.covered: set[str] = set()
        """The goals that have been reached."""

    def include(self, root: object) -> None:
        """Look at what code reaches before it runs. Raises Open."""
        before = activate(self)
        try:
            reason = self._reach.include(root)
        finally:
            activate(before)
        if reason is not None:
            raise Open(reason)
        if self.plain is not None:
            self.plain.before_the_run(self._reach.seen)

    def first(self, task: int, body: Body) -> Request:
        """The root of the tree of a task with this body, which has been included."""
        root = Request(task, self._states)
        root.code = body
        self._roots.append(body)
        run = self._new_run(root, body)
        before = activate(self)
        try:
            self._carriers.start(run)
            return self._found(run, root)
        finally:
            activate(before)

    def after(self, step: Known) -> Request:
        """What a task asks for once its request has been carried out."""
        request = step.request
        outcome = request.outcome(step)
        known = request.following(outcome)
        if known is None:
            before = activate(self)
            try:
                known = self._find(request, step)
            finally:
                activate(before)
            request.follow(outcome, known)
        return known

    def _find(self, request: Request, step: Known) -> Request:
        run = self._parked.pop(request.root, None)
        if run is None or run.at is not request:
            if run is not None:
                self._carriers.kill(run)
            run = self._lead_to(request)
        run.result, run.error = run.answer(step)
        self._carriers.go_on(run)
        found = self._found(run, Request(request.task, self._states))
        found.root = request.root
        found.parent, found.via = request, step
        return found

    def look(self) -> None:
        """Look once more whether anything shared has changed. Raises Open."""
        changed = self._reach.changed()
        if changed is not None:
            raise Open(changed)

    def close(self) -> None:
        """End all code that is still parked, and the greenlets that it ran on."""
        before = activate(self)
        try:
            for run in self._parked.values():
                self._carriers.kill(run)
            self._parked.clear()
            self._carriers.close()
            if self.plain is not None:
                self.plain.close()
        finally:
            activate(before)

    def _new_run(self, root: Request, body: Body) -> Run:
        run = Run(root, body)
        if self.plain is not None:
            run.met = self.plain.met(body)
        return run

    def _lead_to(self, request: Request) -> Run:
        """A new run of a task's code, parked at a request."""
        history = []
        at: Request | None = request
        while at is not None:
            history.append(at)
            at = at.parent
        history.reverse()
        body = request.root.code
        if body is None:
            raise InternalFault("a task without code has a history")
        run = self._new_run(request.root, body)
        run.feed = history
        self._carriers.start(run)
        if run.fault is not None:
            raise run.fault
        if run.at is not request:
            self.look()  # this may be why
            raise Open(f"{run.name} did something else when its code was run again")
        run.created = []
        if self._reach.crowded:
            started = [body for parked in [run, *self._parked.values()] for body in parked.bodies]
            reason = self._reach.renew([*self._roots, *started])
            if reason is not None:
                raise Open(reason)
        return run

    def _found(self, run: Run, request: Request) -> Request:
        """Fill in a new request with what a run has asked for."""
        if run.fault is not None:
            raise run.fault
        unsaid = "" if self.plain is None else self.plain.hide(run)
        if unsaid:
            raise Open(unsaid)
        self.look()
        self.requests += 1
        operation = run.asked
        if run.end is not None or operation is None:
            request.end = run.end
        else:
            if operation.kind is not CHOOSE and operation.kind is not START:
                self._states.intern(operation.argument)  # it must be one that never changes
            request.fill(operation, run.mode, run.options)
            request.body = run.body_asked
            if operation.kind is START:
                request.child = self.names.task(run.task, run.children + 1)
            run.at = request
            self._parked[run.root] = run
        if run.created:
            intern = self._states.intern
            request.created = [(number, intern(state)) for number, state in run.created]
            run.created = []
        return request

    # What the program may ask of its scheduler.

    def ask(self, operation: Operation, mode: int, options: int = 1, body: Any = None) -> Any:
        """A visible operation of the code that is running; returns its result."""
        if self._carriers.killing:
            raise TaskKilled
        run = self._running()
        unsaid = "" if self.plain is None else self.plain.hide(run)
        if unsaid:
            self.refuse(unsaid)
        if operation.kind is CHOOSE:
            run.offered = operation.argument
        for cell in operation.cells:
            if cell.run != self._number:
                raise Misuse(
                    "an object of another run was used: create it inside the model function"
                )
        if run.looks.repeat(operation, mode):
            self.refuse(AWAITS)
        if run.fed < len(run.feed):
            then = run.feed[run.fed]
            run.fed += 1
            numbers = [cell.number for cell in operation.cells]
            if then.kind is not operation.kind or then.numbers != numbers:
                self.refuse(f"{run.name} asked for another operation when its code was run again")
            run.at = then
            if body is not None:
                self._include_started(run, body)
            if run.fed < len(run.feed):
                following = run.feed[run.fed]
                assert following.via is not None
                result, error = run.answer(following.via)
                if error is not None:
                    raise error
                return result
        run.asked = operation
        run.mode = mode
        run.options = options
        run.body_asked = body
        if body is not None and not run.feed:
            self._include_started(run, body)
        self._carriers.park()
        run.feed = []
        run.fed = 0
        if run.error is not None:
            raise run.error
        return run.result

    @property
    def running(self) -> Run | None:
        """The code that is running, if any is, and does not come to its end by force."""
        return None if self._carriers.killing else self._carriers.current

    def _running(self) -> Run:
        run = self._carriers.current
        if run is None:
            raise InternalFault("an operation was asked for while no task was running")
        return run

    def _include_started(self, run: Run, body: Body) -> None:
        run.bodies.append(body)
        reason = self._reach.include(body)
        if reason is not None:
            self.refuse(reason)

    def refuse(self, why: str) -> NoReturn:
        """Not closed: said to the search, whatever the program does with the exception."""
        run = self._running()
        run.fault = run.fault or Open(why)
        raise TaskKilled

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> ExploredCell:
        """A new object."""
        run = self._running()
        run.objects += 1
        if self.plain is not None and state is not None:
            self.plain.publish(state)
        number = self.names.object("object", run.task, run.objects)
        run.created.append((number, state))
        made = ExploredCell(state, number, self._number)
        made.of = of
        return made

    def copy(self, cell: Any, of: type) -> ExploredCell:
        """A program that starts processes is re-executed."""
        self.refuse("it copies an object")

    def call(
        self,
        kind: Kind,
        cell: Any,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: Any = None,
    ) -> Any:
        """A call on a primitive."""
        if self.plain is not None and argument is not None:
            self.plain.publish(argument)
        cells = (cell,) if beside is None else (cell, beside)
        mode = TIMED if timeout is not None else BLOCKING if blocking else TRY
        return self.ask(Operation(kind, cells, argument), mode)

    def spawn(self, body: Body) -> Started:
        """Start a task."""
        run = self._running()
        if body.process:
            self.refuse(f"{body.name} is a process, with an address space of its own")
        if self.plain is not None:
            self.plain.start(body, run)
        self.ask(Operation(START, ()), BLOCKING, 1, body)
        run.children += 1
        number = self.names.task(run.task, run.children)
        end = ExploredCell(ALIVE, self.names.object("end", number, 0), self._number)
        return Started(number, body.name, end)

    def join(self, task: Any, timeout: float | None = None) -> bool:
        """Wait for a task's end."""
        self._demand_own(task)
        if timeout is None:
            self.ask(Operation(JOIN, (task.end,), task.number), BLOCKING)
            return True
        joined: bool = self.ask(Operation(TIMED_JOIN, (task.end,), task.number), TIMED)
        return joined

    def alive(self, task: Any) -> bool:
        """Whether a task has not ended."""
        self._demand_own(task)
        alive: bool = self.ask(Operation(IS_ALIVE, (task.end,)), BLOCKING)
        return alive

    def exit_code(self, task: Any) -> int | None:
        """How a task ended."""
        self._demand_own(task)
        code: int | None = self.ask(Operation(EXIT_CODE, (task.end,)), BLOCKING)
        return code

    def terminate(self, task: Any, code: int) -> None:
        """Only a process can be ended from outside, and those are re-executed."""
        self.refuse(f"it ends {task.name}, a process")

    def _demand_own(self, task: Started) -> None:
        run = self._running()
        if self.names.task_keys[task.number][0] != run.task:
            self.refuse(f"{run.name} looks at {task.name}, which another task has started")

    def process(self) -> int:
        """A program that starts processes is re-executed."""
        return MAIN

    def task_name(self, target: Callable[..., object] | None) -> str:
        """A name for a task that was given none, as on the explored scheduler."""
        run = self._running()
        base = getattr(target, "__name__", None) or "Thread"
        if run.task != MAIN:
            base = f"{run.name}.{base}"
        run.names_used[base] = run.names_used.get(base, 0) + 1
        return f"{base}-{run.names_used[base]}"

    def current(self) -> int:
        """The number of the task whose code is running."""
        return self._running().task

    def choose(self, options: Sequence[Any]) -> Any:
        """A branch."""
        return self.ask(Operation(CHOOSE, (), options), BLOCKING, len(options))

    def sleep(self, seconds: float) -> None:
        """Virtual time is nobody's business here: `now` is refused."""
        self.ask(Operation(SLEEP, (), seconds), BLOCKING)

    def now(self) -> float:
        """Time is a function of the order of events, not of a task's own results."""
        self.refuse("it asks for the time (now)")

    def glance(self, cell: Any) -> Any:
        """A state is nothing that the code of a task has as a result of its own."""
        if self._carriers.current is not None:
            self.refuse("it looks at the repr of an object")
        return cell.state

    def wakeups(self, cell: Any) -> int:
        """Counts are kept by the engine that re-executes."""
        self.refuse("it counts wake-ups")

    def history(self, checker: Any, what: str) -> NoReturn:
        """What precedes what is a matter of the order of events."""
        self.refuse("histories of its calls are checked")

    def manager(self, served: Served) -> NoReturn:
        """Its server is a process."""
        self.refuse(f"{served.name} is a manager, whose server is a process")

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        """Invariants are looked after by the engine that re-executes."""
        self.refuse(f"it demands the invariant {name}")

    def note(self, value: object) -> None:
        """What is told of an execution is noted when it is run for real."""

    def cover(self, goal: str) -> None:
        """Code is only run for a history that some execution has, and once: note it for good."""
        if not self._carriers.killing:
            self.covered.add(goal)
