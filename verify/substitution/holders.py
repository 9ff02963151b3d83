"""Holders: where a program keeps an object of the library's, so that another can take its place.

A lock of C cannot be changed, and what stands in a tuple or a set cannot be exchanged; all other
places can be written to. What the library's modules have bound stays as it is, but for those by
which a program blocks; and so does what belongs to tools that test.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from functools import lru_cache
from types import CellType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, NamedTuple

LIBRARY_THAT_CALLS = frozenset({"concurrent", "functools", "multiprocessing", "queue", "threading"})
"""The packages of the library whose own names are replaced: the others keep what they have."""

_TOOLS = frozenset(
    {"_pytest", "coverage", "execnet", "greenlet", "hypothesis", "networkx", "pluggy", "pytest"}
    | {"rich", "verify", "xdist"}
)
"""Packages that test, and are not tested."""


class Holder(NamedTuple):
    """A place and what it holds, with the name by which a person knows it.

    `key` is a name or a position in what holds it: a dict, list, class or function (whose defaults
    are meant); of a cell it is None, of an object with slots the slot's descriptor.
    """

    of: Any
    key: Any
    value: Any
    name: str

    def put(self, new: object) -> bool:
        """Hold something else from now on; False where nothing can be exchanged."""
        of, key, kind = self.of, self.key, type(self.of)
        try:
            if type(key) is MemberDescriptorType:
                key.__set__(of, new)
            elif issubclass(kind, dict):
                dict.__setitem__(of, key, new)
            elif issubclass(kind, list):
                list.__setitem__(of, key, new)
            elif issubclass(kind, type):
                type.__setattr__(of, key, new)
            elif kind is CellType:
                of.cell_contents = new
            elif kind is FunctionType:
                defaults = list(of.__defaults__ or ())
                defaults[key] = new
                of.__defaults__ = tuple(defaults)
            else:
                return False
        except (AttributeError, TypeError):  # a class of C, or a slot that can only be read
            return False
        return True

    def put_back(self, new: object) -> None:
        """Hold again what was there, unless the program has put yet something else there."""
        of = self.of
        if issubclass(type(of), list):
            for index, value in enumerate(list.__iter__(of)):
                if value is new:
                    list.__setitem__(of, index, self.value)
        elif self._held() is new:
            self.put(self.value)

    def _held(self) -> object:
        of, key, kind = self.of, self.key, type(self.of)
        try:
            if type(key) is MemberDescriptorType:
                return key.__get__(of)
            if issubclass(kind, dict):
                return dict.get(of, key)
            if issubclass(kind, type):
                return vars(of).get(key)
            if kind is CellType:
                return of.cell_contents
            return (of.__defaults__ or ())[key]
        except (AttributeError, ValueError, IndexError):
            return None


@lru_cache(maxsize=10_000)
def takes_part(module: str) -> bool:
    """Whether a module's code is explored: the program's, or of the library by which it blocks."""
    package = module.partition(".")[0]
    library = package in sys.stdlib_module_names and package != "__main__"
    return not is_tool(module) and (not library or package in LIBRARY_THAT_CALLS)


def is_tool(module: str) -> bool:
    """Whether a module belongs to what tests, and is not tested."""
    return module.partition(".")[0] in _TOOLS


def variables(thing: object) -> Iterator[str]:
    """The names of modules that are bound to something."""
    for module in list(sys.modules):
        if takes_part(module):
            yield from (name for name, value in names_of(sys.modules[module]) if value is thing)


def names_of(module: object) -> list[tuple[str, Any]]:
    """The names of a module; one that is loaded at the first question is not asked."""
    try:
        space: dict[str, Any] = object.__getattribute__(module, "__dict__")
    except AttributeError:  # there are modules that are no such objects
        return []
    return list(space.items())


def copies_in(module: object, names: Container[str]) -> list[ModuleType]:
    """Those of the library's modules that a module alone knows: it has imported them once more."""
    return [
        value
        for _, value in names_of(module)
        if type(value) is ModuleType
        and value.__name__ in names
        and value is not sys.modules.get(value.__name__)
    ]
