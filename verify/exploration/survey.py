"""Survey: what the code of a program names, as far as it can be told without running it.

Some things have to be known before the code runs, or of code that never does: the goals given to
`cover`; the threads and queues that are not the harness's; where the program keeps what the library
has made for it before, such as a lock, or what makes some, so that the harness's can take its
place; and what can make one run differ from the next (suspects.py).

    survey     goes from the program along the functions, classes and objects that its code names
    mentions   what one code object names, read off its bytecode

A goal is a text that stands in the call itself; any other would be unknown until it is reached, and
is refused. Code of the standard library, of the harness and of installed packages is not looked at,
and what a program gets at by other ways than names (a text given to `getattr`, an import by a
variable) is not found.
"""

from __future__ import annotations

import dis
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

from verify.errors import ModelError
from verify.exploration.hash_seed import uses_of_hash_seed
from verify.exploration.library import of_standard_library
from verify.exploration.strangers import strangers
from verify.exploration.suspects import Suspects
from verify.scheduling.event import Place
from verify.scheduling.sources import shown_place
from verify.substitution.holders import Holder, is_tool, takes_part
from verify.substitution.patches import SUBSTITUTES

REAL = {
    "multiprocessing.synchronize": "Condition Barrier",
    "multiprocessing.connection": "Connection",
    "multiprocessing.pool": "Pool ThreadPool",
    "multiprocessing.managers": "BaseManager SyncManager",
}
"""What blocks without the explorer's knowledge, by module."""

_SUBSTITUTED = frozenset(
    {"_thread", "_queue", "_random", *{name.partition(".")[0] for name in SUBSTITUTES}}
)
"""The packages of the library of which a program may have kept something."""

_INSTALLED = f"{os.sep}site-packages{os.sep}"
_FROM_OUTSIDE = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"})
_FROM_OUTSIDE |= {"LOAD_FROM_DICT_OR_GLOBALS", "LOAD_FROM_DICT_OR_DEREF"}
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_NOTHING = frozenset({"EXTENDED_ARG", "NOP", "CACHE", "PUSH_NULL"})
_IMPORTED = "import "
_PLAIN = frozenset({int, str, bytes, bool, float, complex, type(None)})
_CONTAINERS = (list, tuple, set, frozenset)


Path = tuple[str, ...]
"""Names, such as ("verify", "cover"); what the code itself imports begins with "import " and the
name of the module."""


class Mention(NamedTuple):
    """What is named, in which line, and the text that it is given if it is called with one."""

    path: Path
    line: int
    given: str | None


class Mentions(NamedTuple):
    """All that one code object names, and by which names it knows what it imports."""

    found: tuple[Mention, ...]
    imported: dict[str, Path]


class Survey(NamedTuple):
    """The goals that a program names, where it uses what is real ("FILE:LINE uses NAME"), the
    places in which it keeps something of the library's, but for modules, what probably makes its
    runs differ, if they do, and where it asks for what depends on the hash seed."""

    goals: tuple[str, ...]
    real: tuple[str, ...]
    holders: tuple[Holder, ...]
    suspects: tuple[str, ...]
    seeded: tuple[str, ...]

    @property
    def causes(self) -> list[str]:
        """The suspects, after the real threads that there are at present."""
        return [*strangers(), *(self.suspects or self.seeded)]


def survey(program: object) -> Survey:
    """Survey a program. ModelError for a goal that is not written in the call of `cover`."""
    surveying = _Surveying()
    surveying.along(program)
    for text in surveying.real:
        surveying.suspects.real(text)
    return Survey(
        tuple(surveying.goals),
        tuple(surveying.real),
        tuple(surveying.holders),
        tuple(surveying.suspects.probable),
        tuple(surveying.seeded),
    )


def probable_cause(suspects: Sequence[str]) -> str:
    """Why the runs of a program differ, in a sentence; empty if there is no suspect."""
    return f"Probable cause: {'; '.join(suspects)}." if suspects else ""


