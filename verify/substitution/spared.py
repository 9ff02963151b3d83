"""Spared: modules in which there was nothing to replace, known again without looking at each name.

Before each search and each replay, all names of all modules of the user's may have been bound to
something else, but hardly any has. So of a module in which nothing was found, it is noted to which
functions, classes, texts and numbers its names and those of its classes are bound. It is spared as
long as these are the same and all other names are bound to objects of types that are never
replaced, which is asked in loops of C. The program's own objects, which may have finalizers, are
not held meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import compress
from operator import not_
from types import BuiltinFunctionType, FunctionType, GetSetDescriptorType, ModuleType, NoneType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

Namespace = Mapping[str, Any]

_HELD = frozenset({FunctionType, GetSetDescriptorType, NoneType, bool, float, int, str})


class _Look(NamedTuple):
    """What some namespaces held: where `which` says so, it must be the same as in `held`."""

    spaces: list[Namespace]
    which: list[bool]
    others: list[bool]
    held: list[Any]

    def same(self, replaced: frozenset[type]) -> bool:
        """Whether they hold the same; of what comes and goes, nothing that may be replaced.

        What says of itself that it equals a function or a class is nothing that is replaced.
        """
        values: list[Any] = []
        for space in self.spaces:
            values += space.values()
        try:
            same = self.held == list(compress(values, self.which))
        except Exception:  # so says something of the program's that cannot be compared
            return False
        return (
            same
            and len(values) == len(self.which)
            and replaced.isdisjoint(map(type, compress(values, self.others)))
        )


class Spared:
    """By module, what it held."""

    def __init__(self) -> None:
        self._looks: WeakKeyDictionary[ModuleType, _Look] = WeakKeyDictionary()
        self.kinds: frozenset[type] = frozenset()
        """Types whose objects are replaced each for itself."""
        self.replaced: frozenset[type] = frozenset()
        """Those, and all others of which certain objects are replaced, or looked into."""

    def __contains__(self, module: object) -> bool:
        """Whether there is still nothing to replace in a module."""
        if type(module) is not ModuleType:  # it may say that it is equal to another
            return False
        look = self._looks.get(module)
        return look is not None and look.same(self.replaced)

    def add(self, module: object, classes: list[type], values: list[Any]) -> None:
        """Nothing was to be replaced in a module and its classes, which held these values."""
        if type(module) is ModuleType:
            spaces: list[Namespace] = [vars(module), *map(vars, classes)]
            which = [self._is_held(value) for value in values]
            others = list(map(not_, which))
            self._looks[module] = _Look(spaces, which, others, list(compress(values, which)))

    def clear(self) -> None:
        """Forget all, since there is more to replace."""
        self._looks.clear()

    def _is_held(self, value: Any) -> bool:
        """Whether nobody watches how long something lives: it may be a name's no longer."""
        kind = type(value)
        if kind is BuiltinFunctionType:
            return issubclass(type(value.__self__), ModuleType | type)
        if kind is ModuleType:  # of the library, which leads back to no module of the program's
            return value.__name__.partition(".")[0] in sys.stdlib_module_names
        if kind is staticmethod:
            return self._is_held(value.__func__)
        if kind in self.kinds:
            return False
        return kind in _HELD or kind in self.replaced
