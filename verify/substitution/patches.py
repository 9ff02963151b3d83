"""Patches: the standard library's names, taken over while something is explored.

Code that never heard of the harness calls `threading`, `queue`, `time`. While a block is `on`, what
it calls belongs to the explored scheduler, but only in the OS thread that explores, and there only
in a task (`explored`). In every other thread, and once the block is over, it is the library's own.

    substitute_method   a method or property of a class written in Python is replaced on the class,
                        so that subclasses, instances and names bound at any time know it
    substitute_name     a C function or C type is replaced in its module, and in every module of the
                        user's that has bound it to a name of its own (`from threading import Lock`)
    really              calls something as if nothing were explored

What there is to replace of a module of the library, a module of ours knows (`SUBSTITUTES`): its
`substitute` is called once, when both the library's module is in use and something is explored. A
module that a task imports is taken over as soon as it is there; one that nobody imports never is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, TypeVar

from verify.scheduling.scheduler import Scheduler, here
from verify.substitution import originals

SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "threading": ("verify.substitution.locks", "verify.substitution.signals"),
}
"""By module of the library, our modules that know what to replace in it."""

LIBRARY_THAT_CALLS = frozenset({"concurrent", "functools", "multiprocessing", "queue", "threading"})
"""The packages of the library whose own names are replaced: the others keep what they have."""

_TOOLS = frozenset(
    {"_pytest", "coverage", "execnet", "greenlet", "hypothesis", "networkx", "pluggy", "pytest"}
    | {"rich", "verify", "xdist"}
)
"""Packages that test, and are not tested."""

_Result = TypeVar("_Result")
_ABSENT = object()


class _Exploring(originals.local):
    depth = 0


_exploring = _Exploring()


def explored() -> Scheduler | None:
    """The explored scheduler, if the calling OS thread runs a task of an exploration now."""
    return here.scheduler if _exploring.depth else None


def really(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    """Call a function as if nothing were explored. It must not perform any operation: another task
    that goes first would find nothing explored, either.
    """
    depth, _exploring.depth = _exploring.depth, 0
    try:
        return function(*args, **kwargs)
    finally:
        _exploring.depth = depth


def dispatching(original: Callable[..., Any], explored: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is one or the other, by who calls it."""

    @wraps(original)
    def either(*args: Any, **kwargs: Any) -> Any:
        if _exploring.depth and here.scheduler is not None:
            return explored(*args, **kwargs)
        return original(*args, **kwargs)

    return either


class _Patches:
    """All replacements, and what has to be undone of those that are in force."""

    def __init__(self) -> None:
        self._methods: list[tuple[type, str, Any, Any]] = []
        self._names: list[tuple[ModuleType, str, Any, Any]] = []
        self._known: set[str] = set()  # modules of the library of which the substitutes are known
        self._undo: list[tuple[Callable[..., object], Any, str, Any]] = []
        self._before: set[str] = set()  # modules that were there when the block began
        self._guard = originals.allocate_lock()
        self._blocks = 0
        self._finder = _Finder(self.imported)

    def method(self, kind: type, name: str, explored: Any) -> None:
        """Note a replacement, which is in force from the next block on, or at once in one."""
        original = vars(kind).get(name, _ABSENT)
        if isinstance(explored, property):
            assert isinstance(original, property)
            new: Any = _property(original, explored)
        else:
            new = dispatching(getattr(kind, name), explored)
        patch = (kind, name, original, new)
        self._methods.append(patch)
        if self._blocks:
            self._install_method(*patch)

    def name(self, module: ModuleType, name: str, stand_in: Any) -> None:
        """As `method`, for a name of a module."""
        patch = (module, name, vars(module)[name], stand_in)
        self._names.append(patch)
        if self._blocks:
            self._install_names([patch])

    def imported(self, module: str) -> None:
        """A module of the library is there while something is explored."""
        if module not in self._known:
            self._known.add(module)
            for substitutes in SUBSTITUTES[module]:
                import_module(substitutes).substitute(sys.modules[module])

    def install(self) -> None:
        """Put all replacements in force, unless another thread's block has done so."""
        with self._guard:
            if not self._blocks:
                for module in SUBSTITUTES:
                    if module in sys.modules:
                        self.imported(module)
                self._before = set(sys.modules)
                for method in self._methods:
                    self._install_method(*method)
                self._install_names(self._names)
                sys.meta_path.insert(0, self._finder)
            self._blocks += 1

    def uninstall(self) -> None:
        """Undo them with the last block, all of them, also if Ctrl-C comes meanwhile."""
        with self._guard:
            self._blocks -= 1
            if self._blocks:
                return
            interrupted: BaseException | None = None
            while self._undo:
                try:
                    undo, *what = self._undo[-1]
                    undo(*what)
                    self._undo.pop()
                except KeyboardInterrupt as error:
                    interrupted = error
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self._finder]
            self._clean([name for name in list(sys.modules) if name not in self._before])
            if interrupted is not None:
                raise interrupted

    def _install_method(self, kind: type, name: str, original: Any, new: Any) -> None:
        self._undo.append((_put_back, kind, name, original))
        setattr(kind, name, new)

    def _install_names(self, patches: list[tuple[ModuleType, str, Any, Any]]) -> None:
        stand_ins = {id(original): stand_in for _, _, original, stand_in in patches}
        for module, name, original, stand_in in patches:
            self._rebind(vars(module), name, original, stand_in)
        for space in _spaces(list(sys.modules)):
            for name, value in list(space.items()):
                stand_in = stand_ins.get(id(value))
                if stand_in is not None:
                    self._rebind(space, name, value, stand_in)

    def _rebind(self, space: dict[str, Any], name: str, original: Any, stand_in: Any) -> None:
        self._undo.append((_rebind_back, space, name, (stand_in, original)))
        space[name] = stand_in

    def _clean(self, modules: list[str]) -> None:
        """Modules that a task has imported have bound stand-ins."""
        originals = {id(stand_in): original for _, _, original, stand_in in self._names}
        for module in modules:
            space = getattr(sys.modules.get(module), "__dict__", {})
            for name, value in list(space.items()):
                if id(value) in originals:
                    space[name] = originals[id(value)]


