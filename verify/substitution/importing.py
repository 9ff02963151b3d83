"""Importing: what happens when a task is the first to import a module.

A module is imported once, in whatever task and execution that happens to be, and stays for all. So
what it makes while it is imported is the library's own, like that of the modules before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class Finder(MetaPathFinder):
    """Finds no module by itself, but sees to it that what the others find is imported as ever."""

    def __init__(
        self, as_ever: Callable[..., object], imported: Callable[[ModuleType], None]
    ) -> None:
        """`as_ever` calls what it is given as if nothing were explored; `imported` hears of all."""
        self._as_ever = as_ever
        self._imported = imported

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, self._as_ever, self._imported)
                return spec
        return None


class _Loader(Loader):
    """Loads a module as another loader does, and leaves no trace of itself."""

    def __init__(
        self,
        loader: Any,
        as_ever: Callable[..., object],
        imported: Callable[[ModuleType], None],
    ) -> None:
        self._loader = loader
        self._as_ever = as_ever
        self._imported = imported

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        create = getattr(self._loader, "create_module", None)
        made: ModuleType | None = None if create is None else create(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._as_ever(self._loader.exec_module, module)
        self._imported(module)
