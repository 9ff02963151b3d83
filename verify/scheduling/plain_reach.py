"""Plain reach: what can be found through a value, without running any code of the user's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, Final

_ATOMS: Final = frozenset({int, str, bytes, float, bool, complex, type(None), type(...)})
NO_DATA: Final = 0
TUPLE: Final = 1
FUNCTION: Final = 2
HOLDER: Final = 3
"""What a value is to who publishes it: of no interest; something that has no fields, but may hold
what has; or, but for functions that hold nothing, something that gets a name."""
_sorts: Final[dict[type, int]] = {}
_slots: Final[dict[type, list[Any]]] = {}
_MOST_CLASSES: Final = 10_000
"""Classes of which something is kept: a program may make some each time that it runs."""
SEQUENCES: Final = (list, deque, bytearray)
KEYED: Final = (dict, set)


def is_atom(key: object) -> bool:
    """Whether a value can be compared without running the user's code."""
    kind = type(key)
    if kind in _ATOMS:
        return True
    if kind is tuple or kind is frozenset:
        parts: Any = key
        return all(is_atom(part) for part in parts)
    return False


def has_key(container: Any, key: object) -> bool:
    """Whether a dictionary or a set has a key that no code of the user's compares."""
    if issubclass(type(container), dict):
        return dict.__contains__(container, key)
    return set.__contains__(container, key)


def sort_of(kind: type) -> int:
    """How values of a class are published."""
    sort = _sorts.get(kind)
    if sort is None:
        if len(_sorts) > _MOST_CLASSES:
            _sorts.clear()
        sort = HOLDER
        if kind in _ATOMS or kind is BuiltinFunctionType or issubclass(kind, type | ModuleType):
            sort = NO_DATA
        elif kind is tuple:
            sort = TUPLE
        elif kind is FunctionType:
            sort = FUNCTION
        elif str(kind.__module__).startswith("verify."):
            sort = NO_DATA
        _sorts[kind] = sort
    return sort


def holds_nothing(function: Any) -> bool:
    """Whether a function has neither a closure nor defaults."""
    return not (function.__closure__ or function.__defaults__ or function.__kwdefaults__)


def name_all(value: object, known: Mapping[int, object], name: Callable[[object], object]) -> None:
    """Have all named that a value leads to, itself included, and that is not known by its address.

    From what is known it is not gone on. `name` makes known what it is given, in an order that is
    the same in every execution.
    """
    todo: list[Any] = [value]
    while todo:
        one = todo.pop()
        sort = sort_of(type(one))
        if sort == NO_DATA or id(one) in known:
            continue
        if sort == TUPLE:
            inner = list(one)
        elif sort == FUNCTION and holds_nothing(one):
            continue
        else:
            name(one)
            inner = reached(one)
        inner.reverse()
        todo += inner


def parts_of(body: Any) -> list[object]:
    """What a task gets from whoever starts it: its body, and what that holds but for texts."""
    parts = [body]
    for part in vars(body).values():
        if type(part) is dict:
            parts += part.values()
        elif type(part) is not str:
            parts.append(part)
    return parts


def reached(value: Any) -> list[object]:
    """What an object holds directly, in an order that is the same in every execution."""
    kind = type(value)
    if kind is list or kind is deque:
        return list(value)
    if kind is dict:
        return [part for pair in value.items() for part in pair]
    if kind is set or kind is frozenset:
        return []  # a set goes by addresses: who takes a thing out of it names it
    if kind is FunctionType:
        cells = [cell.cell_contents for cell in value.__closure__ or () if _filled(cell)]
        return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if kind is MethodType:
        return [value.__self__, value.__func__]
    found: list[object] = []
    if issubclass(kind, list | tuple | deque):
        found += list.__iter__(value) if issubclass(type(value), list) else tuple(value)
    elif issubclass(kind, dict):
        found += [part for pair in dict.items(value) for part in pair]
    for slot in _slots_of(kind):
        try:
            held = slot.__get__(value)
        except AttributeError:  # nothing is in it
            continue
        if type(slot) is MemberDescriptorType:
            found.append(held)
        else:
            found += held.values()
    return found


def _slots_of(kind: type) -> list[Any]:
    """The descriptors of what an instance holds: its slots, and its dictionary."""
    slots = _slots.get(kind)
    if slots is None:
        if len(_slots) > _MOST_CLASSES:
            _slots.clear()
        slots = _slots[kind] = []
        for base in kind.__mro__:
            for name, slot in vars(base).items():
                if type(slot) is MemberDescriptorType or (
                    name == "__dict__" and type(slot) is GetSetDescriptorType
                ):
                    slots.append(slot)
    return slots


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
