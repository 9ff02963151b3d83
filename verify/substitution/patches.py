"""Patches: the standard library's names, taken over while something is explored.

Code that never heard of the harness calls `threading`, `queue`, `time`. While a block is `on`, what
it calls belongs to the explored scheduler, but only in the OS thread that explores, and there only
in a task (`explored`). In every other thread, and once the block is over, it is the library's own.

    substitute_method   a method or property of a class written in Python is replaced on the class,
                        so that subclasses, instances and names bound at any time know it
    substitute_objects  an object of a C type from before takes no other methods: where a program
                        keeps one, another object is put in its place; classes that are derived
                        from the type do (`substitute_derived`)
    substitute_name     a C function or C type is replaced in its module, and in every module of the
                        user's that has bound it to a name of its own (`from threading import Lock`)
    really              calls something as if nothing were explored

What there is to replace of a module of the library, a module of ours knows (`SUBSTITUTES`): its
`substitute` is called once, when both the library's module is in use and something is explored. A
module that a task imports is taken over as soon as it is there; one that nobody imports never is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from verify.substitution import originals
from verify.substitution.holders import Holder, copies_in, names_of, takes_part, variables
from verify.substitution.importing import Finder
from verify.substitution.spared import Spared
from verify.substitution.switch import (
    dispatching as dispatching,
    dispatching_attribute,
    dispatching_property,
    early,
    explored as explored,
    exploring,
    really as really,
)

SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "threading": (
        "verify.substitution.locks",
        "verify.substitution.locals",
        "verify.substitution.primitives",
        "verify.substitution.conditions",
        "verify.substitution.threads",
        "verify.substitution.roster",
    ),
    "_thread": ("verify.substitution.bypasses",),
    "os": ("verify.substitution.refused",),
    "signal": ("verify.substitution.refused",),
    "asyncio": ("verify.substitution.refused",),
    "queue": ("verify.substitution.queues", "verify.substitution.simple_queues"),
    "concurrent.futures._base": ("verify.substitution.futures",),
    "concurrent.futures.thread": ("verify.substitution.thread_pools",),
    "multiprocessing": ("verify.substitution.processes", "verify.substitution.contexts"),
    "multiprocessing.synchronize": ("verify.substitution.process_objects",),
    "multiprocessing.queues": ("verify.substitution.process_objects",),
    "multiprocessing.sharedctypes": ("verify.substitution.process_objects",),
    "concurrent.futures.process": ("verify.substitution.process_executors",),
    "time": ("verify.substitution.clock",),
    "random": ("verify.substitution.randomness",),
}
"""By module of the library, our modules that know what to replace in it."""

_ABSENT = object()


class _Patches:
    """All replacements, and what has to be undone of those that are in force."""

    def __init__(self) -> None:
        self._methods: list[tuple[type, str, Any]] = []
        self._names: list[tuple[ModuleType, str, Any, Any]] = []
        self._duals: dict[type, Callable[[Any], Any]] = {}
        self._derived: list[tuple[type, Callable[[type], Mapping[str, Any]]]] = []
        self._kept: list[tuple[ModuleType, str]] = []
        self._known: set[str] = set()  # modules of the library of which the substitutes are known
        self._undo: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._stand_ins: dict[int, Any] = {}  # by the address of what they stand for
        self.names: dict[int, str] = {}  # of objects from before the block, by address
        self._before: set[str] = set()  # modules that were there when the block began
        self.before: dict[tuple[ModuleType, str], Any] = {}
        """What the names that a program may bind were bound to when the block began."""
        self.at_end: list[Callable[[], object]] = []
        self._spared = Spared()
        self._guard = originals.allocate_lock()
        self._blocks = 0
        self._in_force = False
        self._finder = Finder(really, self.imported)

    def method(self, kind: type, name: str, explored: Any) -> None:
        """Note a replacement, which is in force from the next block on, or at once in one."""
        original = getattr(kind, name, None)
        either = dispatching_property if isinstance(explored, property) else dispatching
        # What objects have of their own and the class has not, a property dispatches for itself.
        patch = (kind, name, explored if original is None else either(original, explored))
        if type(vars(kind).get(name)) is FunctionType:  # which other names may be bound to
            self._stand_ins[id(original)] = patch[2]
            self._spared.clear()
        self._methods.append(patch)
        if self._in_force:
            self._install_method(*patch)

    def attribute(self, kind: type, name: str, explored: Callable[[Any], Any]) -> None:
        """Note a replacement of what each object has of its own under a name."""
        patch = (kind, name, dispatching_attribute(name, explored))
        self._methods.append(patch)
        if self._in_force:
            self._install_method(*patch)

    def name(self, module: ModuleType, name: str, stand_in: Any, original: Any) -> None:
        """As `method`, for a name of a module."""
        patch = (module, name, vars(module)[name] if original is None else original, stand_in)
        self._names.append(patch)
        self._spared.clear()
        if self._in_force:
            self._install_names([patch])

    def objects(self, kind: type, dual: Callable[[Any], Any]) -> None:
        """Note what takes the place of the objects of a type, from the next block on."""
        self._duals[kind] = dual
        self._spared.clear()

    def derived(self, kind: type, methods: Callable[[type], Mapping[str, Any]]) -> None:
        """Note replacements of methods in classes that are derived from one that takes none."""
        self._derived.append((kind, methods))

    def _install_derived(self) -> None:
        for kind, methods in self._derived:
            for sub in _subclasses(kind):
                if takes_part(sub.__module__):
                    for name, explored in methods(sub).items():
                        self._install_method(sub, name, dispatching(getattr(sub, name), explored))

    def start(self) -> None:
        """Put those stand-ins for good that make dual objects."""
        early[0] = True
        for module in SUBSTITUTES:
            if module in sys.modules:
                self.imported(sys.modules[module])
        for library, name, _, stand_in in self._names:
            if getattr(stand_in, "dual", None) is not None:
                stand_in.early = True
                setattr(library, name, stand_in)

    def keep(self, module: ModuleType, name: str) -> None:
        """Note a name that the program may bind to something else, which ends with the block."""
        self._kept.append((module, name))
        if self._in_force:
            self._note_kept()

    def _note_kept(self) -> None:
        for module, name in self._kept:
            before = self.before[module, name] = vars(module)[name]
            self._undo.append((setattr, (module, name, before)))

    def imported(self, module: ModuleType) -> None:
        """A module is there while something is explored: if it is the library's, take it over."""
        name = module.__name__
        if name in SUBSTITUTES and name not in self._known:
            self._known.add(name)
            for substitutes in SUBSTITUTES[name]:
                import_module(substitutes).substitute(module)
        if self._in_force and takes_part(name):
            self._install_in(module)

    def install(self, holders: Iterable[Holder]) -> list[Holder]:
        """Put all replacements in force, unless another block has done so; also in these places.

        Gives those in which nothing can be replaced.
        """
        with self._guard:
            self._blocks += 1
            if self._blocks == 1:
                self._install()
            return [holder for holder in holders if not self._install_at(holder)]

    def _install(self) -> None:
        for module in SUBSTITUTES:
            if module in sys.modules:
                self.imported(sys.modules[module])
        self._in_force = True
        self._before = set(sys.modules)
        for method in self._methods:
            self._install_method(*method)
        self._install_names(self._names)
        self._install_derived()
        self._note_kept()
        sys.meta_path.insert(0, self._finder)

    def uninstall(self) -> None:
        """Undo them with the last block, all of them, also if Ctrl-C comes meanwhile."""
        with self._guard:
            self._blocks -= 1
            if self._blocks:
                return
            self._in_force = False
            interrupted: BaseException | None = None
            while self._undo:
                try:
                    undo, what = self._undo[-1]
                    undo(*what)
                    self._undo.pop()
                except KeyboardInterrupt as error:
                    interrupted = error
            sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self._finder]
            for forget in self.at_end:
                forget()
            self.names.clear()
            self._clean([name for name in list(sys.modules) if name not in self._before])
            if interrupted is not None:
                raise interrupted

    def _install_method(self, kind: type, name: str, new: Any) -> None:
        self._undo.append((_put_back, (kind, name, vars(kind).get(name, _ABSENT))))
        setattr(kind, name, new)

    def _install_names(self, patches: list[tuple[ModuleType, str, Any, Any]]) -> None:
        self._stand_ins.update({id(original): stand_in for _, _, original, stand_in in patches})
        self._spared.kinds = frozenset(
            {*self._duals, MethodType, BuiltinFunctionType, staticmethod}
        )
        self._spared.replaced = self._spared.kinds | {
            *(type(original) for _, _, original, _ in self._names),
            *(FunctionType, type, *_subclasses(type)),
        }
        for module, name, original, _ in patches:
            if vars(module).get(name) is original:  # and no test has put something else there
                self._install_at(Holder(vars(module), name, original, name))
        for package in list(sys.modules):
            if takes_part(package):
                self._install_in(sys.modules[package])

    def _install_in(self, module: ModuleType) -> None:
        """Replace what is in a module, and in those of the library that it alone has imported."""
        if module in self._spared:
            return
        before = len(self._undo)
        classes, held = self._look_into(module)
        for copy in copies_in(module, SUBSTITUTES):
            self._look_into(copy)
        if len(self._undo) == before:
            self._spared.add(module, classes, held)

    def _look_into(self, module: ModuleType) -> tuple[list[type], list[Any]]:
        """Replace what a module has under names of its own, and its classes have; and tell both."""
        kinds = self._spared.kinds
        names = names_of(module)
        classes: list[type] = []
        held = [value for _, value in names]
        for name, value in names:
            if issubclass(type(value), type) and value.__module__ == module.__name__:
                attributes = list(vars(value).items())
                classes.append(value)
                held += [inner for _, inner in attributes]
                for attribute, inner in attributes:
                    if type(inner) in kinds or id(inner) in self._stand_ins:
                        self._install_at(Holder(value, attribute, inner, f"{name}.{attribute}"))
            elif type(value) in kinds or id(value) in self._stand_ins:
                self._install_at(Holder(vars(module), name, value, name))
        return classes, held

    def _new(self, value: Any) -> Any:
        """What takes the place of something; None if it is left alone."""
        kind = type(value)
        if id(value) in self._stand_ins:
            return self._stand_ins[id(value)]
        if kind in self._duals:
            return self._duals[kind](value)
        if kind is staticmethod:
            new = self._new(value.__func__)
            return None if new is None else staticmethod(new)
        if kind is MethodType:  # bound to an object before its class had another
            new = self._stand_ins.get(id(value.__func__))
            return None if new is None else MethodType(new, value.__self__)
        if kind is BuiltinFunctionType and type(value.__self__) in self._duals:
            return getattr(self._duals[type(value.__self__)](value.__self__), value.__name__)
        return None

    def _install_at(self, holder: Holder) -> bool:
        value = holder.value
        new = self._new(value)
        self.names.setdefault(id(value if new is None else new), holder.name)
        if new is None:
            return True
        if issubclass(type(holder.of), type) and type(new) is FunctionType is not type(value):
            new = staticmethod(new)  # as what it stands for, it is called without an object
        self._undo.append((holder.put_back, (new,)))
        return holder.put(new)

    def _clean(self, modules: list[str]) -> None:
        """Modules that a task has imported have bound stand-ins."""
        if not modules:
            return
        originals = {
            id(stand_in): original
            for _, _, original, stand_in in self._names
            if not getattr(stand_in, "early", False)
        }
        for module in modules:
            for name, value in names_of(sys.modules.get(module)):
                if id(value) in originals:
                    vars(sys.modules[module])[name] = originals[id(value)]


