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
from types import ModuleType
from typing import Any, TypeVar

from verify.scheduling.scheduler import Scheduler, here
from verify.substitution import originals

SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "threading": (
        "verify.substitution.locks",
        "verify.substitution.primitives",
        "verify.substitution.conditions",
        "verify.substitution.threads",
        "verify.substitution.roster",
    ),
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
        self._kept: list[tuple[ModuleType, str]] = []
        self._known: set[str] = set()  # modules of the library of which the substitutes are known
        self._undo: list[tuple[Callable[..., object], Any, str, Any]] = []
        self._before: set[str] = set()  # modules that were there when the block began
        self.at_end: list[Callable[[], object]] = []
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

    def attribute(self, kind: type, name: str, explored: Callable[[Any], Any]) -> None:
        """Note a replacement of what each object has of its own under a name."""
        patch = (kind, name, _ABSENT, _attribute(name, explored))
        self._methods.append(patch)
        if self._blocks:
            self._install_method(*patch)

    def name(self, module: ModuleType, name: str, stand_in: Any) -> None:
        """As `method`, for a name of a module."""
        patch = (module, name, vars(module)[name], stand_in)
        self._names.append(patch)
        if self._blocks:
            self._install_names([patch])

    def keep(self, module: ModuleType, name: str) -> None:
        """Note a name that the program may bind to something else, for as long as it runs."""
        self._kept.append((module, name))
        if self._blocks:
            self._note_kept()

    def _note_kept(self) -> None:
        for module, name in self._kept:
            self._undo.append((setattr, module, name, vars(module)[name]))

    def imported(self, module: ModuleType) -> None:
        """A module is there while something is explored: if it is the library's, take it over."""
        name = module.__name__
        if name not in self._known:
            self._known.add(name)
            for substitutes in SUBSTITUTES.get(name, ()):
                import_module(substitutes).substitute(module)

    def install(self) -> None:
        """Put all replacements in force, unless another thread's block has done so."""
        with self._guard:
            if not self._blocks:
                for module in SUBSTITUTES:
                    if module in sys.modules:
                        self.imported(sys.modules[module])
                self._before = set(sys.modules)
                for method in self._methods:
                    self._install_method(*method)
                self._install_names(self._names)
                self._note_kept()
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
            for forget in self.at_end:
                forget()
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
    """Finds no module by itself, but sees to it that what the others find is imported as ever.

    A module is imported once, in whatever task and execution that happens to be, and stays for all:
    what it makes as it is imported is the library's own.
    """

    def __init__(self, imported: Callable[[ModuleType], None]) -> None:
        self._imported = imported

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader, self._imported)
                return spec
        return None


class _Loader(Loader):
    """Loads a module as another loader does, and leaves no trace of itself."""

    def __init__(self, loader: Any, imported: Callable[[ModuleType], None]) -> None:
        self._loader = loader
        self._imported = imported

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        create = getattr(self._loader, "create_module", None)
        made: ModuleType | None = None if create is None else create(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        really(self._loader.exec_module, module)
        self._imported(module)


def _property(original: property, explored: property) -> property:
    def either(one: Any, other: Any) -> Any:
        return one if other is None else dispatching(one, other)

    return property(
        either(original.fget, explored.fget),
        either(original.fset, explored.fset),
        original.fdel,
        original.__doc__,
    )


def _attribute(name: str, explored: Callable[[Any], Any]) -> property:
    """What an object has in its `__dict__`, which a property of its class goes before."""

    def get(of: Any) -> Any:
        if _exploring.depth and here.scheduler is not None:
            return explored(of)
        try:
            return vars(of)[name]
        except KeyError:
            raise AttributeError(
                f"{type(of).__name__!r} object has no attribute {name!r}"
            ) from None

    def put(of: Any, value: Any) -> None:
        vars(of)[name] = value

    return property(get, put)


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


def substitute_attribute(kind: type, name: str, explored: Callable[[Any], Any]) -> None:
    """Replace what every object of a class has of its own under a name, such as a bound method."""
    _patches.attribute(kind, name, explored)


def keep_name(module: ModuleType, name: str) -> None:
    """Put back, when nothing is explored any more, what the program has bound a name to."""
    _patches.keep(module, name)


def at_end(forget: Callable[[], object]) -> None:
    """Have something called when nothing is explored any more."""
    _patches.at_end.append(forget)


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
