"""The monitor: how a real scheduler carries an operation out. The only blocking code of the house.

    perform:  only a look?    glimpse the state, without the guard
              enter the guard; load the states
              ready?          carry the step out, store, wake, leave
              not blocking?   give up, leave
              else            park until woken or out of time, look again

Waking is a hint, never a hand-over: a running task may overtake a woken sleeper, which then finds
the operation not ready and parks again (barging; handing over costs a context switch for every
operation). What keeps this free of lost wake-ups:

* a sleeper links itself and the waker unlinks it under the same guard, so a state change that
  comes after the sleeper's look finds it linked;
* each unit that appears (a permit, an item, a free lock) wakes one sleeper of that unit's lane,
  and whoever overtakes it consumes the unit, so nobody is asleep beside an unclaimed unit;
* a sleeper that is interrupted after it was woken passes its wake-up on.

Who only looks needs no guard: a state is never changed, only replaced, by one write. Whoever holds
the guard meanwhile replaces it once, and after that wakes and leaves, which nobody can tell from
having left already. So a glimpse is as good as a look under the guard, a little earlier or later
(Lipton, Reduction, CACM 1975). But of two objects that one step writes, one after the other, only
one may have operations that look: the lock of a Condition has, the Condition has not.

OS threads, OS processes and coroutines each supply `enter`, `leave`, `load`, `store`, `glimpse`,
`park`, `wake_lane`, `wake_task` and a place for the state; nothing else blocks.
"""

from __future__ import annotations

import itertools
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from verify.compiling import mypyc_attr
from verify.errors import Misuse, TaskKilled
from verify.operation import Kind, Lane, Operation, States, Wake
from verify.scheduling.dice import Dice
from verify.scheduling.failing import InvariantBroken, failure_of, is_failure
from verify.scheduling.life import NAP
from verify.scheduling.scheduler import Body, Served, TaskHandle
from verify.scheduling.sources import is_frame_of_ours


class TaskFailure(NamedTuple):
    """An uncaught exception of a real task."""

    task: str
    kind: str  # "invariant", "assertion", "misuse" or "exception"
    message: str
    traceback: str


class Blocked(NamedTuple):
    """A task that is parked, for a person who wants to know why nothing moves."""

    task: int
    name: str
    operation: str
    owners: tuple[int, ...]  # who alone could let it go on; empty if anybody could
    object: str = ""  # its class and which of that class, in the order of creation: "Lock 2"
    timed: bool = False  # it goes on by itself when its time runs out


