"""RLock: a lock that its owner may take again; only the owner releases it. As `threading.RLock`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from verify.operation import Kind, Outcome, States
from verify.sync.ownership import Held, owned, owner, show_held, wake_if_freed
from verify.sync.primitive import Primitive, check_acquire, has_lost


def _free_or_mine(states: States, task: int, argument: Any) -> bool:
    held: Held | None = states[0]
    return held is None or held[0] == task


def _take(states: States, task: int, argument: Any) -> Outcome:
    held: Held | None = states[0]
    return True, ((task, 1 if held is None else held[1] + 1),)


def _let_go(states: States, task: int, argument: Any) -> Outcome:
    held: Held | None = states[0]
    if held is None or not owned(held, task):
        raise RuntimeError("cannot release un-acquired lock")
    return None, ((task, held[1] - 1) if held[1] > 1 else None,)


ACQUIRE = Kind("acquire", _take, ready=_free_or_mine, waits_for=owner, steady=True)
RELEASE = Kind("release", _let_go, wakes=wake_if_freed)


class RLock(Primitive):
    """A reentrant lock: free again after as many releases as acquisitions."""

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(None, shared=shared)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more, or for the first time; False if this call gave up.

        Raises ValueError for a negative time-out other than -1, or one without blocking.
        """
        limit = check_acquire(blocking, timeout)
        taken: bool = self._scheduler.call(ACQUIRE, self._cell, None, blocking, limit)
        return taken

    def release(self) -> None:
        """Undo one acquire. RuntimeError for anybody but the owner."""
        self._scheduler.call(RELEASE, self._cell)

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

    @staticmethod
    def show(state: Held | None, name: Callable[[int], str]) -> str:
        """Who holds it."""
        return show_held(state, name)
