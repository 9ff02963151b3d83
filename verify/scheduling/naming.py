"""Stable names: the same object has the same number in every execution of a search.

A task or an object is known by who created it and as the how-many-eth (`id()` is reused, a global
counter depends on the interleaving). `Names` turns such keys into small numbers, first come first
numbered, and keeps them for a whole search, so that footprints can be bit masks.
"""

from __future__ import annotations

MAIN = 0


class Names:
    """Numbers for the tasks and the objects of one search."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[int, int], int] = {}
        self._objects: dict[tuple[str, int, int], int] = {}
        self.task_keys: list[tuple[int, int]] = [(MAIN, 0)]
        """By task number: the creator's number and the index among its children, from 1."""
        self.object_keys: list[tuple[str, int, int]] = []
        """By object number: what it is ("object", "end", "invariant"), its creator, its index."""

    def task(self, creator: int, index: int) -> int:
        """The number of the index-th task (from 1) that a task starts."""
        key = (creator, index)
        number = self._tasks.get(key)
        if number is None:
            number = self._tasks[key] = len(self.task_keys)
            self.task_keys.append(key)
        return number

    def object(self, what: str, creator: int, index: int) -> int:
        """The number of the index-th object of its kind that a task creates."""
        key = (what, creator, index)
        number = self._objects.get(key)
        if number is None:
            number = self._objects[key] = len(self.object_keys)
            self.object_keys.append(key)
        return number

    def path(self, task: int) -> tuple[int, ...]:
        """A task's name that holds in any search: the indices from the main task down to it."""
        path: list[int] = []
        while task != MAIN:
            task, index = self.task_keys[task]
            path.append(index)
        return tuple(reversed(path))
