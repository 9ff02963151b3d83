"""Items: what a queue holds, as values that are never changed.

`put` and `get` return new items and leave the old ones as they were, so that a state can be kept,
compared and gone back to. A tuple would copy everything at each step; a linked list shares what did
not change:

    Fifo     two linked lists, the front and the reversed back; where the front runs out the back
             is turned round once (Hood and Melville, 1981; Okasaki, Purely Functional Data
             Structures, 1998): constant time each, on average over a run
    Lifo     one linked list
    Sorted   a sorted tuple, smallest first; equal items in the order in which they came

Two collections are equal iff they are of one class and give the same items in the same order,
however these are linked. They are pickled as a flat tuple: following a chain of thousands of links
would exceed the recursion limit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

Link = Any
"""A linked list: None, or a pair of an item and the rest."""


def _listed(link: Link) -> list[Any]:
    """What is linked, from the front."""
    items = []
    while link is not None:
        item, link = link
        items.append(item)
    return items


class Items(ABC):
    """An immutable collection with one way in and one way out; iterates in a canonical order."""

    __slots__ = ()

    @classmethod
    def of(cls, items: Iterable[Any]) -> Self:
        """The collection that holds these, put in one after another."""
        made = cls()
        for item in items:
            made = made.put(item)
        return made

    @abstractmethod
    def put(self, item: Any) -> Self:
        """With one item more."""

    @abstractmethod
    def get(self) -> tuple[Any, Self]:
        """The next item, and the collection without it. It must not be empty."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Any]: ...

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Items)
        return len(self) == len(other) and all(map(_same, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(list(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of, (tuple(self),)


def _same(a: Any, b: Any) -> bool:
    return a is b or bool(a == b)


class Fifo(Items):
    """First in, first out; iterates in the order of leaving. No front: there is nothing in it."""

    __slots__ = ("_back", "_front", "_length")

    def __init__(self, front: Link = None, back: Link = None, length: int = 0) -> None:
        self._front = front
        self._back = back
        self._length = length

    @classmethod
    def of(cls, items: Iterable[Any]) -> Self:
        front: Link = None
        listed = list(items)
        listed.reverse()
        for item in listed:
            front = (item, front)
        return cls(front, None, len(listed))

    def put(self, item: Any) -> Fifo:
        if self._front is None:
            return Fifo((item, None), None, 1)
        return Fifo(self._front, (item, self._back), self._length + 1)

    def get(self) -> tuple[Any, Fifo]:
        item, front = self._front
        back = self._back
        if front is None and back is not None:
            while back is not None:
                moved, back = back
                front = (moved, front)
        return item, Fifo(front, back, self._length - 1)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        items = _listed(self._front)
        if self._back is not None:
            back = _listed(self._back)
            back.reverse()
            items += back
        return iter(items)


class Lifo(Items):
    """Last in, first out; iterates from the oldest to the newest."""

    __slots__ = ("_length", "_top")

    def __init__(self, top: Link = None, length: int = 0) -> None:
        self._top = top
        self._length = length

    def put(self, item: Any) -> Lifo:
        return Lifo((item, self._top), self._length + 1)

    def get(self) -> tuple[Any, Lifo]:
        item, rest = self._top
        return item, Lifo(rest, self._length - 1)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Any]:
        items = _listed(self._top)
        items.reverse()
        return iter(items)


class Sorted(Items):
    """Smallest first; `put` compares items and raises what their comparison raises."""

    __slots__ = ("_items",)

    def __init__(self, items: tuple[Any, ...] = ()) -> None:
        self._items = items

    def put(self, item: Any) -> Sorted:
        place = bisect_right(self._items, item)
        return Sorted((*self._items[:place], item, *self._items[place:]))

    def get(self) -> tuple[Any, Sorted]:
        return self._items[0], Sorted(self._items[1:])

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


class Stock:
    """What a queue holds: the items, and how many of all ever put still lack their `task_done`.

    `closed`: it was shut down. Never changed, either; like a named tuple, but quicker to make.
    """

    __slots__ = ("closed", "items", "unfinished")

    _fields: ClassVar[tuple[str, ...]] = ("items", "unfinished", "closed")

    def __init__(self, items: Items, unfinished: int, closed: bool = False) -> None:
        self.items = items
        self.unfinished = unfinished
        self.closed = closed

    def __iter__(self) -> Iterator[Any]:
        return iter((self.items, self.unfinished, self.closed))

    def __eq__(self, other: object) -> bool:
        return type(other) is Stock and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Stock{tuple(self)!r}"

    def __reduce__(self) -> tuple[Any, ...]:
        return Stock, tuple(self)
