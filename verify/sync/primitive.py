"""What every primitive is: cells on a scheduler, and operations performed on them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from threading import TIMEOUT_MAX
from typing import Any

from verify.errors import OwnerDied
from verify.operation import Kind
from verify.scheduling.scheduler import Scheduler, current, here
from verify.values import in_words


class Primitive:
    """An object with one cell. `shared=False` makes one that fork copies, held or not."""

    def __init__(self, state: Any, *, shared: bool = True, beside: Primitive | None = None) -> None:
        scheduler = here.scheduler or current() if beside is None else beside._scheduler
        self._scheduler: Scheduler = scheduler
        self._shared = shared
        self._cell: Any = scheduler.cell(
            state, None if beside is None else beside._cell, shared, type(self)
        )

    def _perform(
        self,
        kind: Kind,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
    ) -> Any:
        return self._scheduler.call(kind, self._cell, argument, blocking, timeout)

    @staticmethod
    def show(state: Any, name: Callable[[int], str]) -> str:
        """A state in words for a person; `name` turns a task's number into its name."""
        return in_words(state)

    @staticmethod
    def holders(state: Any) -> tuple[int, ...]:
        """The tasks that hold it, and that others have to wait for; nobody can hold most things."""
        return ()

    def _glance(self) -> Any:
        """The state for a repr: no operation, so that nothing in a program may rest on it."""
        return self._scheduler.glance(self._cell)

    def _called(self) -> str:
        """Its public name, for a repr."""
        kind = type(self)
        ours = kind.__module__.startswith("verify.")
        return f"{'verify' if ours else kind.__module__}.{kind.__qualname__}"

    def __deepcopy__(self, memo: dict[int, Any]) -> Primitive:
        """In the copied address space of a process: the same object, or a copy as it stands now."""
        if self._shared:
            return self
        twin = copy.copy(self)
        memo[id(self)] = twin
        twin._cell = self._scheduler.copy(self._cell, type(self))
        for name, value in vars(self).items():
            if name not in ("_scheduler", "_cell"):
                setattr(twin, name, copy.deepcopy(value, memo))
        return twin


class Sleeping(Primitive):
    """A primitive with a line of its own in which tasks sleep until they are woken by name."""

    def _sleep(self, leave: Kind, forget: Kind, timeout: float | None) -> Any:
        """The second half of a wait, after the task joined a line of sleepers.

        An exception that breaks into the sleep (Ctrl-C) takes the task out of that line again.
        """
        try:
            return self._perform(leave, None, True, timeout)
        except KeyboardInterrupt:
            self._perform(forget)
            raise

    @property
    def wakeups(self) -> int:
        """How many sleepers have been woken here so far, counted by the scheduler; a read.

        Locks, semaphores and queues have no such number: whether a task ever slept for one differs
        between interleavings that nobody can tell apart.
        """
        return self._scheduler.wakeups(self._cell)


def has_lost(error: BaseException, lock: Primitive) -> bool:
    """Whether this came out of a wait that could not take the lock back, so that it is not held."""
    return isinstance(error, OwnerDied) and error.lost is lock


def in_line(what: str, tasks: tuple[int, ...], name: Callable[[int], str]) -> str:
    """ ", asleep [a, b]" for a trace; nothing if nobody stands there."""
    return f", {what} [{', '.join(map(name, tasks))}]" if tasks else ""


def check_acquire(blocking: bool, timeout: float) -> float | None:
    """The time-out of a lock's acquire as `threading` checks it; None for ever."""
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    return None if timeout == -1 else timeout
