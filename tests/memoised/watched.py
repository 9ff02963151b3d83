"""A run of a program for real, inspected as a memoised search would inspect it.

What is included and when changes are looked for is what `Reach` demands: the program at first, each
body as it is started, each predicate as it is demanded; a look after every piece of task code, that
is, whenever a task asks for an operation, and at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.exploration.closed import Reach
from verify.exploration.immutable import Open, key
from verify.operation import Kind
from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored
from verify.scheduling.scheduler import activate

Choose = Callable[[Any], tuple[int, int]]


def first(view: Any) -> tuple[int, int]:
    """The enabled task that was started first."""
    return view.enabled[0], 0


def last(view: Any) -> tuple[int, int]:
    """The enabled task that was started last."""
    return view.enabled[-1], 0


def inspect(program: Callable[[], object], *schedules: Choose) -> str | None:
    """Run a program once by each schedule (first, then last); the reason why it is open."""
    watched = Watched()
    watched.begin(program)
    for choose in schedules or (first, last):
        if watched.reach.reason is None:
            watched.run(program, choose)
    return watched.reach.reason


class Watched(Explored):
    """The explored scheduler, with an inspection at each of its verbs."""

    def __init__(self) -> None:
        super().__init__()
        self.reach = Reach()

    def begin(self, program: Callable[[], object]) -> None:
        """Inspect what the program itself reaches."""
        self._include(program)

    def run(self, program: Callable[[], object], *arguments: Any) -> Execution:
        execution = super().run(program, *arguments)
        self.reach.changed()
        return execution

    def _include(self, root: object) -> None:
        before = activate(self)
        try:
            self.reach.include(root)
        finally:
            activate(before)

    def _enter(self, value: Any) -> None:
        try:
            key(value)
        except Open as reason:
            self.reach.reason = self.reach.reason or str(reason)

    def cell(self, state: Any, *arguments: Any, **settings: Any) -> Any:
        self._enter(state)
        return super().cell(state, *arguments, **settings)

    def call(self, kind: Kind, cell: Any, argument: Any = None, *others: Any) -> Any:
        self.reach.changed()
        self._enter(argument)
        return super().call(kind, cell, argument, *others)

    def spawn(self, body: Any) -> Any:
        self.reach.changed()
        self._include(body)
        return super().spawn(body)

    def join(self, task: Any, timeout: float | None = None) -> bool:
        self.reach.changed()
        return super().join(task, timeout)

    def alive(self, task: Any) -> bool:
        self.reach.changed()
        return super().alive(task)

    def choose(self, options: Sequence[Any]) -> Any:
        self.reach.changed()
        return super().choose(options)

    def sleep(self, seconds: float) -> None:
        self.reach.changed()
        super().sleep(seconds)

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        self._include(predicate)
        super().invariant(predicate, name)
