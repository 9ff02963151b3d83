"""Local state: all that decides what some frames will do next, as a key that can be compared.

Two equal keys mean that the variables of the frames, and whatever can be reached from them, are as
they were: immutable values equal and of the same type, everything else the same object, with the
same contents. Reached is what the frames' variables hold and the globals that their code names;
from there elements, attributes, classes, and the closures and globals of functions. It comes to an
end at objects of the harness, whose state is not in them but seen in events, and at the functions
and classes of the standard library. What is read and written in events is left out of plain data,
too (plain_data.py): these show it.

`Hidden` is raised for what does not show its state, such as an iterator, a file or a lock of the
interpreter's, and for code whose reach cannot be told. What can be reached in the end is a matter
of the values, so a key is only worth its cost where it is likely to be equal to an earlier one.
"""

from __future__ import annotations

import dis
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from enum import Enum
from functools import partial
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from verify.scheduling.scheduler import here

MOST = 2_000
"""Things looked at for one key; a program that has more at hand is not looked at."""

_NUMBERS = (int, str, bytes, complex, range)
_CONSTANT = frozenset({*_NUMBERS, bool, type(None), type(Ellipsis), type(NotImplemented)})
_ROWS = frozenset({list, deque, set, frozenset})
_DICTS = frozenset({dict, defaultdict, OrderedDict, Counter})
_SLOTS = frozenset({MemberDescriptorType, GetSetDescriptorType})
_IN_C = frozenset({MethodDescriptorType, WrapperDescriptorType, ClassMethodDescriptorType})
_UNSEEN = frozenset({"verify.sync.local"})
"""Modules of ours with objects whose state no event shows: each task's is its own."""
_TAKEN_OVER = frozenset({"threading", "_thread", "queue", "_queue"})
"""Modules of the library with objects that are the harness's while they are explored."""
_THEIR_OWN = frozenset({"Thread", "Timer", "_local"})
"""Classes among these whose objects keep what no event shows."""
_STATELESS_BASES = frozenset({"abc", "collections.abc", "typing", "enum"})
_LEADING_AWAY = (
    "globals locals vars eval exec compile __import__ __dict__ __builtins__ __globals__ f_locals "
    "f_globals f_back _getframe __closure__ cell_contents __code__ __defaults__ gc inspect "
    "importlib sys ctypes contextvars weakref __setattr__ __subclasses__"
)
_ELSEWHERE = frozenset(_LEADING_AWAY.split())
"""Names that lead to what a walk along values does not see."""
_SCOPE, _MODULE = "_verify_scope_", "_verify_module"
"""What rewritten code calls the holders of a function's variables, and of a module's."""
_BY_NAME = frozenset({"getattr", "setattr", "delattr", "attrgetter", "methodcaller"})


class Hidden(Exception):
    """Something does not show its state."""


class _Reading:
    """What a code names, those within it included; `hidden`: its reach cannot be told."""

    __slots__ = ("hidden", "names")

    def __init__(self, code: CodeType) -> None:
        self.names = list(code.co_names)
        self.hidden = False
        previous: Any = None
        for instruction in dis.get_instructions(code):
            if instruction.opname == "IS_OP" and not _harmless(previous):
                self.hidden = True  # tells apart what a key takes for equal
            if instruction.opname not in ("EXTENDED_ARG", "NOP"):
                previous = instruction
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                within = _reading(constant)
                self.names += [name for name in within.names if name not in self.names]
                self.hidden = self.hidden or within.hidden
        self.hidden = self.hidden or not _ELSEWHERE.isdisjoint(self.names)


def _harmless(before: Any) -> bool:
    """Whether `is` compares with something that has no equals: None, True, False, a global."""
    if before is None or before.opname == "LOAD_GLOBAL":
        return before is not None
    value = before.argval
    return before.opname == "LOAD_CONST" and (
        value is None or value is Ellipsis or isinstance(value, bool)
    )


_READINGS: dict[CodeType, _Reading] = {}


def _reading(code: CodeType) -> _Reading:
    found = _READINGS.get(code)
    if found is None:
        found = _READINGS[code] = _Reading(code)
    return found


