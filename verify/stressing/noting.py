"""What the tasks of a real run did, one after another, as far as any order can be told.

A `Noting` scheduler writes down each operation under the guard of its objects: two operations on
one object stand in the account in the order in which they happened, and so do those of one task.
What others cannot tell (start, join, sleep) is left out. Any interleaving with such an order is one
in which the run might have happened; `sightings.py` finds its equivalence class.

Where every task is a process, they write it into one file (`posting.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from verify.operation import Kind, States
from verify.scheduling.life import CHOOSE, NAP
from verify.scheduling.monitor import Monitor
from verify.scheduling.scheduler import Body, TaskHandle

MOST_OPERATIONS = 10_000
"""A run with more of them is not compared with anything: an explored one has `max_steps`."""
AT_AN_END = "it looks at a task's end, which for real comes a little later than its last operation"


class Noted(NamedTuple):
    """One operation of a real run: by which task, and which option it took."""

    task: int
    operation: str
    option: int


class Named(NamedTuple):
    """The same, by the task's path from the main task: the same in every run."""

    path: tuple[int, ...]
    operation: str
    option: int


class Account:
    """The operations of one run, in an order in which they might have happened."""

    def __init__(self) -> None:
        self.operations: list[Noted] = []
        self.begun = False
        self.looked = ""
        """Why the run has no class: something that it did happens otherwise when explored."""
        self._born: dict[
            int, tuple[int, int]
        ] = {}  # a task's creator, and as which of its children
        self._children: Counter[int] = Counter()

    def note(self, task: int, operation: str, option: int = 0) -> None:
        """A task did this; the guard of what it did it to is held."""
        if len(self.operations) == MOST_OPERATIONS:
            self.look(f"it does more than {MOST_OPERATIONS:,} operations")
        else:
            self.operations.append(Noted(task, operation, option))

    def born(self, creator: int, task: int) -> None:
        """A task was started by another."""
        self._children[creator] += 1
        self._born[task] = creator, self._children[creator]

    def look(self, why: str) -> None:
        """Something was done for which the run has no class."""
        self.looked = self.looked or why

    def named(self) -> tuple[Named, ...]:
        """The operations with their tasks' paths. Once the run is over."""
        paths = {task: self._path(task) for task in {noted.task for noted in self.operations}}
        return tuple(Named(paths[one.task], one.operation, one.option) for one in self.operations)

    def _path(self, task: int) -> tuple[int, ...]:
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

    def _note(self, kind: Kind, task: int) -> None:
        if kind.local or kind is NAP or task in self._looking:
            return
        if kind.looks_at_an_end:
            self.account.look(AT_AN_END)
        self.account.note(task, kind.name)

    def _carry_out(
        self, kind: Kind, cells: tuple[Any, ...], argument: Any, states: States, task: int
    ) -> Any:
        self._note(kind, task)
        return super()._carry_out(kind, cells, argument, states, task)

    def _give_up(
        self, kind: Kind, cells: tuple[Any, ...], argument: Any, states: States, task: int
    ) -> Any:
        self._note(kind, task)
        return super()._give_up(kind, cells, argument, states, task)

    def glimpse(self, cells: tuple[Any, ...]) -> States | None:
        return None  # only under the guard is it told what comes before what

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
        self.account.note(self.current(), CHOOSE.name, option)
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
