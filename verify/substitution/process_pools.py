"""Process pools: `multiprocessing.Pool` is `verify.Pool`, with the calls that only the former has.

Its workers take tasks one after another without being replaced (`maxtasksperchild` is ignored).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from multiprocessing import TimeoutError as PoolTimeout
from typing import Any

from verify.errors import OwnerDied
from verify.operation import Access, Kind, Outcome, States
from verify.sync import pool
from verify.sync.ledger import GETTERS, OUTCOME, SUBMIT


def _any_finished(states: States, task: int, numbers: Any) -> bool:
    return any(finished.number in numbers for finished in states[0].finished)


def _first(states: States, task: int, numbers: Any) -> Outcome:
    return next(one for one in states[0].finished if one.number in numbers), states


def _none(states: States, task: int, numbers: Any) -> Outcome:
    return None, states


FIRST = Kind(
    "outcome",
    _first,
    ready=_any_finished,
    give_up=_none,
    footprint=(Access.READ,),
    queue=lambda states, task: GETTERS,
    shows_result=True,
)


class Pool(pool.Pool):
    """`multiprocessing.Pool`."""

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
    ) -> None:
        super().__init__(processes, initializer, initargs)

    def starmap(
        self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None
    ) -> list[Any]:
        """`func(*arguments)` for each of the tuples of arguments."""
        return self.map(partial(_unpacked, func), iterable, chunksize)

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[Any]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> pool.AsyncResult[list[Any]]:
        """The same, without waiting."""
        of_all = partial(_unpacked, func)
        return self.map_async(of_all, iterable, chunksize, callback, error_callback)

    def imap(
        self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1
    ) -> Iterator[Any]:
        """The results one after another, in the order of the items."""
        return _Results(self, func, iterable, chunksize, in_order=True)

    def imap_unordered(
        self, func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int = 1
    ) -> Iterator[Any]:
        """The results one after another, in the order in which they come."""
        return _Results(self, func, iterable, chunksize, in_order=False)


class _Results:
    """An iterator over the results of `imap`."""

    def __init__(
        self,
        of: Pool,
        func: Callable[[Any], Any],
        items: Iterable[Any],
        size: int,
        in_order: bool,
    ) -> None:
        if size < 1:
            raise ValueError(f"Chunksize must be 1+, not {size}")
        given = tuple(items)
        chunks = [given[at : at + size] for at in range(0, len(given), size)]
        calls = tuple((pool.call_each, (func, chunk), ()) for chunk in chunks)
        self._pool = of
        self._in_order = in_order
        self._left: list[int] = list(of._perform(SUBMIT, calls)) if calls else []
        self._there: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self.next()

    def next(self, timeout: float | None = None) -> Any:
        """The next result; raises what its task raised, multiprocessing.TimeoutError in time."""
        if self._there:
            return self._there.pop(0)
        if not self._left:
            raise StopIteration
        finished = self._next(timeout)
        if finished is None:
            raise PoolTimeout
        self._left.remove(finished.number)
        if not finished.good:
            raise finished.outcome
        self._there = list(finished.outcome)
        return self._there.pop(0)

    def _next(self, timeout: float | None) -> Any:
        if not self._in_order:
            return self._pool._perform(FIRST, tuple(self._left), True, timeout)
        try:
            found = self._pool._perform(OUTCOME, (self._left[0],), True, timeout)
        except OwnerDied:
            self._left.pop(0)
            raise
        return None if found is None else found[0]


def _unpacked(func: Callable[..., Any], arguments: Iterable[Any]) -> Any:
    return func(*arguments)
