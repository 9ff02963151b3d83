"""The explored scheduler: the protocol that primitives know, spoken to the engine.

Every verb is an operation that the running task asks the engine for, or a look at what the engine
knows. Nothing here waits or chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from verify.errors import InternalFault, Misuse, TaskKilled
from verify.operation import Kind, Operation
from verify.properties.invariants import Invariant
from verify.properties.linearizability import Checker
from verify.scheduling import sources
from verify.scheduling.address_space import own_address_space
from verify.scheduling.engine import Engine
from verify.scheduling.event import Choice, Event, Execution
from verify.scheduling.explored_task import BLOCKING, TIMED, TRY, ExploredCell, ExploredTask
from verify.scheduling.history import History
from verify.scheduling.life import (
    CHOOSE,
    EXIT,
    EXIT_CODE,
    IS_ALIVE,
    JOIN,
    KILL,
    SLEEP,
    START,
    TERMINATE,
    TIMED_JOIN,
    WAKEUPS,
)
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.ordering import precedes
from verify.scheduling.plain_data import PlainData
from verify.scheduling.scheduler import KILLED, Body, Served, activate
from verify.scheduling.virtual_time import glance_at_clock
from verify.values import in_words

STARTING: Final = Operation(START, ())
EXITING: Final = Operation(EXIT, ())


class Explored(Engine):
    """The scheduler of a program that is being explored."""

    def __init__(
        self, max_steps: int = 10_000, recording: bool = False, names: Names | None = None
    ) -> None:
        super().__init__(max_steps, recording, names)
        self._forked = -1  # the task for which objects are being copied
        self._labels: dict[str, list[str]] = {}  # names given in any execution, in their order
        self.covered: set[str] = set()
        """The goals that have been reached, in any execution."""
        self._standing = 0  # which thing from before the run is being made an object of the run
        self._parts = 0
        self._standing_name = ""
        self._rolls: list[tuple[ExploredTask, int]] = []
        """Who has asked which tasks there are, and with which event."""
        self.plain = PlainData(self)
        self.notes: list[tuple[int, int, str]] = []
        """While recording: after how many events which task noted what."""

    def run(
        self,
        program: Callable[[], object],
        choose: Callable[[Self], Choice | None],
        at_end: Callable[[Self], None] | None = None,
        script: Sequence[Event] = (),
    ) -> Execution:
        """Run the program once, as `Engine.run`, on this scheduler."""
        before = activate(self)
        self.notes.clear()
        self.plain.found.clear()
        self._rolls.clear()
        try:
            return super().run(
                program, choose, None if at_end is None else self._after(at_end), script
            )
        finally:
            activate(before)
            self.plain.forget()

    def _after(self, at_end: Callable[[Self], None]) -> Callable[[Self], None]:
        """The same, called as what it is: nothing that the program does."""

        def look(engine: Self) -> None:
            running = activate(None)
            try:
                at_end(engine)
            finally:
                activate(running)

        return look

    @property
    def run_number(self) -> int:
        """Which execution this is, of all that there ever were; 0 between two."""
        return self._run

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> ExploredCell:
        """A new object, named after its creator and the order of its creations."""
        creator = self._running
        if creator is None:
            raise InternalFault("an object was created while no task was running")
        if self._standing:
            self._parts += 1
            what = f"standing {self._standing}"
            cell = self._new_cell(state, self.names.object(what, MAIN, self._parts))
            cell.called = self._standing_name
            cell.of = of
            return cell
        creator.objects += 1
        if state is not None and self.names.plain.used:
            self.plain.publish(state)
        cell = self._new_cell(state, self.names.created(creator.number, creator.objects))
        cell.of = of
        if self.recording:
            cell.place = sources.call_site()
        return cell

    def standing(self, index: int, name: str, make: Callable[[], Any]) -> Any:
        """What `make` makes for the index-th thing (from 1) that was there before the run.

        Its objects are numbered by that, whoever uses it first, and are called as it is.
        """
        before = self._standing, self._parts, self._standing_name
        self._standing, self._parts, self._standing_name = index, 0, name
        try:
            return make()
        finally:
            self._standing, self._parts, self._standing_name = before

    def call(
        self,
        kind: Kind,
        cell: Any,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: Any = None,
    ) -> Any:
        """Let the calling task ask for an operation; returns when it has been carried out."""
        if argument is not None and self.names.plain.used:
            self.plain.publish(argument)
        if self._repeating and beside is None and timeout is None:
            event = self._repeat_at_once(kind, cell, argument)
            if event is not None:
                return event.effect.result
        cells = (cell,) if beside is None else (cell, beside)
        if timeout is not None:
            return self._ask_timed(Operation(kind, cells, argument), timeout)
        return self.ask(Operation(kind, cells, argument), BLOCKING if blocking else TRY)

    def _ask_timed(self, operation: Operation, timeout: float) -> Any:
        """Ask for an operation; if it gives up, its time has passed."""
        result = self.ask(operation, TIMED)
        task = self._running
        assert task is not None
        if not self.invariants.observing and self.execution.events[task.position].gave_up:
            task.clock += max(0.0, timeout)
            self._timed = True
        return result

    @property
    def opened(self) -> bool:
        """Whether queues are explored as they are written, lock and conditions and all."""
        return self.names.opened

    def open(self) -> None:
        """From now on they are. What was explored until then is void, and begun again."""
        self.names.opened = self.names.plain.grew = True
        raise TaskKilled

    def next_number(self) -> int:
        """The number of the task that the running task would start now."""
        me = self._running
        assert me is not None
        return self.names.task(me.number, me.children + 1)

    def may_be_left(self, left: bool) -> None:
        """Whether the running task may sleep for ever where it will sleep next, as a daemon may."""
        assert self._running is not None
        self._running.daemon = left

    def spawn(self, body: Body) -> ExploredTask:
        """Start a task: an event of the starter's; the new task runs up to its first operation."""
        starter = self._running
        if self.names.plain.used:
            self.plain.publish_body(body)
        if not self._repeating or self._repeat_at_once(START, None, None) is None:
            self.ask(STARTING, BLOCKING)
        if self._rolls:
            self._demand_seen()
        assert starter is not None
        starter.children += 1
        number = self.names.task(starter.number, starter.children)
        if body.process:
            self._forked = number
            body = own_address_space(body, self._exit)
            self._forked = -1
        return self._begin(body, number)

    def copy(self, cell: Any, of: type) -> ExploredCell:
        """An object that a child does not share: its start is the moment at which it was copied."""
        made = self.cell(cell.state, None, False, of)
        if self._forked >= 0:
            made.copy_of = cell
            made.copied_for = self._forked
            self.execution.events[-1].step.reads |= cell.bit
            self.execution.late = True
        return made

    def _exit(self) -> None:
        self.ask(EXITING, BLOCKING)

    def join(self, task: Any, timeout: float | None = None) -> bool:
        """Wait for a task's end; timed, it may give up at any moment before."""
        self._demand_started(task)
        if timeout is None:
            number = task.number
            if not self._repeating or self._repeat_at_once(JOIN, task.end, number) is None:
                self.ask(Operation(JOIN, (task.end,), number), BLOCKING)
            return True
        operation = Operation(TIMED_JOIN, (task.end,), task.number)
        joined: bool = self._ask_timed(operation, timeout)
        return joined

    def _demand_started(self, task: ExploredTask) -> None:
        """Whether a task has been started is no object: who looks must come after the start.

        Else the look might as well have come before it, which is not explored.
        """
        me = self._running
        assert me is not None
        if self.names.task_keys[task.number][0] == me.number or self.invariants.observing:
            return
        events = self.execution.events
        if not precedes(events, task.started, me.position, me.after + me.woken_by):
            raise Misuse(
                f"{me.name} looks at {task.name}, which might not have been started by then: "
                "let something that both sides use, or the start of one of them, put the two in "
                "order"
            )

    def roll(self) -> list[tuple[int, Body]]:
        """The tasks of the calling one's process that have not ended: their numbers and bodies.

        Who else is there is no object, either: a task that is started later must know of the look.
        """
        me = self._running
        assert me is not None
        self.alive(self._task(me.process))
        self._rolls.append((me, me.position))
        process = [(task, task.body) for task in self.tasks if task.process == me.process]
        return [(task.number, body) for task, body in process if task is me or self.alive(task)]

    def _demand_seen(self) -> None:
        me = self._running
        assert me is not None
        for looker, position in self._rolls:
            if looker.process == me.process and not precedes(
                self.execution.events, position, me.position, me.after + me.woken_by
            ):
                raise Misuse(
                    f"{looker.name} asks which threads there are, while {me.name} starts another: "
                    "let something that both sides use put the two in order"
                )

    def alive(self, task: Any) -> bool:
        """Whether a task has not ended: a read of its end."""
        self._demand_started(task)
        alive: bool = self.ask(Operation(IS_ALIVE, (task.end,)), BLOCKING)
        return alive

    def terminate(self, task: Any, code: int) -> None:
        """End a process from outside, with its threads: a write of their ends."""
        self._demand_started(task)
        me = self._running
        assert me is not None
        if task.process == me.process:
            raise Misuse(
                f"{me.name} would end its own process: return from its target, or call sys.exit"
            )
        kind = KILL if code == KILLED else TERMINATE
        self.ask(Operation(kind, (task.end,), task.number), BLOCKING)

    def exit_code(self, task: Any) -> int | None:
        """How a task ended: a read of its end."""
        self._demand_started(task)
        code: int | None = self.ask(Operation(EXIT_CODE, (task.end,)), BLOCKING)
        return code

    def process(self) -> int:
        """The number of the process of the running task."""
        assert self._running is not None
        return self._running.process

    def task_name(self, target: Callable[..., object] | None) -> str:
        """A name for a task that was given none: its target's, and which of them it is."""
        creator = self._running
        base = getattr(target, "__name__", None) or "Thread"
        if creator is not None and creator.number != MAIN:
            base = f"{creator.name}.{base}"
        used = self._names_used.get(base, 0) + 1
        self._names_used[base] = used
        labels = self._labels.setdefault(base, [])
        while len(labels) < used:
            labels.append(f"{base}-{len(labels) + 1}")
        return labels[used - 1]

    def now(self) -> float:
        """Virtual seconds at the running task."""
        assert self._running is not None
        self._running.disturb()
        return self._running.time

    def clock(self) -> float:
        """Virtual seconds at the running task, with those that calls have waited in vain."""
        task = self._running
        assert task is not None
        task.disturb()
        if self._stepping or self.invariants.observing:  # as often as the engine likes
            return task.clock
        self._timed = True
        return glance_at_clock(task)

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the running task; others may go first."""
        self.ask(Operation(SLEEP, (), seconds), BLOCKING)

    def choose(self, options: Sequence[Any]) -> Any:
        """A branch: the strategy takes every option."""
        return self.ask(Operation(CHOOSE, (), options), BLOCKING, len(options))

    def glance(self, cell: Any) -> Any:
        """A state for a person to see."""
        return cell.state

    def wakeups(self, cell: Any) -> int:
        """How many sleepers at an object have been woken: a read, except in an invariant."""
        self.ask(Operation(WAKEUPS, (cell,)), BLOCKING)
        woken: int = cell.woken
        return woken

    def history(self, checker: Checker, what: str) -> History:
        """A record of the calls at an object, asked for what is wrong with it at the end."""
        history = History(self, checker, what)
        self.asked_at_end.append(history.finding)
        return history

    def manager(self, served: Served) -> Any:
        """Built of objects: explored processes share them."""
        return None

    def note(self, value: object) -> None:
        """Only looked at while an account is made of the execution."""
        if not self.recording or self._killing or self.invariants.observing:
            return
        task = self._running
        assert task is not None
        stepping, self._stepping = self._stepping, True  # its repr must be no operation
        try:
            text = value if isinstance(value, str) else in_words(value)
        except Exception as error:
            text = f"<{type(value).__name__} whose repr raised {type(error).__name__}>"
        finally:
            self._stepping = stepping
        self.notes.append((len(self.execution.events), task.number, text))

    def cover(self, goal: str) -> None:
        """Whatever is run is the beginning of some execution, also where that is cut short."""
        if not self._killing:
            self.covered.add(goal)

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        """From now on the predicate holds: checked here and after every event."""
        creator = self._running
        assert creator is not None
        creator.invariants += 1
        creator.disturb()
        number = self.names.object("invariant", creator.number, creator.invariants)
        demanded = Invariant(predicate, name, number, sources.user_line())
        self.invariants.add(demanded)
        if self.execution.events:  # what others wrote before is seen now, what follows at once
            self.execution.events[-1].also_writes(demanded.bit)
            self.execution.late |= len(self.tasks) > 1
        self._check_invariants()
