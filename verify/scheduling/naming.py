"""Stable names: the same object has the same number in every execution of a search.

A task or an object is known by who created it and as the how-many-eth (`id()` is reused, a global
counter depends on the interleaving). `Names` turns such keys into small numbers, first come first
numbered, and keeps them for a whole search, so that footprints can be bit masks.

Processes that explore one search meet tasks in different orders, and number them differently. So
whoever goes through tasks in an order takes that of their keys, which holds in all of them.
"""

from __future__ import annotations

from typing import Final

from verify.operation import bits
from verify.scheduling.plain_names import Field, PlainNames

MAIN: Final = 0
UNKNOWN: Final = -1


class Names:
    """Numbers for the tasks and the objects of one search."""

    def __init__(self) -> None:
        self._children: list[list[int]] = []
        self._objects: list[list[int]] = []
        self._ends: list[int] = []  # what is kept of the next, since each execution asks for it
        self._others: dict[tuple[str, int, int], int] = {}
        self.task_keys: list[tuple[int, int]] = [(MAIN, 0)]
        """By task number: the creator's number and the index among its children, from 1."""
        self._in_order = True  # the numbers rise as the ranks do
        self.object_keys: list[tuple[str, int, int]] = []
        """By object number: what it is ("object", "end", "invariant"), its creator, its index."""
        self.plain = PlainNames()
        """What is known of plain objects: see plain_names.py."""
        self.opened = False
        """Whether the program uses what queues are made of; then they are explored as written."""

    def task(self, creator: int, index: int) -> int:
        """The number of the index-th task (from 1) that a task starts."""
        known = _row(self._children, creator)
        while len(known) < index:
            known.append(UNKNOWN)
        number = known[index - 1]
        if number == UNKNOWN:
            number = known[index - 1] = len(self.task_keys)
            self.task_keys.append((creator, index))
            self._in_order = self._in_order and self.rank(number - 1) < self.rank(number)
        return number

    def rank(self, task: int) -> tuple[int, tuple[int, ...]]:
        """What tasks are ordered by: those that are fewer starts away from the main task first."""
        path = self.path(task)
        return len(path), path

    def first(self, tasks: int) -> int:
        """Which of the tasks whose bits these are comes first."""
        if self._in_order:
            return (tasks & -tasks).bit_length() - 1
        return self.ordered(tasks)[0]

    def ordered(self, tasks: int) -> list[int]:
        """The tasks whose bits these are, in their order."""
        found = bits(tasks)
        return found if self._in_order else sorted(found, key=self.rank)

    def object(self, what: str, creator: int, index: int) -> int:
        """The number of the index-th object of its kind that a task creates."""
        if what == "object":
            return self.created(creator, index)
        key = (what, creator, index)
        number = self._others.get(key)
        if number is None:
            number = self._others[key] = len(self.object_keys)
            self.object_keys.append(key)
        return number

    def created(self, creator: int, index: int) -> int:
        """The number of the index-th object (from 1) that a task creates: `object` of "object"."""
        known = _row(self._objects, creator)
        while len(known) < index:
            known.append(UNKNOWN)
        number = known[index - 1]
        if number == UNKNOWN:
            number = known[index - 1] = len(self.object_keys)
            self.object_keys.append(("object", creator, index))
        return number

    def plain_number(self, field: Field) -> int:
        """The number of the object that a field of a plain object is."""
        if field.number == UNKNOWN:
            holder = field.holder
            field.number = self.object(f"{holder.what} {field.text}", holder.creator, holder.index)
        return field.number

    def plain_field(self, field: Field) -> str:
        """A field's name that holds in any search, in one line."""
        holder = field.holder
        path = ".".join(map(str, self.path(holder.creator)))
        return f"{holder.what} {path} {holder.index}{field.text}"

    def object_path(self, number: int) -> tuple[str, tuple[int, ...], int]:
        """An object's name that holds in any search: what it is, its creator's path, its index."""
        what, creator, index = self.object_keys[number]
        return what, self.path(creator), index

    def end(self, task: int) -> int:
        """The number of the object that a task's end is: `object` of "end"."""
        while len(self._ends) <= task:
            self._ends.append(UNKNOWN)
        number = self._ends[task]
        if number == UNKNOWN:
            number = self._ends[task] = self.object("end", task, 0)
        return number

    def path(self, task: int) -> tuple[int, ...]:
        """A task's name that holds in any search: the indices from the main task down to it."""
        path: list[int] = []
        while task != MAIN:
            task, index = self.task_keys[task]
            path.append(index)
        return tuple(reversed(path))


def _row(rows: list[list[int]], number: int) -> list[int]:
    while len(rows) <= number:
        rows.append([])
    return rows[number]
