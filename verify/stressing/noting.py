"""What the tasks of a real run did, one after another, as far as any order can be told.

A `Noting` scheduler writes down each operation under the guard of its objects: two operations on
one object stand in the account in the order in which they happened, and so do those of one task.
What others cannot tell (start, join, sleep) is left out. Any interleaving with such an order is one
in which the run might have happened; `sightings.py` finds its equivalence class, and `tracing.py`
makes a trace of a run that failed.

It is kept of every run, since the one that fails cannot be asked for again. Where every task is a
process, each notes in memory that all share (`posting.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from verify.operation import Kind
from verify.scheduling.life import CHOOSE, NAP
from verify.scheduling.monitor import Blocked, Monitor
from verify.scheduling.scheduler import Body, TaskHandle

MOST_OPERATIONS = 10_000
"""A run with more of them is not compared with anything: an explored one has `max_steps`."""
AT_AN_END = "it looks at a task's end, which for real comes a little later than its last operation"


class Named(NamedTuple):
    """One operation of a real run: by which task, as its path from the main task, which is the same
    in every run, and which option it took."""

    path: tuple[int, ...]
    operation: str
    option: int


class Account:
    """The operations of one run, in an order in which they might have happened."""

    def __init__(self) -> None:
        self.operations: list[tuple[int, str, int]] = []
        """By which task, which, and with which option."""
        self.begun = False
        self.looked = ""
        """Why the run has no class: something that it did happens otherwise when explored."""
        self.parked: tuple[tuple[int, str], ...] = ()
        """Who was left at the end of a run that hangs, and what for."""
        self._born: dict[
            int, tuple[int, int]
        ] = {}  # a task's creator, and as which of its children
        self._children: Counter[int] = Counter()

    def note(self, task: int, operation: str, cells: tuple[Any, ...] = (), option: int = 0) -> None:
        """A task did this to these cells, whose guard it holds."""
        if len(self.operations) == MOST_OPERATIONS:
            self.look(f"it does more than {MOST_OPERATIONS:,} operations")
        else:
            self.operations.append((task, operation, option))

    def order(self, cells: tuple[Any, ...]) -> None:
        """The calling task comes after what was noted of these cells, whose guard it holds."""

    def born(self, creator: int, task: int) -> None:
        """A task was started by another."""
        self._children[creator] += 1
        self._born[task] = creator, self._children[creator]

    def look(self, why: str) -> None:
        """Something was done for which the run has no class."""
        self.looked = self.looked or why

    def hanging(self, blocked: Sequence[Blocked]) -> None:
        """The run hangs, and these are parked."""
        self.parked = tuple((task.task, task.operation) for task in blocked)

    def named(self) -> tuple[Named, ...]:
        """The operations with their tasks' paths. Once the run is over."""
        paths = {task: self.path(task) for task in {task for task, _, _ in self.operations}}
        return tuple(
            Named(paths[task], operation, option) for task, operation, option in self.operations
        )

    def waiting(self) -> frozenset[tuple[tuple[int, ...], str]]:
        """Who was parked when the run hung, and what for."""
        return frozenset((self.path(task), operation) for task, operation in self.parked)

    def path(self, task: int) -> tuple[int, ...]:
        """From the main task, as an explored task is named."""
        path: list[int] = []
        while task in self._born:
            task, index = self._born[task]
            path.append(index)
        return tuple(reversed(path))


class Noting(Monitor):
    """A scheduler that keeps an account of its run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = Account()
        self._looking: set[int] = set()  # tasks that look at an invariant: those are no events
        self.noting = self._note

    def _note(self, kind: Kind, task: int, cells: tuple[Any, ...]) -> None:
        if kind.local:
            self.account.order(cells)
        elif kind is not NAP and task not in self._looking:
            if kind.looks_at_an_end:
                self.account.look(AT_AN_END)
            self.account.note(task, kind.name, cells)

    def spawn(self, body: Body) -> TaskHandle:
        if not self.account.begun:  # the main task: whoever starts it is no task
            self.account.begun = True
            return super().spawn(body)  # type: ignore[safe-super]
        creator = self.current()
        task = super().spawn(body)  # type: ignore[safe-super]
        self.account.born(creator, task.number)
        return task

    def choose(self, options: Sequence[Any]) -> Any:
        option = self.random.randrange(len(options))
        self.account.note(self.current(), CHOOSE.name, (), option)
        return options[option]

    def alive(self, task: TaskHandle) -> bool:
        self.account.look(AT_AN_END)
        return super().alive(task)  # type: ignore[safe-super]

    def exit_code(self, task: TaskHandle) -> int | None:
        self.account.look(AT_AN_END)
        return super().exit_code(task)  # type: ignore[safe-super]

    def terminate(self, task: TaskHandle, code: int) -> None:
        self.account.look("it ends a process from outside")
        super().terminate(task, code)

    def wakeups(self, cell: Any) -> int:
        if self.current() not in self._looking:
            self.account.look("it counts wake-ups")
        return super().wakeups(cell)  # type: ignore[safe-super]

    def history(self, checker: Any, what: str) -> Any:
        self.account.look(f"the calls of {what} are events only where they are recorded")
        return super().history(checker, what)

    def now(self) -> float:
        self.account.look("it asks for the time")
        return super().now()

    def check_invariants(self) -> None:
        task = self.current()
        self._looking.add(task)
        try:
            super().check_invariants()
        finally:
            self._looking.discard(task)
