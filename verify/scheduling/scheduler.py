"""The scheduler protocol: what decides who runs, and how a task blocks.

A primitive talks to whatever scheduler it was born on through these verbs and never asks which
one that is. `current()` finds the scheduler for new objects: the one that runs the calling
thread's program, else the OS threads, so that a program built of these names simply runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import CoroutineType, GeneratorType
from typing import Any, NamedTuple, Protocol

from verify.errors import Misuse
from verify.operation import Kind

TERMINATED = -15
KILLED = -9
"""The exit code of a process that was ended from outside: minus the signal, as in Unix."""


class Served(NamedTuple):
    """What a manager serves: its class's name, what makes the objects, by the names that clients
    call, where, and with which key. Who only connects has nothing that makes them."""

    name: str
    registered: Mapping[str, Callable[..., Any] | None]
    address: tuple[str, int]
    authkey: bytes


class TaskHandle(Protocol):
    """A task as its starter sees it: what `spawn` returns and `join` takes."""

    @property
    def number(self) -> int: ...

    @property
    def name(self) -> str: ...


class Body(Protocol):
    """What a new task runs, and how it presents itself.

    Where `run` comes back with a generator, as a generator function does, that is the task's code:
    it is resumed until it ends. At each `yield` the task lets others go first.
    """

    @property
    def name(self) -> str: ...

    @property
    def daemon(self) -> bool: ...

    @property
    def process(self) -> bool: ...

    def run(self) -> object: ...


def run_to_end(body: Body, at_yield: Callable[[], object] | None = None) -> None:
    """Run all the code of a task that has a stack of its own; `at_yield` lets others go first."""
    left = body.run()
    if left is not None:
        run_on(body, left, at_yield)


def run_on(body: Body, left: object, at_yield: Callable[[], object] | None = None) -> None:
    """Run what a body's `run` has come back with, if that is code."""
    code = code_of(body, left)
    if code is not None:
        while resumed(code):
            if at_yield is not None:
                at_yield()


def code_of(body: Body, left: object) -> GeneratorType[Any, Any, Any] | None:
    """What a body's `run` has come back with, if that is a generator."""
    if type(left) is GeneratorType:
        return left
    if type(left) is CoroutineType:
        left.close()
        raise Misuse(
            f"{body.name} is an async function, which wants an event loop: make it a function or a "
            "generator, which lets others go first with a bare `yield`"
        )
    return None


def resumed(code: GeneratorType[Any, Any, Any]) -> bool:
    """Resume a task's code up to its next `yield`; False if it came to its end instead."""
    try:
        value = code.send(None)
        while value is not None:
            value = code.throw(
                Misuse(
                    f"the task's code yields {value!r:.60}, and nobody is there to take it: a task "
                    "lets others go first with a bare `yield`, and passes values on in a Queue"
                )
            )
    except StopIteration:
        return False
    return True


class Scheduler(Protocol):
    """What a primitive may ask of the world."""

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> Any:
        """A new place for a state; `beside` another means under the same guard.

        `of` is the primitive's class, which knows how to show its states (`Primitive.show`).
        """

    def copy(self, cell: Any, of: type) -> Any:
        """A new place for the same state, of a process that works on copies."""

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

    def terminate(self, task: TaskHandle, code: int) -> None:
        """End a process by the signal that makes this its exit code; once it has ended, nothing."""

    def current(self) -> int:
        """The number of the calling task."""

    def process(self) -> int:
        """The number of the process that the calling task belongs to: of the task it began with."""

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

    def note(self, value: object) -> None:
        """Something to be told in the account of a counterexample, and nowhere else."""

    def cover(self, goal: str) -> None:
        """A goal that some execution must reach has been reached."""

    def glance(self, cell: Any) -> Any:
        """A state for a person to see. No operation: a program must decide nothing by it."""

    def wakeups(self, cell: Any) -> int:
        """How many sleepers at this object have been woken so far."""

    def history(self, checker: Any, what: str) -> Any:
        """A record of the calls at an object of the user's, which is checked when a run ends.

        None where nobody records: tasks that really run cannot be stopped to note the instant.
        """

    def manager(self, served: Served) -> Any:
        """A manager's server behind a socket; it is called as `sync/wired_server.py` says.

        None where processes share objects, so that one can be built of them.
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
