"""Fields: which attributes are plain data, and where they are looked for.

    classes_of   for an attribute of an instance: the classes that may be asked for it if the
                 instance itself has none; None if it is no field at all
    read         tells of what a look at an attribute reads

A look at an attribute goes from place to place, the instance and its classes, to the first that has
it, in one step of the interpreter's: so it is told as one access.

A method, a property and any other data descriptor is code. So is what `__getattr__` comes up with
and what a class with a `__getattribute__` or a `__setattr__` of its own does. Nothing here runs any
code of the user's.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from functools import partial
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

_CODE = (
    FunctionType,
    BuiltinFunctionType,
    MethodDescriptorType,
    WrapperDescriptorType,
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    classmethod,
    staticmethod,
)
_NEVER_CHANGES = (type, FunctionType, BuiltinFunctionType, ModuleType)
_MADE_BY_A_CLASS_STATEMENT = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_MOST = 1_000

_missing = object()
_classes: dict[type, dict[str, tuple[type, ...] | None]] = {}
_own_stores: dict[type, bool] = {}


def forget() -> None:
    """Code has been put into a class: what is known of attributes may no longer be so."""
    _classes.clear()
    _own_stores.clear()


def classes_of(kind: type, name: str) -> tuple[type, ...] | None:
    """The classes where an attribute of an instance is looked for, in order."""
    known = _classes.get(kind)
    if known is None:
        if len(_classes) > _MOST:  # a program may make classes each time that it runs
            forget()
        known = _classes[kind] = {}
    if name in known:
        return known[name]
    found = known[name] = _search(kind, name)
    return found


def _search(kind: type, name: str) -> tuple[type, ...] | None:
    if str(kind.__module__).startswith("verify.") or not _has_fields(kind):
        return None
    if _inherited(kind, "__getattribute__") not in _USUAL:
        return None
    for base in kind.__mro__ or ():  # None while the class is being made
        value = vars(base).get(name, _missing)
        if value is not _missing:
            if type(value) is MemberDescriptorType:
                return () if _is_of_a_program(base) else None
            if issubclass(type(value), _CODE) or hasattr(type(value), "__set__"):
                return None
            break
    return _bases(kind)


def _bases(kind: type) -> tuple[type, ...]:
    return tuple([base for base in kind.__mro__ or () if _is_of_a_program(base)])


def _inherited(kind: type, name: str) -> object:
    for base in kind.__mro__ or ():
        if name in vars(base):
            return vars(base)[name]
    return None


_ORDINARY: tuple[type, ...] = (
    object,
    type,
    ModuleType,
    BaseException,
    dict,
    list,
    set,
    frozenset,
    tuple,
    str,
    bytes,
)
_ORDINARY += (int, float, complex, bytearray, deque, defaultdict, OrderedDict, partial)
"""Types in C that look attributes up as all do, though some have a method of their own for it."""
_USUAL = [vars(one).get("__getattribute__") for one in _ORDINARY]
_USUAL_STORES = [vars(one).get("__setattr__") for one in _ORDINARY]


def _is_of_a_program(kind: type) -> bool:
    return bool(kind.__flags__ & _MADE_BY_A_CLASS_STATEMENT)


def _has_fields(kind: type) -> bool:
    return _is_of_a_program(kind) or kind.__dictoffset__ != 0


def read(plain: Any, holder: Any, name: str) -> None:
    """Tell of what is read by a look at an attribute."""
    kind = type(holder)
    classes = classes_of(kind, name)
    if classes is None:
        return
    if issubclass(kind, type):
        _look_up(plain, _bases(holder), name)
    elif classes:
        own = getattr(holder, "__dict__", None)
        if own is not None and name in own and not plain.may_be_of_class(name):
            plain.read(holder, name)
        else:
            _look_up(plain, (holder, *classes), name)
    elif kind is ModuleType and issubclass(type(vars(holder).get(name)), _NEVER_CHANGES):
        return
    else:
        plain.read(holder, name)


def _look_up(plain: Any, places: tuple[Any, ...], name: str) -> None:
    """Tell of a look that goes from place to place, the last of which are classes.

    Which of them has the attribute may be another one by the time of the task's turn. So where the
    access may be an event, all of them are told.
    """
    asked = 0
    for place in places:
        asked += 1
        value = getattr(place, "__dict__", {}).get(name, _missing)
        if value is not _missing:
            if issubclass(type(place), type) and issubclass(type(value), _CODE):
                return
            break
    if not plain.may_be_of_class(name):
        places = places[:asked]
    if len(places) == 1:
        plain.read(places[0], name)
    else:
        plain.access_all([(place, (name,), ()) for place in places])


def is_stored_in(holder: Any, name: str) -> bool:
    """Whether a store to an attribute changes a field."""
    kind = type(holder)
    own = _own_stores.get(kind)
    if own is None:
        own = _own_stores[kind] = _inherited(kind, "__setattr__") not in _USUAL_STORES
    return not own and classes_of(kind, name) is not None
