"""The internal scheduler: the monitor itself, explored.

At granularity *internal* a call is no event. The monitor carries it out, the same code as on OS
threads (monitor.py, threads.py), on guards and signals of the explorer (guards.py): every guard
entry and exit, every park and unpark is an event.

To glimpse a state without its guard is an event as well: a read of the guard, at a moment when
nobody holds it. A glimpse at any other moment is as good as one before or after. From when the
guard is entered until the state is replaced, it finds the old one, as before. From then on the
holder only unparks and leaves, which waits for nobody, so the glimpse may as well come after that.

States, lines of sleepers and who is linked there are plain data, of which nothing else is an event.
That is sound as long as they are touched under their guard alone: its events then order all that
happens to them, so that the executions of one class agree about them. A touch without the guard
would be ordered by nothing, and nobody would try the other order. So it is a failure by itself, and
as long as there has been none, in any execution, nothing has been missed.

What is asked at the end of every execution, in this order:

* that every guard was left;
* that nobody sleeps whose operation is ready: its wake-up was lost;
* that the calls at the objects of each guard could have happened one at a time, as the steps of
  their kinds have it (stepwise.py, linearizability.py), and that those who sleep for ever would
  have to wait then. The steps are the specification, so nothing is stated twice.

For the last, a call lasts from its first `enter` to its last event; one that only looks, for that
event. For its caller it lasts longer, but the shorter calls are, the more of them precede each
other, and the harder they are to explain; and each execution could do with such short ones, without
another order of its events. All enters and exits of a guard are ordered by it, and looks by these,
so that the executions of one class have one history, but for the order of looks at the same state:
to record it takes no further events, and adds no class.

Threads are started and joined by the explorer. Processes have a monitor of their own and are
refused. A loop that awaits something through the monitor writes a guard each time, so it is not
recognised as one that repeats itself: it ends as a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from verify.errors import Misuse, TaskKilled, UsageError
from verify.operation import Kind, Operation, States
from verify.properties.histories import finding
from verify.properties.linearizability import Call, Checker
from verify.properties.stepwise import Action, Gave, model, raised
from verify.scheduling.event import Finding
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import BLOCKING, TIMED, TRY, ExploredTask
from verify.scheduling.guards import NOBODY, Guard, GuardedCell, GuardedSleeper
from verify.scheduling.plain_data import PlainData
from verify.scheduling.scheduler import Body, Served, TaskHandle, activate, current
from verify.scheduling.threads import ThreadScheduler

Checkers = dict[Hashable, Checker]
"""By the states in which objects begin: what has been learnt of their histories in a search."""


class Internal(ThreadScheduler):
    """The monitor of the threads, on a given explored scheduler, for one execution."""

    sleeper = GuardedSleeper

    def __init__(self, engine: Explored, checkers: Checkers) -> None:
        super().__init__()
        self.engine = engine
        self.broken: Finding | None = None
        """The first touch of something without its guard."""
        self._checkers = checkers
        self._guards: list[Guard] = []
        self._calls: dict[int, Call] = {}  # by task: the one that it is making
        self._created: dict[str, int] = {}
        engine.asked_at_end.append(self.finding)

    @property
    def run_number(self) -> int:
        """Which execution this is."""
        return self.engine.run_number

    def task_numbered(self, number: int) -> ExploredTask:
        """A task that has been started."""
        return self.engine.task_numbered(number)

    def standing(self, index: int, name: str, make: Callable[[], Any]) -> Any:
        """What `make` makes: objects are named after their class here."""
        return make()

    def roll(self) -> list[tuple[int, Body]]:
        """The tasks that have not ended."""
        return self.engine.roll()

    def clock(self) -> float:
        """Virtual seconds, with those that calls have waited in vain."""
        return self.engine.clock()

    @property
    def opened(self) -> bool:
        """Whether queues are explored as they are written."""
        return self.engine.opened

    def open(self) -> None:
        """From now on they are."""
        self.engine.open()

    def next_number(self) -> int:
        """The number of the task that the running task would start now."""
        return self.engine.next_number()

    def may_be_left(self, left: bool) -> None:
        """Whether the running task may sleep for ever where it will sleep next."""
        self.engine.may_be_left(left)

    # What is carried out by the monitor, on guards of the explorer's.

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> GuardedCell:
        """A new object, named after its class and how many there are of it."""
        if beside is None:
            guard = Guard(self)
            self._guards.append(guard)
        else:
            guard = beside.guard
        kind = "object" if of is None else of.__name__
        index = self._created[kind] = self._created.get(kind, 0) + 1
        return GuardedCell(state, guard, f"{kind} {index}", of)

    def call(
        self,
        kind: Kind,
        cell: Any,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: Any = None,
    ) -> Any:
        """Have the monitor carry out an operation, and keep what it gave."""
        cells = (cell,) if beside is None else (cell, beside)
        task = self.current()
        if self.engine.invariants.observing:
            return self.engine.invariants.look(Operation(kind, cells, argument), task)
        guard: Guard = cell.guard
        mode = TRY if not blocking else BLOCKING if timeout is None else TIMED
        action = Action(kind, tuple([one.position for one in cells]), argument, mode)
        made = self._calls[task] = Call(task, action, NOBODY)
        guard.calls.append(made)
        try:
            result = super().call(kind, cell, argument, blocking, timeout, beside)
        except Exception as error:
            self._over(made, raised(error))
            raise
        except BaseException as end:
            if not isinstance(end, TaskKilled):
                guard.calls.remove(made)  # it was interrupted, and has not happened
            raise
        finally:
            self._calls.pop(task, None)  # a comparison of items may have called, too
        self._over(made, Gave(result))
        return result

    def _over(self, made: Call, outcome: Any) -> None:
        made.outcome = outcome
        made.returned = self._instant()
        if made.invoked == NOBODY:
            made.invoked = made.returned  # it entered nothing: a look, one event

    def enter(self, cell: Any) -> None:
        super().enter(cell)
        made = self._calls.get(self.current())
        if made is not None and made.invoked == NOBODY:
            made.invoked = self._instant()

    def glimpse(self, cells: tuple[Any, ...]) -> States | None:
        guard: Guard = cells[0].guard
        guard.look()
        return tuple([cell.peek() for cell in cells])

    def wakeups(self, cell: Any) -> int:
        if self.engine.invariants.observing:
            self.engine.invariants.saw(cell)
            return super().wakeups(cell)
        self.enter(cell)
        try:
            return super().wakeups(cell)
        finally:
            self.leave(cell)

    def glance(self, cell: Any) -> Any:
        """A state for a person to see: no event."""
        return cell.peek()

    def _instant(self) -> int:
        return len(self.engine.execution.events)

    # What the explorer does for it.

    def current(self) -> int:
        return self.engine.current()

    def spawn(self, body: Body) -> TaskHandle:
        if body.process:
            raise Misuse(
                f"{body.name} is a Process: internal granularity explores the monitor of the "
                "threads, and processes have another. Use granularity operation"
            )
        return self.engine.spawn(body)

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        return self.engine.join(task, timeout)

    def alive(self, task: TaskHandle) -> bool:
        return self.engine.alive(task)

    def exit_code(self, task: TaskHandle) -> int | None:
        return self.engine.exit_code(task)

    def task_name(self, target: Callable[..., object] | None) -> str:
        return self.engine.task_name(target)

    def now(self) -> float:
        return self.engine.now()

    def sleep(self, seconds: float) -> None:
        self.engine.sleep(seconds)

    def choose(self, options: Sequence[Any]) -> Any:
        return self.engine.choose(options)

    def history(self, checker: Checker, what: str) -> Any:
        return self.engine.history(checker, what)

    def manager(self, served: Served) -> Any:
        return self.engine.manager(served)

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        self.engine.invariant(predicate, name)

    @property
    def plain(self) -> PlainData:
        return self.engine.plain

    def note(self, value: object) -> None:
        self.engine.note(value)

    def cover(self, goal: str) -> None:
        self.engine.cover(goal)

    # What is asked at the end.

    def finding(self) -> Finding | None:
        """What is wrong with the monitor in this execution; None if nothing is."""
        return self.broken or next(filter(None, self._findings()), None)

    def _findings(self) -> Iterator[Finding | None]:
        for guard in self._guards:
            if guard.owner != NOBODY:
                what = self._named(guard)
                yield Finding(f"the guard of {what} was never left", guard.owner, "")
        for task, sleeper in sorted(self._parked.items()):
            operation = sleeper.operation
            states = tuple([cell.peek() for cell in operation.cells])
            if operation.kind.ready(states, task, operation.argument):
                yield Finding(
                    f"a wake-up was lost: {self._name(task)} sleeps in {operation.kind.name} at "
                    f"{self._labels_of(operation)}, which could happen now",
                    task,
                    "",
                )
        for guard in self._guards:
            history = [call for call in guard.calls if call.invoked != NOBODY]
            if history:
                yield finding(history, self._checker(guard), self._named(guard), self._name)

    def _checker(self, guard: Guard) -> Checker:
        initial: States = tuple([cell.initial for cell in guard.cells])
        try:
            checker = self._checkers.get(initial)
        except TypeError:  # a Shared that holds something without a hash
            return Checker(model(initial), ended=True)
        if checker is None:
            checker = self._checkers[initial] = Checker(model(initial), ended=True)
        return checker

    # What is said about it.

    def asked(self) -> str | None:
        """What the running task has asked the monitor for, if anybody wants to know."""
        made = self._calls.get(self.current()) if self.engine.recording else None
        return None if made is None else str(made.action)

    def states_in_words(self, guard: Guard) -> str | None:
        """What stands under a guard, if anybody wants to know."""
        if not self.engine.recording:
            return None
        shown = [
            cell.of.show(cell.peek(), self._name)  # type: ignore[attr-defined]
            for cell in guard.cells
            if cell.of is not None
        ]
        return "; ".join(shown)

    def _name(self, task: int) -> str:
        return next((one.name for one in self.engine.tasks if one.number == task), f"task {task}")

    def _named(self, guard: Guard) -> str:
        return " and ".join(cell.label for cell in guard.cells)

    def _labels_of(self, operation: Operation) -> str:
        return " and ".join(cell.label for cell in operation.cells)


OPERATION = "operation"
INTERNAL = "internal"
GRANULARITIES = (OPERATION, INTERNAL)


def run_at(granularity: str, program: Callable[[], object]) -> Callable[[], object]:
    """The program to be run for a program at this granularity. UsageError for an unknown one."""
    if granularity not in GRANULARITIES:
        known = " and ".join(GRANULARITIES)
        raise UsageError(f"unknown granularity {granularity!r}: the granularities are {known}")
    if granularity == OPERATION or isinstance(program, Internally):
        return program
    return Internally(program)


class Internally:
    """A program that runs at granularity internal when an explored scheduler runs it.

    `scheduler` makes the monitor; tests have broken ones.
    """

    def __init__(
        self,
        program: Callable[[], object],
        scheduler: Callable[[Explored, Checkers], Internal] = Internal,
    ) -> None:
        self.program = program
        self.__qualname__ = getattr(program, "__qualname__", "program")
        self._scheduler = scheduler
        self.checkers: Checkers = {}

    def __call__(self) -> object:
        engine: Any = current()
        activate(self._scheduler(engine, self.checkers))  # the engine puts its own back
        return self.program()
