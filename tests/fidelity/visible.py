"""Plain data of a copy that is looked at without its lock: made visible, so that it is explored.

The copies keep their state in plain attributes and containers. Nearly all of it is touched under a
lock alone, whose events order it. For the rest each access is an event of its own right before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import verify


class Field:
    """An attribute each of whose accesses is an event."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if self._name not in vars(instance):
            raise AttributeError(self._name)
        return self._cell(instance, None).value

    def __set__(self, instance: Any, value: Any) -> None:
        if self._name in vars(instance):
            self._cell(instance, None).value = value
        else:
            self._cell(instance, value)

    def _cell(self, instance: Any, first: Any) -> verify.Shared[Any]:
        """Where the value is; what it was before this came into the class, or is to be at first."""
        value = vars(instance).get(self._name, first)
        if not isinstance(value, verify.Shared):
            value = vars(instance)[self._name] = verify.Shared(value)
        return value


class Deque(deque[Any]):
    """A deque each of whose uses is an event: a read or a write of the whole."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__(items)
        self._uses = verify.Atomic(0)

    def _changes(self) -> None:
        self._uses.add(1)

    def _looks(self) -> None:
        self._uses.load()

    def append(self, item: Any) -> None:
        self._changes()
        super().append(item)

    def popleft(self) -> Any:
        self._changes()
        return super().popleft()

    def remove(self, item: Any) -> None:
        self._changes()
        super().remove(item)

    def __getitem__(self, index: Any) -> Any:
        self._looks()
        return super().__getitem__(index)

    def __len__(self) -> int:
        self._looks()
        return super().__len__()

    def __iter__(self) -> Iterator[Any]:
        self._looks()
        return super().__iter__()