@mypyc_attr(allow_interpreted_subclasses=True)
class Monitor(ABC):
    """A scheduler whose tasks really run at the same time."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = Dice(seed)
        self.before_operation: Callable[[], None] | None = None
        """Called first in every operation: stress disturbs the timing here."""
        self.noting: Callable[[Kind, int, tuple[Any, ...]], None] | None = None
        """Called under the guard with what a task is about to do to these cells: stress keeps an
        account of it. Nobody glimpses then: only under the guard is it told what comes before what.
        """
        self._names_used: dict[str, itertools.count[int]] = {}
        self.aborted = False
        """The run is over: no operation happens any more, whoever asks for one is unwound."""
        self._failures: list[TaskFailure] | None = None
        self.invariants: list[tuple[Callable[[], object], str]] = []
        self._bed: Any = None
        self.refusal = ""
        """Why this scheduler cannot carry the program at all, once it has noticed."""

    @property
    def failures(self) -> list[TaskFailure] | None:
        """Where uncaught exceptions of tasks are put; None leaves them to the interpreter."""
        return self._failures

    @failures.setter
    def failures(self, failures: list[TaskFailure] | None) -> None:
        self._failures = failures

    @abstractmethod
    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> Any: ...

    @abstractmethod
    def enter(self, cell: Any) -> None:
        """Take the guard of a cell (and of all that were made beside it)."""

    @abstractmethod
    def leave(self, cell: Any) -> None:
        """Let the guard go."""

    @abstractmethod
    def load(self, cells: tuple[Any, ...]) -> States:
        """The current states; the guard is held."""

    @abstractmethod
    def glimpse(self, cells: tuple[Any, ...]) -> States | None:
        """The state of one cell at some moment of this call; None if only the guard can tell."""

    @abstractmethod
    def store(self, cells: tuple[Any, ...], before: States, after: States) -> None:
        """Replace the states that changed; the guard is held."""

    @abstractmethod
    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        """Sleep, the guard let go meanwhile, until woken (True) or past the deadline (False).

        The guard is held again on return, also when an exception comes out. Whether time ran out
        is decided under the guard: a sleeper that is still linked was not woken.
        """

    @abstractmethod
    def sleepers_at(self, cells: tuple[Any, ...]) -> bool:
        """Whether anybody sleeps at any of these cells; the guard is held."""

    @abstractmethod
    def wake_lane(self, cell: Any, lane: int, count: int) -> int:
        """Unlink and wake the first sleepers of a lane; the guard is held. How many there were."""

    @abstractmethod
    def wake_task(self, cell: Any, task: int) -> int:
        """Wake a task that sleeps at this cell without a lane; 0 if it is not asleep (yet)."""

    @abstractmethod
    def count_wakeups(self, cell: Any, count: int) -> None:
        """Add to the number of sleepers woken at a cell; the guard is held."""

    @abstractmethod
    def wakeups(self, cell: Any) -> int: ...

    @abstractmethod
    def blocked(self) -> list[Blocked]:
        """The tasks that are parked at this moment, in the order of their numbers."""

    @abstractmethod
    def abort(self) -> None:
        """End the run: wake everybody; from here on every operation raises TaskKilled."""

    @abstractmethod
    def current(self) -> int: ...

    @abstractmethod
    def spawn(self, body: Body) -> TaskHandle: ...

    @abstractmethod
    def join(self, task: TaskHandle, timeout: float | None = None) -> bool: ...

    @abstractmethod
    def alive(self, task: TaskHandle) -> bool: ...

    @abstractmethod
    def exit_code(self, task: TaskHandle) -> int | None: ...

    def terminate(self, task: TaskHandle, code: int) -> None:
        """End a process from outside; a scheduler that carries none has nothing to end."""
        raise Misuse(f"{task.name} cannot be ended from outside: it is no process here")

    def copy(self, cell: Any, of: type) -> Any:
        """Where processes are real the operating system copies; this is for whoever asks for it."""
        return self.cell(cell.state, None, False, of)

    def call(
        self,
        kind: Kind,
        cell: Any,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: Any = None,
    ) -> Any:
        """Carry out the operation of this kind on a cell, and on the one `beside` it if given."""
        cells = (cell,) if beside is None else (cell, beside)
        return self.perform(kind, cells, argument, blocking, timeout)

    def glance(self, cell: Any) -> Any:
        """A state for a person to see."""
        self.enter(cell)
        try:
            return self.load((cell,))[0]
        finally:
            self.leave(cell)

    def perform(
        self,
        kind: Kind,
        cells: tuple[Any, ...],
        argument: Any,
        blocking: object,
        timeout: float | None,
    ) -> Any:
        """Carry an operation out for the calling task, sleeping as long as it is not ready."""
        if self.before_operation is not None:
            self.before_operation()
        guard = cells[0]
        task = self.current()
        if kind.glances and self.noting is None and not self.aborted:
            seen = self.glimpse(cells)
            if seen is not None:
                result, after = kind.step(seen, task, argument)
                if after is seen:
                    return result
        self.enter(guard)
        try:
            if self.aborted:
                raise TaskKilled
            states = self.load(cells)
            if kind.always or kind.ready(states, task, argument):
                return self._carry_out(kind, cells, argument, states, task)
            if not blocking:
                return self._give_up(kind, cells, argument, states, task)
            operation = Operation(kind, cells, argument)
            deadline = None if timeout is None else time.monotonic() + timeout
            while True:
                lane = kind.queue(states, task)
                states = ()  # else each of many sleepers would keep a state that lists the others
                woken = self.park(operation, task, lane, deadline)
                if self.aborted:
                    raise TaskKilled
                states = self.load(cells)
                if kind.ready(states, task, argument):
                    return self._carry_out(kind, cells, argument, states, task)
                if not woken:
                    if kind.may_give_up(states, task, argument):
                        return self._give_up(kind, cells, argument, states, task)
                    deadline = None
        finally:
            self.leave(guard)

    def _carry_out(
        self, kind: Kind, cells: tuple[Any, ...], argument: Any, states: States, task: int
    ) -> Any:
        if self.noting is not None:
            self.noting(kind, task, cells)
        result, after = kind.step(states, task, argument)
        if after is not states:
            self.store(cells, states, after)
        if kind.wakes is not None and self.sleepers_at(cells):
            self._wake(kind.wakes(states, after, argument), cells)
        return result

    def _give_up(
        self, kind: Kind, cells: tuple[Any, ...], argument: Any, states: States, task: int
    ) -> Any:
        if self.noting is not None:
            self.noting(kind, task, cells)
        result, after = kind.give_up(states, task, argument)
        if after is not states:
            self.store(cells, states, after)
            if kind.wakes is not None and self.sleepers_at(cells):
                self._wake(kind.wakes(states, after, argument), cells)
        return result

    def _wake(self, wake: Wake, cells: tuple[Any, ...]) -> None:
        lane, count, tasks = wake
        if lane is not None:
            cell = cells[lane.position]
            woken = self.wake_lane(cell, lane.number, count)
            if woken:
                self.count_wakeups(cell, woken)
        if tasks:
            cell = cells[0]
            woken = sum(self.wake_task(cell, task) for task in tasks)
            if woken:
                self.count_wakeups(cell, woken)

    def process(self) -> int:
        """All tasks belong to one process, unless a scheduler knows better."""
        return 0

    def task_name(self, target: Callable[..., object] | None) -> str:
        """The target's name and a number."""
        base = getattr(target, "__name__", None) or "Thread"
        numbers = self._names_used.setdefault(base, itertools.count(1))
        return f"{base}-{next(numbers)}"

    def caught(self, task: str, error: BaseException) -> bool:
        """Deal with what a task's code raised; False leaves it to the interpreter."""
        if isinstance(error, TaskKilled):
            return True
        if self.failures is None or not is_failure(error):
            return False
        found = failure_of(error, 0, 0)
        kind = "invariant" if isinstance(error, InvariantBroken) else found.kind
        text = "".join(traceback.format_exception(type(error), error, _users_part(error)))
        self.failures.append(TaskFailure(task, kind, found.message, text))
        return True

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds == 0:
            time.sleep(0)
            return
        if self._bed is None:
            self._bed = self.cell(None)
        self.call(NAP, self._bed, None, True, seconds)

    def choose(self, options: Sequence[Any]) -> Any:
        return self.random.choice(options)

    def history(self, checker: Any, what: str) -> Any:
        """Nothing is recorded of real tasks."""
        return None

    def manager(self, served: Served) -> Any:
        """Refused: here no process has threads, as the server has."""
        self.refusal = (
            f"{served.name} is a Manager, whose server is a process with threads of its own: "
            "explore the program, or run it as it is"
        )
        raise Misuse(self.refusal)

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        """Real tasks cannot be stopped between two events: checked now and when a run ends."""
        self.invariants.append((predicate, name))
        self.check_invariants()

    def note(self, value: object) -> None:
        """Nothing is told of real tasks."""
        return

    def cover(self, goal: str) -> None:
        """Luck proves no goal out of reach."""
        return

    def check_invariants(self) -> None:
        """Raise InvariantBroken for the first invariant that does not hold."""
        for predicate, name in self.invariants:
            if not predicate():
                raise InvariantBroken(f"{name} does not hold")


def _users_part(error: BaseException) -> TracebackType | None:
    """An exception's traceback from the user's first frame on."""
    place = error.__traceback__
    while place is not None and is_frame_of_ours(place.tb_frame):
        place = place.tb_next
    return error.__traceback__ if place is None else place