class LocalState:
    """The key of some frames and of what they ask with.

    `kept` holds what the addresses in it stand for: keep both together.
    """

    def __init__(self, frames: Iterable[FrameType], argument: object) -> None:
        scheduler: Any = here.scheduler
        self._plain = getattr(scheduler, "plain", None)
        self.kept: list[object] = []
        self._parts: list[object] = []
        self._seen: set[int] = set()
        self._read: set[tuple[int, int]] = set()
        self._todo: list[Any] = []
        for frame in frames:
            self._parts.append(frame.f_code)
            variables = frame.f_locals
            scopes = [token for name, token in variables.items() if name.startswith(_SCOPE)]
            for name, value in variables.items():
                self._parts.append(name)
                if not any(self._in_events(scope, name) for scope in scopes):
                    self._value(value)
            self._code(frame.f_code, frame.f_globals)
        self._value(argument)
        while self._todo:
            self._contents(self._todo.pop())
            if len(self._parts) > MOST:
                raise Hidden
        self.key = tuple(self._parts)

    def _value(self, value: Any) -> None:
        """Note a value; what is in it is looked at later."""
        kind = type(value)
        if kind in _CONSTANT:
            self._parts += (kind, value)
        elif kind is float:
            self._parts += (float, repr(value))
        elif kind is tuple:
            self._parts.append((tuple, len(value)))
            for item in value:
                self._value(item)
        else:
            address = id(value)
            self._parts.append(address)
            if address not in self._seen:
                self._seen.add(address)
                self.kept.append(value)
                if not _is_ours(kind):
                    self._todo.append(value)

    def _values(self, values: Iterable[Any]) -> None:
        row = tuple(values)
        self._parts.append(len(row))
        for value in row:
            self._value(value)

    def _contents(self, value: Any) -> None:
        kind = type(value)
        self._parts.append(("in", id(value)))
        if kind in _ROWS:
            self._row(value)
        elif kind in _DICTS:
            self._mapping(value, value)
            if kind is defaultdict:
                self._value(value.default_factory)
        elif kind is bytearray:
            self._parts.append(bytes(value))
        elif kind is FunctionType:
            self._function(value)
        elif kind is MethodType:
            self._values((value.__self__, value.__func__))
        elif kind is partial:
            self._values((value.func, value.args, value.keywords, vars(value)))
        elif kind in (staticmethod, classmethod):
            self._value(value.__func__)
        elif kind is property:
            self._values((value.fget, value.fset, value.fdel))
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, ModuleType):
            raise Hidden  # nobody knows which of its attributes are asked for
        elif kind in (BuiltinFunctionType, MethodWrapperType):
            if value.__self__ is not None and not isinstance(value.__self__, ModuleType):
                self._value(value.__self__)
        elif not (kind in _IN_C or kind in _SLOTS or kind.__module__ == "typing"):
            self._instance(value)

    def _row(self, value: Iterable[Any]) -> None:
        row = tuple(value)
        self._parts.append(len(row))
        for index, held in enumerate(row):
            if not self._in_events(value, (index,)):
                self._value(held)

    def _mapping(self, value: dict[Any, Any], holder: object = None) -> None:
        """What a dictionary has, which is itself the holder, or has an object's attributes."""
        self._parts.append(len(value))
        for name, held in value.items():
            self._value(name)
            if not self._in_events(holder, (name,) if holder is value else name):
                self._value(held)

    def _in_events(self, holder: object, field: Any) -> bool:
        """Whether events show what is there, as they do for what several tasks use."""
        return self._plain is not None and self._plain.is_shared(holder, field)

    # ------------------------------------------------------------------ code

    def _function(self, value: FunctionType) -> None:
        if _ours(str(value.__module__)) or _ours(str(value.__globals__.get("__name__"))):
            return
        for cell in value.__closure__ or ():
            try:
                self._value(cell.cell_contents)
            except ValueError:
                self._parts.append("empty")
        self._values(value.__defaults__ or ())
        self._mapping(value.__kwdefaults__ or {})
        self._mapping(vars(value))
        self._parts.append(value.__code__)
        if not _of_library(str(value.__globals__.get("__name__"))):
            self._code(value.__code__, value.__globals__)

    def _code(self, code: CodeType, space: dict[str, Any]) -> None:
        """The globals that a code names, and of modules among them the attributes that it names."""
        if (id(code), id(space)) in self._read:
            return
        self._read.add((id(code), id(space)))
        reading = _reading(code)
        if reading.hidden:
            raise Hidden
        for name in reading.names:
            if name in space:
                self._parts.append(name)
                if not self._in_events(space.get(_MODULE), name):
                    self._named(space[name], reading.names)

    def _named(self, value: Any, names: list[str]) -> None:
        if not isinstance(value, ModuleType):
            self._value(value)
            return
        self._parts.append(id(value))
        if _ours(value.__name__) or (id(value), id(names)) in self._read:
            return
        self._read.add((id(value), id(names)))
        if not _BY_NAME.isdisjoint(names):
            raise Hidden
        space = vars(value)
        for name in names:
            if name in space:
                self._parts.append(name)
                self._named(space[name], names)

    # ------------------------------------------------------------------ classes and their objects

    def _class(self, value: type) -> None:
        if not _is_of_program(value) or _of_library(value.__module__):
            return
        for name, held in vars(value).items():
            if name not in ("__dict__", "__weakref__", "__doc__", "__annotations__"):
                self._parts.append(name)
                self._value(held)
        self._values(value.__bases__)

    def _instance(self, value: Any) -> None:
        kind = type(value)
        if isinstance(value, Enum):
            return
        for base in kind.__mro__:
            if not _shows_its_state(base):
                raise Hidden
        self._value(kind)
        if isinstance(value, tuple):
            self._values(tuple.__iter__(value))
        elif isinstance(value, _NUMBERS):
            raise Hidden
        try:
            space = object.__getattribute__(value, "__dict__")
        except AttributeError:
            space = {}
        self._mapping(space, value)
        for base in kind.__mro__:
            for name, slot in vars(base).items():
                if type(slot) is MemberDescriptorType and not _ours(base.__module__):
                    self._parts.append(name)
                    if self._in_events(value, name):
                        continue
                    try:
                        self._value(slot.__get__(value))
                    except AttributeError:
                        self._parts.append("empty")


