"""Snapshot: whether anything has changed that tasks can reach beside the harness's objects.

What can change is a container, a variable (a closure's cell, a global) or a slot. Of each, the
snapshot keeps what it held, by identity and with strong references, so that no address can come
back as another object. `changed` runs after every new piece of code, so the comparison is a few
passes of the interpreter's own loops over flat lists; only a difference is looked at closely.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable
from itertools import chain, repeat
from types import CellType
from typing import Any

_contents = operator.attrgetter("cell_contents")


class _Nothing:
    """Stands for the value of a name that is not there."""


_NOTHING = _Nothing()


class Snapshot:
    """What a number of places held when each was added. A place is described by `where`."""

    def __init__(self) -> None:
        self._containers: list[Any] = []  # iterable, of a fixed order
        self._lengths: list[int] = []
        self._elements: list[Any] = []  # of all containers, one after another
        self._sized: list[Any] = []  # only their length matters
        self._sizes: list[int] = []
        self._cells: list[CellType] = []
        self._in_cells: list[Any] = []
        self._empty: list[CellType] = []
        self._spaces: list[dict[str, Any]] = []
        self._names: list[str] = []
        self._values: list[Any] = []
        self._slots: list[tuple[Callable[[Any], Any], Any, Any]] = []
        self._rests: list[tuple[Any, Collection[str], list[Any]]] = []
        self._where: dict[str, list[str]] = {
            kind: [] for kind in ("container", "size", "cell", "empty", "name", "slot", "rest")
        }
        self._seen: set[tuple[int, str]] = set()

    @property
    def size(self) -> int:
        """How many references are compared."""
        return (
            len(self._elements)
            + len(self._containers)
            + len(self._sized)
            + len(self._cells)
            + len(self._empty)
            + len(self._names)
            + len(self._slots)
            + sum([len(rest) for _, _, rest in self._rests])
        )

    def container(self, container: Any, where: str) -> None:
        """A list, a set, the keys or the values of a dictionary: length, elements and order."""
        if len(container) == 0:  # an iterator over nothing takes its time, too
            self.length(container, where)
            return
        self._containers.append(container)
        self._lengths.append(len(container))
        self._elements.extend(container)
        self._where["container"].append(where)

    def dictionary(self, space: Any, where: str) -> None:
        """The keys, the values, and their order."""
        self.container(space.keys(), where)
        self.container(space.values(), where)

    def rest(self, space: Any, without: Collection[str], where: str) -> None:
        """The same of a namespace, without some of its names."""
        self._rests.append((space, without, _rest(space, without)))
        self._where["rest"].append(where)

    def length(self, container: Any, where: str) -> None:
        """How many elements a container has, and nothing else."""
        self._sized.append(container)
        self._sizes.append(len(container))
        self._where["size"].append(where)

    def cell(self, cell: CellType, where: str) -> None:
        """A variable of an enclosing function; that it has no value yet counts too."""
        try:
            content = cell.cell_contents
        except ValueError:
            self._empty.append(cell)
            self._where["empty"].append(where)
            return
        self._cells.append(cell)
        self._in_cells.append(content)
        self._where["cell"].append(where)

    def name(self, space: dict[str, Any], name: str, where: str) -> None:
        """One name of a namespace."""
        entry = (id(space), name)
        if entry not in self._seen:  # the namespace is kept, so its address is its own
            self._seen.add(entry)
            self._spaces.append(space)
            self._names.append(name)
            self._values.append(space.get(name, _NOTHING))
            self._where["name"].append(where)

    def slot(self, get: Callable[[Any], Any], owner: Any, where: str) -> None:
        """A slot of an object."""
        self._slots.append((get, owner, _slot_value(get, owner)))
        self._where["slot"].append(where)

    def changed(self) -> str | None:
        """The first place that holds something else than when it was added; None if none does."""
        return None if self._same() else self._difference()

    def _same(self) -> bool:
        same = operator.is_
        if self._containers:
            if list(map(len, self._containers)) != self._lengths:
                return False
            elements: Iterable[Any] = chain.from_iterable(self._containers)
            if not all(map(same, elements, self._elements)):
                return False
        if self._sized and list(map(len, self._sized)) != self._sizes:
            return False
        if self._cells:
            try:
                if not all(map(same, map(_contents, self._cells), self._in_cells)):
                    return False
            except ValueError:  # a cell has been emptied
                return False
        if self._names:
            values = map(dict.get, self._spaces, self._names, repeat(_NOTHING))
            if not all(map(same, values, self._values)):
                return False
        for cell in self._empty:
            if _has_content(cell):
                return False
        for space, without, rest in self._rests:
            now = _rest(space, without)
            if len(now) != len(rest) or not all(map(same, now, rest)):
                return False
        if not self._slots:
            return True
        return all(_slot_value(get, owner) is value for get, owner, value in self._slots)

    def _difference(self) -> str:
        where = self._where
        start = 0
        for index, container in enumerate(self._containers):
            end = start + self._lengths[index]
            now = list(container)
            if len(now) != end - start or not all(
                map(operator.is_, now, self._elements[start:end])
            ):
                return where["container"][index]
            start = end
        for index, container in enumerate(self._sized):
            if len(container) != self._sizes[index]:
                return where["size"][index]
        for index, cell in enumerate(self._cells):
            if not _has_content(cell) or cell.cell_contents is not self._in_cells[index]:
                return where["cell"][index]
        for index, cell in enumerate(self._empty):
            if _has_content(cell):
                return where["empty"][index]
        for index, space in enumerate(self._spaces):
            if space.get(self._names[index], _NOTHING) is not self._values[index]:
                return where["name"][index]
        for index, (get, owner, value) in enumerate(self._slots):
            if _slot_value(get, owner) is not value:
                return where["slot"][index]
        for index, (space, without, rest) in enumerate(self._rests):
            now = _rest(space, without)
            if len(now) != len(rest) or not all(map(operator.is_, now, rest)):
                return where["rest"][index]
        raise AssertionError("nothing has changed")


def _rest(space: dict[str, Any], without: Collection[str]) -> list[Any]:
    return [part for pair in space.items() if pair[0] not in without for part in pair]


def _has_content(cell: CellType) -> bool:
    try:
        _contents(cell)
    except ValueError:
        return False
    return True


def _slot_value(get: Callable[[Any], Any], owner: Any) -> Any:
    try:
        return get(owner)
    except AttributeError:
        return _NOTHING
