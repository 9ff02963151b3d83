"""RLock: a lock that its owner may take again; only the owner releases it. As `threading.RLock`."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from verify.operation import Access, Kind, Outcome, States
from verify.sync.ownership import (
    Held,
    become_free,
    free,
    free_or_mine,
    let_go_once,
    owned,
    owner,
    show_held,
    take_again,
    wake_if_freed,
)
from verify.sync.primitive import Primitive, check_acquire, has_lost


def _let_go_whole(states: States, task: int, argument: Any) -> Outcome:
    held: Held | None = states[0]
    if held is None or held[0] != task:
        raise RuntimeError("cannot release un-acquired lock")
    return held[1], (None,)


def _take_back(states: States, task: int, depth: Any) -> Outcome:
    return None, ((task, depth),)


def _depth(states: States, task: int, argument: Any) -> Outcome:
    held: Held | None = states[0]
    return held[1] if held is not None and owned(held, task) else 0, states


ACQUIRE = Kind("acquire", take_again, ready=free_or_mine, waits_for=owner, steady=True)
RELEASE = Kind("release", let_go_once, wakes=wake_if_freed)
LET_GO_WHOLE = Kind("let go whole", _let_go_whole, wakes=wake_if_freed)
TAKE_BACK = Kind("take back", _take_back, ready=free, waits_for=owner, steady=True)
REINIT = Kind("reinit", become_free, wakes=wake_if_freed)
DEPTH = Kind("depth", _depth, footprint=(Access.READ,))


class RLock(Primitive):
    """A reentrant lock: free again after as many releases as acquisitions."""

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(None, shared=shared)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more, or for the first time; False if this call gave up.

        Raises ValueError for a negative time-out other than -1, or one without blocking.
        """
        limit = None if blocking and timeout == -1 else check_acquire(blocking, timeout)
        taken: bool = self._scheduler.call(ACQUIRE, self._cell, None, blocking, limit)
        return taken

    def release(self) -> None:
        """Undo one acquire. RuntimeError for anybody but the owner."""
        self._scheduler.call(RELEASE, self._cell)

    def _is_owned(self) -> bool:
        """Whether the calling task holds it: for a `threading.Condition` that stands on it."""
        return self._recursion_count() > 0

    def _recursion_count(self) -> int:
        """How often the calling task would have to release it."""
        depth: int = self._perform(DEPTH)
        return depth

    def _release_save(self) -> int:
        """Let it go whole, for a `threading.Condition`; the depth that `_acquire_restore` takes."""
        depth: int = self._perform(LET_GO_WHOLE)
        return depth

    def _acquire_restore(self, depth: int) -> None:
        """Take it back at the depth at which it was let go."""
        self._perform(TAKE_BACK, depth)

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
        held: Held | None = self._glance()
        state = "unlocked" if held is None else "locked"
        owner, depth = held or (0, 0)
        return f"<{state} {self._called()} object owner={owner} count={depth} at {id(self):#x}>"

    @staticmethod
    def show(state: Held | None, name: Callable[[int], str]) -> str:
        """Who holds it."""
        return show_held(state, name)

    @staticmethod
    def holders(state: Held | None) -> tuple[int, ...]:
        """Its owner."""
        return () if state is None else (state[0],)
