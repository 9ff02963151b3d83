"""Queue, LifoQueue, PriorityQueue: signatures of the standard library's `queue`.

The state is the items and how many of those ever put have not been reported done. A put is disabled
while the queue is full, a get while it is empty, a join while something is unfinished; a call that
must not wait gives up there and raises `queue.Full` or `queue.Empty`. Takers, putters and joiners
stand in different lanes of one cell: an item wakes a taker, room wakes a putter, the last
`task_done` wakes all joiners.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from queue import Empty, Full
from typing import Any, Generic, NamedTuple, TypeVar

from verify.operation import EVERYONE, NOBODY, Access, Kind, Lane, Outcome, States, Wake
from verify.sync.items import Fifo, Items, Lifo, Sorted
from verify.sync.primitive import Primitive
from verify.values import in_words

T = TypeVar("T")

TAKERS, PUTTERS, JOINERS = Lane(0, 0), Lane(0, 1), Lane(0, 2)


class Stock(NamedTuple):
    """The items, and how many of all that were ever put still lack their `task_done`."""

    items: Items
    unfinished: int


class Parcel(NamedTuple):
    """What a put carries; the bound goes along because a user may change `maxsize`."""

    item: Any
    maxsize: int

    def __repr__(self) -> str:
        return in_words(self.item)


class Missing(enum.Enum):
    """The result of a get that gave up: no item can be mistaken for it."""

    ITEM = enum.auto()


def _has_room(states: States, task: int, parcel: Any) -> bool:
    maxsize: int = parcel.maxsize
    return maxsize <= 0 or len(states[0].items) < maxsize


def _put(states: States, task: int, parcel: Any) -> Outcome:
    stock: Stock = states[0]
    return True, (Stock(stock.items.put(parcel.item), stock.unfinished + 1),)


def _has_item(states: States, task: int, argument: Any) -> bool:
    return len(states[0].items) > 0


def _get(states: States, task: int, argument: Any) -> Outcome:
    stock: Stock = states[0]
    item, rest = stock.items.get()
    return item, (Stock(rest, stock.unfinished),)


def _find_none(states: States, task: int, argument: Any) -> Outcome:
    return Missing.ITEM, states


def _finish_one(states: States, task: int, argument: Any) -> Outcome:
    stock: Stock = states[0]
    if stock.unfinished <= 0:
        raise ValueError("task_done() called too many times")
    return None, (Stock(stock.items, stock.unfinished - 1),)


def _all_finished(states: States, task: int, argument: Any) -> bool:
    unfinished: int = states[0].unfinished
    return unfinished == 0


def _nothing(states: States, task: int, argument: Any) -> Outcome:
    return None, states


def _count(states: States, task: int, argument: Any) -> Outcome:
    return len(states[0].items), states


def _is_empty(states: States, task: int, argument: Any) -> Outcome:
    return not states[0].items, states


def _is_full(states: States, task: int, maxsize: Any) -> Outcome:
    return 0 < maxsize <= len(states[0].items), states


def _wake_taker(before: States, after: States, argument: Any) -> Wake:
    return Wake(TAKERS, 1, ())


def _wake_putter(before: States, after: States, argument: Any) -> Wake:
    return Wake(PUTTERS, 1, ())


def _wake_joiners(before: States, after: States, argument: Any) -> Wake:
    return NOBODY if after[0].unfinished else Wake(JOINERS, EVERYONE, ())


PUT = Kind(
    "put",
    _put,
    ready=_has_room,
    wakes=_wake_taker,
    queue=lambda states, task: PUTTERS,
    shows_argument=True,
)
GET = Kind(
    "get",
    _get,
    ready=_has_item,
    give_up=_find_none,
    wakes=_wake_putter,
    queue=lambda states, task: TAKERS,
    shows_result=True,
)
TASK_DONE = Kind("task_done", _finish_one, wakes=_wake_joiners)
JOIN = Kind(
    "join",
    _nothing,
    ready=_all_finished,
    footprint=(Access.READ,),
    queue=lambda states, task: JOINERS,
)
QSIZE = Kind("qsize", _count, footprint=(Access.READ,), shows_result=True)
EMPTY = Kind("empty", _is_empty, footprint=(Access.READ,), shows_result=True)
FULL = Kind("full", _is_full, footprint=(Access.READ,), shows_result=True)


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
        for a negative time-out.
        """
        if not block:
            timeout = None
        elif self.maxsize > 0:
            _check(timeout)
        if not self._perform(PUT, Parcel(item, self.maxsize), block, timeout):
            raise Full

    def get(self, block: bool = True, timeout: float | None = None) -> T:
        """Take the next item out, sleeping while there is none: at most `timeout` seconds.

        Raises queue.Empty if there is still none then, or at once without `block`; ValueError for
        a negative time-out.
        """
        if not block:
            timeout = None
        else:
            _check(timeout)
        item: T | Missing = self._perform(GET, None, block, timeout)
        if isinstance(item, Missing):
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
        return in_words(list(state.items)) + (f", {taken} taken and not done" if taken else "")


class LifoQueue(Queue[T]):
    """Last in, first out: `queue.LifoQueue`."""

    _empty = Lifo()


class PriorityQueue(Queue[T]):
    """Smallest first: `queue.PriorityQueue`. A put raises TypeError for items without an order."""

    _empty = Sorted()


def _check(timeout: float | None) -> None:
    if timeout is not None and timeout < 0:
        raise ValueError("'timeout' must be a non-negative number")
