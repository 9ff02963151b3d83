"""Semaphore: a number of permits. BoundedSemaphore: never more than it began with.

Signatures of `threading.Semaphore` and `threading.BoundedSemaphore`. The state is the number of
permits that are free.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from verify.operation import FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.sync.primitive import Primitive


def _some_left(states: States, task: int, argument: Any) -> bool:
    permits: int = states[0]
    return permits > 0


def _take_one(states: States, task: int, argument: Any) -> Outcome:
    return True, (states[0] - 1,)


def _give_back(states: States, task: int, argument: Any) -> Outcome:
    count, bound = argument
    if bound is not None and states[0] + count > bound:
        raise ValueError("Semaphore released too many times")
    return None, (states[0] + count,)


def _wake_as_many(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, argument[0], ())


def _count(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


ACQUIRE = Kind("acquire", _take_one, ready=_some_left, steady=True)
RELEASE = Kind("release", _give_back, wakes=_wake_as_many)
GET_VALUE = Kind("get_value", _count, footprint=(Access.READ,), shows_result=True)


class Semaphore(Primitive):
    """A counter of permits: acquire takes one or sleeps, release adds some."""

    _bound: int | None = None

    def __init__(self, value: int = 1, *, shared: bool = True) -> None:
        if value < 0:
            raise ValueError("semaphore initial value must be >= 0")
        super().__init__(value, shared=shared)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take a permit; False if there is none and this call does not wait (long enough)."""
        if not blocking and timeout is not None:
            raise ValueError("can't specify timeout for non-blocking acquire")
        taken: bool = self._scheduler.call(ACQUIRE, self._cell, None, blocking, timeout)
        return taken

    def release(self, n: int = 1) -> None:
        """Add n permits; any task may. ValueError for n < 1."""
        if n < 1:
            raise ValueError("n must be one or more")
        self._scheduler.call(RELEASE, self._cell, (n, self._bound))

    def get_value(self) -> int:
        """How many permits are free at this moment: as a semaphore of `multiprocessing` tells."""
        permits: int = self._perform(GET_VALUE)
        return permits

    def __enter__(self) -> bool:
        taken: bool = self._scheduler.call(ACQUIRE, self._cell)
        return taken

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def __repr__(self) -> str:
        bound = "" if self._bound is None else f"/{self._bound}"
        return f"<{self._called()} at {id(self):#x}: value={self._glance()}{bound}>"

    @staticmethod
    def show(state: int, name: Callable[[int], str]) -> str:
        """How many permits are free."""
        return "1 permit" if state == 1 else f"{state} permits"


class BoundedSemaphore(Semaphore):
    """A semaphore whose release raises ValueError beyond the initial number of permits."""

    def __init__(self, value: int = 1, *, shared: bool = True) -> None:
        super().__init__(value, shared=shared)
        self._bound = value
