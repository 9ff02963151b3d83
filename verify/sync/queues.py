"""Queue, LifoQueue, PriorityQueue: signatures of the standard library's `queue`.

They differ in the items that they begin with (`items.py`); what can happen to these is `stock.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Full
from typing import Generic, TypeVar

from verify.sync.items import Fifo, Items, Lifo, Sorted, Stock
from verify.sync.primitive import Primitive
from verify.sync.stock import (
    EMPTY,
    FULL,
    GET,
    IS_SHUTDOWN,
    JOIN,
    MISSING,
    PUT,
    QSIZE,
    SHUTDOWN,
    TASK_DONE,
    UNFINISHED,
    Missing,
    Parcel,
)
from verify.values import in_words

T = TypeVar("T")


class Queue(Primitive, Generic[T]):
    """First in, first out, at most `maxsize` items at once; 0 or less is no bound."""

    _empty: Items = Fifo()

    def __init_subclass__(cls) -> None:
        """TypeError for a subclass with another organisation: it would be ignored in silence."""
        super().__init_subclass__()
        for hook in ("_init", "_qsize", "_put", "_get"):
            if hook in vars(cls):
                raise TypeError(
                    f"{cls.__name__} overrides {hook}, which no queue of verify calls: putting and "
                    "taking are pure steps that every scheduler carries out; use LifoQueue or "
                    "PriorityQueue, or a plain container under a Lock and Conditions"
                )

    def __init__(self, maxsize: int = 0, *, shared: bool = True) -> None:
        super().__init__(Stock(self._empty, 0), shared=shared)
        self.maxsize = maxsize

    def put(self, item: T, block: bool = True, timeout: float | None = None) -> None:
        """Put an item in, sleeping while the queue is full: at most `timeout` seconds.

        Raises queue.Full if there is still no room then, or at once without `block`; ValueError
        for a negative time-out; ShutDown if the queue is, or meanwhile gets, shut down.
        """
        if not block:
            timeout = None
        elif timeout is not None and self.maxsize > 0:
            _check(timeout)
        parcel: Parcel = item, self.maxsize
        if not self._scheduler.call(PUT, self._cell, parcel, block, timeout):
            raise Full

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Take the next item out, sleeping while there is none: at most `timeout` seconds.

        Raises queue.Empty if there is still none then, or at once without `block`; ValueError for
        a negative time-out.
        """
        if not block:
            timeout = None
        elif timeout is not None:
            _check(timeout)
        item: T | Missing = self._scheduler.call(GET, self._cell, None, block, timeout)
        if item is MISSING:
            raise Empty
        return item

    def put_nowait(self, item: T) -> None:
        """`put` that raises queue.Full instead of sleeping."""
        self.put(item, block=False)

    def get_nowait(self) -> T:
        """`get` that raises queue.Empty instead of sleeping."""
        return self.get(block=False)

    def qsize(self) -> int:
        """How many items there are at this moment."""
        size: int = self._perform(QSIZE)
        return size

    def empty(self) -> bool:
        """Whether there is no item at this moment."""
        empty: bool = self._perform(EMPTY)
        return empty

    def full(self) -> bool:
        """Whether there is no room at this moment."""
        full: bool = self._perform(FULL, self.maxsize)
        return full

    def shutdown(self, immediate: bool = False) -> None:
        """From now on refuse every put, and every get once the items have been taken: ShutDown.

        Who sleeps in one is woken and told. `immediate` takes the items away as well, each as if it
        had been taken and reported done.
        """
        self._perform(SHUTDOWN, bool(immediate))

    @property
    def is_shutdown(self) -> bool:
        """Whether it has been shut down."""
        closed: bool = self._perform(IS_SHUTDOWN)
        return closed

    @property
    def unfinished_tasks(self) -> int:
        """How many items were put that nobody has reported done."""
        unfinished: int = self._perform(UNFINISHED)
        return unfinished

    def task_done(self) -> None:
        """Report one item done. ValueError if more are reported than were put."""
        self._perform(TASK_DONE)

    def join(self) -> None:
        """Sleep until every item ever put has been reported done."""
        self._perform(JOIN)

    @staticmethod
    def show(state: Stock, name: Callable[[int], str]) -> str:
        """The items, and how many tasks are unfinished if that is more than there are items."""
        taken = state.unfinished - len(state.items)
        shown = in_words(list(state.items)) + (f", {taken} taken and not done" if taken else "")
        return shown + (", shut down" if state.closed else "")


class LifoQueue(Queue[T]):
    """Last in, first out: `queue.LifoQueue`."""

    _empty = Lifo()


class PriorityQueue(Queue[T]):
    """Smallest first: `queue.PriorityQueue`. A put raises TypeError for items without an order."""

    _empty = Sorted()


def _check(timeout: float) -> None:
    if timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
