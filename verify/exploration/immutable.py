"""Immutable values: what may pass from task to task in a closed program (closed.py).

`key` names a value so that equal names mean: no program can tell the two apart, except by `is` and
`id` (which closed.py refuses). Numbers that Python calls equal have different names where their
types differ, so 1, True and 1.0 do, and -0.0 and 0.0; so do tuples of them. A name leads with its
type unless the value is its own name or a plain tuple, whose name is that of its elements; and a
type is no value. So names of different types never collide.

Immutable are numbers, texts, tuples and ranges; named tuples, enum members and frozen dataclasses,
compared by their fields, of classes that can be found under their own names: a class that the
program makes while it runs is another one in the next run. So are the states of the primitives. Not
a set, even a frozen one, because the order of equal sets can differ; nor nan, which finds itself in
a list only if it is the same object.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from dataclasses import fields
from enum import Enum, Flag
from typing import Any


class Open(Exception):
    """The program is not closed; the message says why."""


def immutable(value: Any) -> bool:
    """Whether a value never changes and passes for its equals."""
    try:
        key(value)
    except Open:
        return False
    return True


def key(value: Any) -> Hashable:
    """A value's name: equal for two values iff they are of one type and cannot be told apart.

    Raises Open for a value that is not immutable.
    """
    kind = type(value)
    if kind is int or kind is str or value is None:
        return value  # type: ignore[no-any-return]
    if kind is tuple:
        return tuple([key(item) for item in value])
    if kind is bool:
        return (bool, value)
    return _key_of(kind, value)


def _key_of(kind: type, value: Any) -> Hashable:
    if kind in _TUPLES:
        return (kind, *[key(item) for item in tuple.__iter__(value)])
    if kind is float:
        if value != value:
            raise Open("nan passes through an object of the harness, and is not equal to itself")
        return (float, value if value else repr(value))
    if kind is complex:
        return (complex, key(value.real), key(value.imag))
    if kind is bytes:
        return (bytes, value)
    if kind is range:
        return (range, key(value.start), key(value.stop), key(value.step))
    if value is Ellipsis or value is NotImplemented:
        return (kind,)
    if kind.__module__ == "verify.sync.items":
        return (kind, *[key(item) for item in value])
    if isinstance(value, Enum):
        demand_lasting(kind)
        return (kind, key(value._value_ if isinstance(value, Flag) else value._name_))
    if isinstance(value, tuple) and not hasattr(value, "__dict__"):
        demand_lasting(kind)
        _TUPLES.add(kind)
        return _key_of(kind, value)
    if _is_frozen_dataclass(kind):
        demand_lasting(kind)
        names = [field.name for field in fields(kind)]
        if _attributes(value) <= set(names):
            return (kind, *[key(getattr(value, name)) for name in names])
    raise Open(f"a {kind.__name__} passes through an object of the harness, and can change")


def _is_frozen_dataclass(kind: type) -> bool:
    """Frozen, and equal by its fields: else two of them would be told apart."""
    parameters = vars(kind).get("__dataclass_params__")
    return parameters is not None and bool(parameters.frozen and parameters.eq)


def _attributes(value: Any) -> set[str]:
    names = set(getattr(value, "__dict__", ()))
    for base in type(value).__mro__:
        slots = vars(base).get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    return names - {"__weakref__", "__dict__"}


_LASTING: set[type] = set()
_TUPLES: set[type] = set()
"""Named tuples that last: most states of primitives."""


def demand_lasting(kind: type) -> None:
    """Raise Open unless the class is the one that its name leads to, in every run the same."""
    if kind in _LASTING:
        return
    found: Any = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    if found is not kind:
        raise Open(
            f"a {kind.__name__} passes through an object of the harness, and its class is made "
            "anew in every run"
        )
    _LASTING.add(kind)