def _put_back(kind: type, name: str, original: Any) -> None:
    if original is not _ABSENT:
        setattr(kind, name, original)
    elif name in vars(kind):
        delattr(kind, name)


def _subclasses(kind: type) -> Iterator[type]:
    subclasses: list[type] = type.__subclasses__(kind)
    for sub in subclasses:
        yield sub
        yield from _subclasses(sub)


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


def was_bound(module: ModuleType, name: str) -> Any:
    """What such a name was bound to before anything was explored."""
    return _patches.before[module, name]


def at_end(forget: Callable[[], object]) -> None:
    """Have something called when nothing is explored any more."""
    _patches.at_end.append(forget)


def substitute_name(
    module: ModuleType, name: str, stand_in: Any, original: Any | None = None
) -> None:
    """Replace what a name of a module stands for, and all that is bound to the same.

    The stand-in is called by other threads, too, and must dispatch for itself (`dispatching`).
    `original` is what is replaced, if that may not be what is there at the moment.
    """
    _patches.name(module, name, stand_in, original)


def substitute_objects(kind: type, dual: Callable[[Any], Any]) -> None:
    """Put what `dual` makes of it in the place of every object of a type that can be found."""
    _patches.objects(kind, dual)


def substitute_derived(kind: type, methods: Callable[[type], Mapping[str, Any]]) -> None:
    """Replace methods in the classes that the program has derived from a type of C."""
    _patches.derived(kind, methods)


def start() -> None:
    """To be called before a program is imported, in a process that is there to test it.

    From now on what the library's C types make for it can be taken over wherever it is kept.
    """
    _patches.start()


def name_of(thing: object) -> str:
    """What the program calls something from before it was explored; "" if that is not known."""
    return _patches.names.get(id(thing)) or next(variables(thing), "")


@contextmanager
def on(holders: Iterable[Holder] = ()) -> Iterator[list[Holder]]:
    """Take over the library's names while the block runs, for the calling OS thread.

    `holders` are places in the program that hold objects of the library's. Gives those of them in
    which nothing can be replaced.
    """
    try:
        escaped = _patches.install(holders)
        with exploring():
            yield escaped
    finally:
        _patches.uninstall()