@lru_cache(maxsize=10_000)
def mentions(code: CodeType) -> Mentions:
    """The names that a code object gets from outside, with the attributes asked of them at once."""
    found: list[Mention] = []
    imported: dict[str, Path] = {}
    path: Path = ()
    source = ""  # the module that is being imported
    importing = False
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        operation, value = instruction.opname, instruction.argval
        if operation in _NOTHING:
            continue
        name = str(value)
        if operation in _ATTRIBUTES:
            path = (*path, name) if path else ()
            continue
        if importing and operation.startswith("STORE_"):
            imported[name] = path
        elif path and not importing:
            given = value if operation == "LOAD_CONST" and isinstance(value, str) else None
            found.append(Mention(path, line, given))
        importing = False
        path = ()
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        if operation.startswith("LOAD_FAST"):
            path = imported.get(name, ())
        elif operation in _FROM_OUTSIDE:
            path = imported.get(name, (name,))
        elif operation == "IMPORT_NAME":
            importing, source = True, name
            path = (_IMPORTED + name.partition(".")[0],)
        elif operation == "IMPORT_FROM":
            importing = True
            path = (_IMPORTED + source, name)
    return Mentions(tuple(found), imported)


class _Surveying:
    """A walk along what is named, broad first."""

    def __init__(self) -> None:
        self.goals: dict[str, None] = {}
        self.real: dict[str, None] = {}
        self.holders: list[Holder] = []
        self.suspects = Suspects()
        self.seeded: dict[str, None] = {}
        self._names: dict[int, str] = {}  # of what has been seen, by its address
        self._real = dict(_real_things())
        self._kinds = tuple(thing for thing in self._real.values() if isinstance(thing[0], type))
        self._todo: deque[Any] = deque()
        self._seen: dict[int, Any] = {}  # by address, which is its own while it is kept
        self._codes = 0

    def along(self, root: object) -> None:
        """Go along all that is reached from here. Only the types of objects are asked what they
        are: what an object itself says runs code of the program's.
        """
        self._todo.append(root)
        while self._todo:
            value = self._todo.popleft()
            kind = type(value)
            if kind not in _PLAIN and id(value) not in self._seen:
                self._seen[id(value)] = value
                self._value(value, kind)

    def _value(self, value: Any, kind: type) -> None:
        if kind is FunctionType:
            self._function(value)
        elif issubclass(kind, type):
            self._class(value)
        elif issubclass(kind, partial):
            self._todo.extend((value.func, *value.args, *value.keywords.values()))
        elif kind is MethodType:
            self._todo.extend((value.__func__, value.__self__))
        elif kind in (staticmethod, classmethod):
            self._todo.append(value.__func__)
        elif kind is property:
            self._todo.extend((value.fget, value.fset, value.fdel))
        elif not issubclass(kind, ModuleType):
            self._object(value, kind)

    def _object(self, value: Any, kind: type) -> None:
        if is_tool(kind.__module__):  # it knows all tests there are
            return
        name = self._names.get(id(value), "")
        for container in _CONTAINERS:
            if issubclass(kind, container):
                for index, item in enumerate(container.__iter__(value)):
                    self._held(value, index, item, f"{name}[{index}]")
        if issubclass(kind, dict):
            for key, item in dict.items(value):
                self._held(value, key, item, f"{name}[{key!r}]" if type(key) in _PLAIN else name)
        if not _library(kind.__module__) or _keeps_locks(kind):
            self._todo.append(kind)
            with suppress(AttributeError):
                space = object.__getattribute__(value, "__dict__")
                for key, item in dict.items(space):
                    self._held(space, key, item, f"{name}.{key}")
            for base in kind.__mro__:
                for key, slot in vars(base).items():
                    if type(slot) is MemberDescriptorType:
                        with suppress(AttributeError):  # nothing is in it
                            self._held(value, slot, slot.__get__(value), f"{name}.{key}")

    def _class(self, kind: type) -> None:
        for base in kind.__mro__:
            if not _library(base.__module__):
                for key, item in vars(base).items():
                    self._held(base, key, item, f"{base.__name__}.{key}")

    def _held(self, of: Any, key: Any, value: Any, name: str) -> None:
        """Go on along what is held there, and note the place if it may be taken over."""
        self._names.setdefault(id(value), name)
        self._todo.append(value)
        if _is_librarys(value):
            self.holders.append(Holder(of, key, value, name))

    def _function(self, function: FunctionType) -> None:
        self._todo.append(vars(function).get("__wrapped__"))
        code = function.__code__
        space = function.__globals__
        foreign = _library(str(space.get("__name__"))) or _INSTALLED in code.co_filename
        if foreign and self._codes:
            return
        own: dict[str, Any] = {}
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                own[name] = cell.cell_contents
            except ValueError:  # it has no value yet
                continue
            self._held(cell, None, own[name], name)
        defaults = function.__defaults__ or ()
        for index, value in enumerate(defaults):
            name = code.co_varnames[code.co_argcount - len(defaults) + index]
            self._held(function, index, value, name)
            self.suspects.default(name, value, code)
        keywords = function.__kwdefaults__ or {}
        for name, value in keywords.items():
            self._held(keywords, name, value, name)
            self.suspects.default(name, value, code)
        self._code(code, {**space, **own} if own else space)

    def _code(self, code: CodeType, space: dict[str, Any]) -> None:
        self._codes += 1
        named = mentions(code)
        self.suspects.code(code)
        for line, builtin, text in uses_of_hash_seed(code):
            if builtin not in space:
                self.seeded[f"{shown_place(Place(code.co_filename, line))} {text}"] = None
        for mention in named.found:
            where = Place(code.co_filename, mention.line)
            for name, value in zip(mention.path, _values(mention.path, space), strict=False):
                self._names.setdefault(id(value), name)
                self.suspects.name(mention.path, value, space, where)
                self._look(value, mention, where)
        inners = [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        if inners and named.imported:
            known = {name: [*_values(path, space)][-1] for name, path in named.imported.items()}
            space = {**space, **known}
        for inner in inners:
            self._code(inner, space)

    def _look(self, value: Any, mention: Mention, where: Place) -> None:
        if _is_cover(value):
            if mention.given is None:
                raise ModelError(
                    f"verify.cover at {shown_place(where)} is not called with a text that stands "
                    "there: a goal must be known even if it is never reached, so write it into the "
                    'call, as in verify.cover("both wait")'
                )
            self.goals[mention.given] = None
            return
        found = self._real.get(id(value)) or self._instance(value)
        if found is not None:
            self.real[f"{shown_place(where)} uses {found[1]}"] = None
        self._todo.append(value)

    def _instance(self, value: Any) -> tuple[Any, str] | None:
        """Of which real thing a value is an instance or a subclass."""
        of = value if issubclass(type(value), type) else type(value)
        if _ours(of.__module__):
            return None
        return next((thing for thing in self._kinds if issubclass(of, thing[0])), None)


def _values(path: Path, space: dict[str, Any]) -> Iterator[Any]:
    """What the names of a path stand for, one after the other, as far as it is modules."""
    head, *attributes = path
    if head.startswith(_IMPORTED):
        value: Any = sys.modules.get(head.removeprefix(_IMPORTED))
    else:
        value = space.get(head)
    yield value
    for attribute in attributes:
        if not issubclass(type(value), ModuleType):
            return
        value = _attribute(value, attribute)
        yield value


def _real_things() -> Iterator[tuple[int, tuple[Any, str]]]:
    """By address, what is real and what it is called, of modules that are in use at all."""
    for module, names in REAL.items():
        for name in names.split():
            thing = _attribute(sys.modules.get(module), name)
            if thing is not None:
                yield id(thing), (thing, f"{module}.{name}")


def _attribute(module: ModuleType | None, name: str) -> Any:
    """What a module has; only the harness's own `__getattr__` is asked."""
    if module is None:
        return None
    if name in vars(module):
        return vars(module)[name]
    if module.__name__ == "verify":
        return getattr(module, name, None)
    return sys.modules.get(f"{module.__name__}.{name}")


def _is_librarys(value: Any) -> bool:
    """Whether something is an object, a class or a function of what is substituted."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    if kind is FunctionType or issubclass(kind, type):
        return _package(value) in _SUBSTITUTED
    if kind is staticmethod:
        return _is_librarys(value.__func__)
    if kind is MethodType:
        return _is_librarys(value.__self__)
    if kind is BuiltinFunctionType:
        return _package(value) in _SUBSTITUTED or _is_librarys(value.__self__)
    return any(
        _package(base) in _SUBSTITUTED or base.__module__.startswith("verify.substitution.")
        for base in kind.__mro__
    )


def _keeps_locks(kind: type) -> bool:
    """Whether objects of a class of the library's keep locks of the program's, as those of
    functools.cached_property do: not those that are taken over themselves."""
    return takes_part(kind.__module__) and _package(kind) not in _SUBSTITUTED


def _package(thing: Any) -> str:
    return str(thing.__module__).partition(".")[0]


def _is_cover(value: Any) -> bool:
    """Known by its module's name: the search does not import primitives."""
    return (
        type(value) is FunctionType
        and value.__module__ == "verify.sync.choice"
        and value.__name__ == "cover"
    )


def _library(module: str) -> bool:
    return _ours(module) or of_standard_library(module)


def _ours(module: str) -> bool:
    return module == "verify" or module.startswith("verify.")
