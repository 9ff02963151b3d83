"""Lock: held by one task or free; any task may release it. Signatures of `threading.Lock`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from verify.operation import Access, Kind, Outcome, States
from verify.sync.ownership import (
    Held,
    become_free,
    free,
    let_go,
    owner,
    show_held,
    take,
    wake_if_freed,
)
from verify.sync.primitive import Primitive, check_acquire, has_lost


def _is_held(states: States, task: int, argument: Any) -> Outcome:
    return states[0] is not None, states


ACQUIRE = Kind("acquire", take, ready=free, waits_for=owner, steady=True)
RELEASE = Kind("release", let_go, wakes=wake_if_freed)
REINIT = Kind("reinit", become_free, wakes=wake_if_freed)
LOCKED = Kind("locked", _is_held, footprint=(Access.READ,))


class Lock(Primitive):
    """A mutual exclusion lock, not reentrant: `threading.Lock`."""

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(None, shared=shared)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; False if it is held and this call does not wait (long enough).

        Raises ValueError for a negative time-out other than -1, or one without blocking.
        """
        limit = None if blocking and timeout == -1 else check_acquire(blocking, timeout)
        taken: bool = self._scheduler.call(ACQUIRE, self._cell, None, blocking, limit)
        return taken

    def release(self) -> None:
        """Free the lock; any task may. RuntimeError if nobody holds it."""
        self._scheduler.call(RELEASE, self._cell)

    def locked(self) -> bool:
        """Whether somebody holds it at this moment."""
        held: bool = self._perform(LOCKED)
        return held

    def _at_fork_reinit(self) -> None:
        """Be free, whoever holds it: what the library asks of its locks in a forked process."""
        self._perform(REINIT)

    def __enter__(self) -> bool:
        taken: bool = self._scheduler.call(ACQUIRE, self._cell)
        return taken

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc is None or not has_lost(exc, self):
            self._scheduler.call(RELEASE, self._cell)

    def __repr__(self) -> str:
        state = "unlocked" if self._glance() is None else "locked"
        return f"<{state} {self._called()} object at {id(self):#x}>"

    @staticmethod
    def show(state: Held | None, name: Callable[[int], str]) -> str:
        """Who holds it."""
        return show_held(state, name)

    @staticmethod
    def holders(state: Held | None) -> tuple[int, ...]:
        """Its owner."""
        return () if state is None else (state[0],)