def _of_library(module: str) -> bool:
    """The standard library, whose functions and classes keep nothing that a loop goes by."""
    return module.partition(".")[0] in sys.stdlib_module_names


def _ours(module: str) -> bool:
    return module == "verify" or module.startswith("verify.")


_OURS: dict[type, bool] = {}


def _is_ours(kind: type) -> bool:
    found = _OURS.get(kind)
    if found is None:
        module = kind.__module__
        taken_over = module in _TAKEN_OVER and kind.__name__ not in _THEIR_OWN
        found = _OURS[kind] = taken_over or (_ours(module) and module not in _UNSEEN)
    return found


_OF_PROGRAM: dict[type, bool] = {}


def _is_of_program(kind: type) -> bool:
    """Whether a class was made by a class statement: then it has nothing of an extension module."""
    found = _OF_PROGRAM.get(kind)
    if found is None:
        made_in_c = any(_made_in_c(name, held, kind) for name, held in vars(kind).items())
        heap = bool(kind.__flags__ & 1 << 9)
        found = _OF_PROGRAM[kind] = heap and not made_in_c and not _ours(kind.__module__)
    return found


def _made_in_c(name: str, held: Any, kind: type) -> bool:
    if type(held) is BuiltinFunctionType:
        return held.__self__ is kind
    if type(held) is GetSetDescriptorType:
        return name not in ("__dict__", "__weakref__")
    return type(held) in _IN_C and held.__objclass__ is kind


def _shows_its_state(kind: type) -> bool:
    """Whether an object of a class is what its attributes, slots and elements are."""
    return (
        kind in (object, tuple)
        or _is_ours(kind)
        or kind.__module__ in _STATELESS_BASES
        or _is_of_program(kind)
    )
