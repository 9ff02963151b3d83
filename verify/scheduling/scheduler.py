"""The scheduler protocol: what decides who runs, and how a task blocks.

A primitive talks to whatever scheduler it was born on through these verbs and never asks which
one that is. `current()` finds the scheduler for new objects: the one that runs the calling
thread's program, else the OS threads, so that a program built of these names simply runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from verify.operation import Kind


class TaskHandle(Protocol):
    """A task as its starter sees it: what `spawn` returns and `join` takes."""

    @property
    def number(self) -> int: ...

    @property
    def name(self) -> str: ...


class Body(Protocol):
    """What a new task runs, and how it presents itself."""

    @property
    def name(self) -> str: ...

    @property
    def daemon(self) -> bool: ...

    @property
    def process(self) -> bool: ...

    def run(self) -> object: ...


class Scheduler(Protocol):
    """What a primitive may ask of the world."""

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> Any:
        """A new place for a state; `beside` another means under the same guard.

        `of` is the primitive's class, which knows how to show its states (`Primitive.show`).
        """

    def call(
        self,
        kind: Kind,
        cell: Any,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: Any = None,
    ) -> Any:
        """Carry out the operation of this kind on a cell, and on the one `beside` it if given.

        `timeout` in seconds; None waits for ever. A call that is not blocking, or whose time runs
        out, gives up as its kind says.
        """

    def spawn(self, body: Body) -> TaskHandle:
        """Start a task."""

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        """Wait for a task's end; False if the time ran out first."""

    def alive(self, task: TaskHandle) -> bool:
        """Whether a started task has not ended yet."""

    def exit_code(self, task: TaskHandle) -> int | None:
        """A process's exit code: 0, 1 after an uncaught exception, -N after signal N."""

    def current(self) -> int:
        """The number of the calling task."""

    def task_name(self, target: Callable[..., object] | None) -> str:
        """A name for a task that is given none."""

    def now(self) -> float:
        """Seconds: virtual when explored, monotonic otherwise."""

    def sleep(self, seconds: float) -> None:
        """Let time pass for this task alone."""

    def choose(self, options: Sequence[Any]) -> Any:
        """One of the options: every one when explored, a seeded one otherwise."""

    def invariant(self, predicate: Callable[[], object], name: str) -> None:
        """A predicate over the program's objects that must hold from now on."""

    def wakeups(self, cell: Any) -> int:
        """How many sleepers at this object have been woken so far."""

    def history(self, checker: Any, what: str) -> Any:
        """A record of the calls at an object of the user's, which is checked when a run ends.

        None where nobody records: tasks that really run cannot be stopped to note the instant.
        """


class _Active(threading.local):
    scheduler: Scheduler | None = None


here = _Active()
"""The calling thread's own `scheduler`, for who asks so often that a call counts."""
_everyday: list[Callable[[], Scheduler]] = []


def set_everyday(scheduler: Callable[[], Scheduler]) -> None:
    """Where programs run that no explorer and no stress run has been asked to carry."""
    _everyday[:] = [scheduler]


def activate(scheduler: Scheduler | None) -> Scheduler | None:
    """Make a scheduler the calling thread's own; returns the one before, to be put back."""
    before = here.scheduler
    here.scheduler = scheduler
    return before


def active() -> Scheduler | None:
    """The scheduler that runs the calling thread's program, if any."""
    return here.scheduler


def current() -> Scheduler:
    """The scheduler to which a new object of the calling thread belongs."""
    scheduler = here.scheduler
    return _everyday[0]() if scheduler is None else scheduler
