"""Locks: `threading.Lock` and `RLock`, which are of C, and locks that were made before the run.

In a task, `Lock()` is a `verify.Lock`. A lock that exists already cannot be changed; a dual lock is
put in its place, which is the real one outside an exploration, and its twin in a task.
"""

from __future__ import annotations

import copy
from threading import Thread, _active as threads  # type: ignore[attr-defined]
from types import ModuleType, TracebackType
from typing import Any

from verify.substitution import originals
from verify.substitution.patches import (
    at_end,
    explored,
    really,
    substitute_name,
    substitute_objects,
)
from verify.substitution.stand_ins import StandIn
from verify.substitution.twins import in_state, twin_of
from verify.sync.lock import Lock
from verify.sync.rlock import RLock

_MAIN = 0
"""Who is said to hold what was held when the run began."""

_LOCK = type(originals.allocate_lock())
_RLOCK = type(originals.RLock())


def substitute(threading: ModuleType) -> None:
    """Replace what `threading` calls so."""
    lock = StandIn(threading.Lock, new_lock, _LOCK, Lock, DualLock, dual=DualLock)
    substitute_name(threading, "Lock", lock)
    if threading._allocate_lock is not threading.Lock:
        substitute_name(threading, "_allocate_lock", StandIn(threading._allocate_lock, new_lock))
    rlock = StandIn(threading.RLock, new_rlock, _RLOCK, RLock, DualRLock, dual=DualRLock)
    substitute_name(threading, "RLock", rlock)
    substitute_objects(_LOCK, dual)
    substitute_objects(_RLOCK, dual)
    substitute_name(threading, "_CRLock", StandIn(threading._CRLock, new_rlock, *rlock.kinds))


def new_lock() -> Lock:
    """A lock of threads: a process that is started has a copy, as it is then."""
    return Lock(shared=False)


def new_rlock(*args: Any, **kwargs: Any) -> RLock:
    """The same, of an RLock. The library does nothing with arguments, but may warn of them."""
    if args or kwargs:
        really(originals.RLock, *args, **kwargs)
    return RLock(shared=False)


class DualLock:
    """A lock from before the run: the real one, or in a task its twin."""

    def __init__(self, real: Any) -> None:
        self.real = real
        self.taker = _this_thread()
        """Who took the real one last, as far as is known."""

    def _now(self) -> Any:
        return self.real if explored() is None else twin_of(self, _standing_lock)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As `threading.Lock`."""
        now = self._now()
        taken: bool = now.acquire(blocking, timeout)
        if taken and now is self.real:
            self.taker = _this_thread()
        return taken

    def release(self) -> None:
        """As `threading.Lock`."""
        self._now().release()

    def locked(self) -> bool:
        """As `threading.Lock`."""
        held: bool = self._now().locked()
        return held

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._now().__exit__(exc_type, exc, traceback)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now(), name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self._now(), memo)

    def __repr__(self) -> str:
        return repr(self._now())


class DualRLock(DualLock):
    """As `DualLock`, for an RLock."""

    def _now(self) -> Any:
        return self.real if explored() is None else twin_of(self, _standing_rlock)


_duals: dict[int, DualLock] = {}
"""By the address of the real lock, which is its own while the dual keeps it."""
at_end(_duals.clear)


def dual(real: Any) -> DualLock:
    """The one dual lock of a real one, while something is explored."""
    found = _duals.get(id(real))
    if found is None:
        found = _duals[id(real)] = (DualLock if type(real) is _LOCK else DualRLock)(real)
    return found


def twin_of_lock(lock: Any) -> Lock | RLock | None:
    """The harness's lock that a lock is in this run; None of an object that is no known lock."""
    if isinstance(lock, Lock | RLock):
        return lock
    if type(lock) in (_LOCK, _RLOCK):
        lock = dual(lock)
    if not isinstance(lock, DualLock):
        return None
    twin: Lock | RLock = lock._now()
    return twin


def _standing_lock(of: Any) -> Lock:
    held = of.real.locked() and not really(_is_elsewhere, of.taker)
    return in_state(Lock.__new__(Lock), (_MAIN, 1) if held else None)


def _this_thread() -> Thread | None:
    """The OS thread that calls, if it is of `threading`: asked for so, it takes no lock itself."""
    found: Thread | None = threads.get(originals.get_ident())
    return found


def _is_elsewhere(thread: Thread | None) -> bool:
    """Whether a thread runs beside the exploration: it has no part in it, and lets go in its time.

    What a thread has left behind that has ended is there for the program.
    """
    return thread is not None and thread is not _this_thread() and thread.is_alive()


def _standing_rlock(of: Any) -> RLock:
    depth = of.real._recursion_count() if of.real._is_owned() else 0
    return in_state(RLock.__new__(RLock), (_MAIN, depth) if depth else None)