class _Finder(MetaPathFinder):
    """Finds no module by itself, but hears of those that are to be taken over."""

    def __init__(self, imported: Callable[[str], None]) -> None:
        self._imported = imported
        self._finding = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in SUBSTITUTES or self._finding:
            return None
        self._finding = True
        try:
            spec = find_spec(name)
        finally:
            self._finding = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self._imported)
        return spec


class _Loader(Loader):
    """Loads a module as another loader does, and tells of it."""

    def __init__(self, loader: Loader, imported: Callable[[str], None]) -> None:
        self._loader = loader
        self._imported = imported

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._imported(module.__name__)


def _property(original: property, explored: property) -> property:
    def either(one: Any, other: Any) -> Any:
        return one if other is None else dispatching(one, other)

    return property(
        either(original.fget, explored.fget),
        either(original.fset, explored.fset),
        original.fdel,
        original.__doc__,
    )


def _put_back(kind: type, name: str, original: Any) -> None:
    if original is not _ABSENT:
        setattr(kind, name, original)
    elif name in vars(kind):
        delattr(kind, name)


def _rebind_back(space: dict[str, Any], name: str, both: tuple[Any, Any]) -> None:
    """Unless the program has bound the name to something else."""
    if space.get(name) is both[0]:
        space[name] = both[1]


def _spaces(modules: list[str]) -> Iterator[dict[str, Any]]:
    """The names of the modules in which what is theirs is replaced."""
    for name in modules:
        package = name.partition(".")[0]
        library = package in sys.stdlib_module_names and package != "__main__"
        if package not in _TOOLS and (not library or package in LIBRARY_THAT_CALLS):
            space = getattr(sys.modules.get(name), "__dict__", None)
            if isinstance(space, dict):
                yield space


_patches = _Patches()


def substitute_method(kind: type, name: str, explored: Any) -> None:
    """Replace a method of a class by a function of the same signature, a property by a property."""
    _patches.method(kind, name, explored)


def substitute_name(module: ModuleType, name: str, stand_in: Any) -> None:
    """Replace what a name of a module stands for, and all that is bound to the same.

    The stand-in is called by other threads, too, and must dispatch for itself (`dispatching`).
    """
    _patches.name(module, name, stand_in)


@contextmanager
def on() -> Iterator[None]:
    """Take over the library's names while the block runs, for the calling OS thread."""
    _patches.install()
    _exploring.depth += 1
    try:
        yield
    finally:
        _exploring.depth -= 1
        _patches.uninstall()
