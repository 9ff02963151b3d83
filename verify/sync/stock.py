"""Stock: what a queue holds, and all that can happen to it.

The state is the items and how many of those ever put have not been reported done. A put is disabled
while the queue is full, a get while it is empty, a join while something is unfinished; a call that
must not wait gives up there. Takers, putters and joiners stand in different lanes of one cell: an
item wakes a taker, room wakes a putter, the last `task_done` wakes all joiners.

Once it is shut down, putting is an error, and taking when nothing is left: both can happen then, at
once, so a shutdown wakes everybody. An immediate one also takes the items away, as if each had been
taken and reported done.
"""

from __future__ import annotations

import enum
from typing import Any, Final

from verify.errors import ShutDown
from verify.operation import EVERY_LANE, EVERYONE, NOBODY, Access, Kind, Lane, Outcome, States, Wake
from verify.sync.items import Stock

TAKERS: Final = Lane(0, 0)
PUTTERS: Final = Lane(0, 1)
JOINERS: Final = Lane(0, 2)

_WAKE_TAKER: Final = Wake(TAKERS, 1, ())
_WAKE_PUTTER: Final = Wake(PUTTERS, 1, ())


Parcel = tuple[Any, int]
"""What a put carries: the item, and the bound because a user may change `maxsize`."""


class Missing(enum.Enum):
    """The result of a get that gave up: no item can be mistaken for it."""

    ITEM = enum.auto()


MISSING: Final = Missing.ITEM


def _item(parcel: Any) -> Any:
    return parcel[0]


def _has_room(states: States, task: int, parcel: Any) -> bool:
    fields: tuple[Any, ...] = parcel
    maxsize: int = fields[1]
    stock: Stock = states[0]
    return maxsize <= 0 or stock.closed or len(stock.items) < maxsize


def _put(states: States, task: int, parcel: Any) -> Outcome:
    stock: Stock = states[0]
    if stock.closed:
        raise ShutDown
    fields: tuple[Any, ...] = parcel
    return True, (Stock(stock.items.put(fields[0]), stock.unfinished + 1),)


def _has_item(states: States, task: int, argument: Any) -> bool:
    stock: Stock = states[0]
    return len(stock.items) > 0 or stock.closed


def _get(states: States, task: int, argument: Any) -> Outcome:
    stock: Stock = states[0]
    if len(stock.items) == 0:
        raise ShutDown
    item, rest = stock.items.get()
    return item, (Stock(rest, stock.unfinished, stock.closed),)


def _find_none(states: States, task: int, argument: Any) -> Outcome:
    return MISSING, states


def _finish_one(states: States, task: int, argument: Any) -> Outcome:
    stock: Stock = states[0]
    if stock.unfinished <= 0:
        raise ValueError("task_done() called too many times")
    return None, (Stock(stock.items, stock.unfinished - 1, stock.closed),)


def _shut_down(states: States, task: int, immediate: Any) -> Outcome:
    stock: Stock = states[0]
    if not immediate:
        return None, (Stock(stock.items, stock.unfinished, True),)
    unfinished = max(0, stock.unfinished - len(stock.items))
    return None, (Stock(type(stock.items)(), unfinished, True),)


def _all_finished(states: States, task: int, argument: Any) -> bool:
    unfinished: int = states[0].unfinished
    return unfinished == 0


def _nothing(states: States, task: int, argument: Any) -> Outcome:
    return None, states


def _count(states: States, task: int, argument: Any) -> Outcome:
    return len(states[0].items), states


def _unfinished(states: States, task: int, argument: Any) -> Outcome:
    return states[0].unfinished, states


def _is_closed(states: States, task: int, argument: Any) -> Outcome:
    return states[0].closed, states


def _is_empty(states: States, task: int, argument: Any) -> Outcome:
    return not states[0].items, states


def _is_full(states: States, task: int, maxsize: Any) -> Outcome:
    return 0 < maxsize <= len(states[0].items), states


def _wake_taker(before: States, after: States, argument: Any) -> Wake:
    return _WAKE_TAKER


def _wake_putter(before: States, after: States, argument: Any) -> Wake:
    return _WAKE_PUTTER


def _wake_all(before: States, after: States, immediate: Any) -> Wake:
    return Wake(Lane(0, EVERY_LANE), EVERYONE, ())


def _wake_joiners(before: States, after: States, argument: Any) -> Wake:
    return NOBODY if after[0].unfinished else Wake(JOINERS, EVERYONE, ())


PUT = Kind(
    "put",
    _put,
    ready=_has_room,
    wakes=_wake_taker,
    queue=lambda states, task: PUTTERS,
    shows_argument=True,
    shown=_item,
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
SHUTDOWN = Kind("shutdown", _shut_down, wakes=_wake_all)
UNFINISHED = Kind("unfinished_tasks", _unfinished, footprint=(Access.READ,), shows_result=True)
IS_SHUTDOWN = Kind("is_shutdown", _is_closed, footprint=(Access.READ,), shows_result=True)
QSIZE = Kind("qsize", _count, footprint=(Access.READ,), shows_result=True)
EMPTY = Kind("empty", _is_empty, footprint=(Access.READ,), shows_result=True)
FULL = Kind("full", _is_full, footprint=(Access.READ,), shows_result=True)
