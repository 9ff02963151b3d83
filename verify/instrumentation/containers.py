"""Containers: what a call reads and writes of a list, a dictionary, a set, and their like.

The interpreter carries a method of a builtin container out in one go, so a call is one step. What
it touches is the structure (length, keys, order: with it all that is inside), or one item. A class
that inherits from a container is one as far as it leaves the container's methods as they are.

    layout_of       the methods of a type that are a container's own, with their effects
    method_called   what is known of a call, given what is called and with what

An effect is a function of the type of the container and the arguments, never of what is inside: it
may be another by the time of the task's turn, and what a task asks for must follow from what has
come before. So to store under a key may be a change of the keys: plain_data.py finds that out.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import (
    BuiltinMethodType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
)
from typing import Any, NamedTuple

from verify.scheduling.plain_names import GROWTH, STRUCTURE

Footprint = tuple[tuple[object, ...], tuple[object, ...]]
"""The fields that are read, and those that are written."""
Effect = Callable[[Any, tuple[Any, ...]], Footprint]

LOOK: Footprint = ((STRUCTURE,), ())
CHANGE: Footprint = ((), (STRUCTURE,))
NONE: Footprint = ((), ())
CONTAINERS = (list, dict, set, deque, bytearray)
_DICTIONARIES: tuple[dict[int, int], ...] = ({}, OrderedDict())
VIEWS: frozenset[type] = frozenset(
    kind
    for container in _DICTIONARIES
    for view in (container.keys(), container.values(), container.items())
    for kind in (type(view), type(iter(view)), type(reversed(view)))
)
VIEWS |= {type(iter(container())) for container in CONTAINERS}
VIEWS |= {type(reversed([])), type(reversed(deque()))}
"""What shows a container, or goes over it: the container is all that it refers to."""


def look(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """All that is inside is looked at, or how much it is."""
    return LOOK


def change(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """What is inside changes, or its order."""
    return CHANGE


def look_at_item(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """What is at an index or a key; to look for one may make it."""
    if isinstance(container, defaultdict):
        return store_item(container, arguments)
    if isinstance(container, dict):
        return peek_item(container, arguments)
    return (_item(arguments), ()) if _is_index(arguments) else LOOK


def peek_item(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """The same, where nothing is made if there is nothing."""
    return (_item(arguments), ()) if _is_keyed(container, arguments) else LOOK


def store_item(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """What is at an index or a key changes; and the keys, if that is a new one."""
    return _change_item(container, arguments, GROWTH)


def drop_item(container: Any, arguments: tuple[Any, ...]) -> Footprint:
    """What is at an index or a key goes, and the key with it."""
    return _change_item(container, arguments, STRUCTURE)


def _change_item(container: Any, arguments: tuple[Any, ...], structure: str) -> Footprint:
    if _is_keyed(container, arguments):
        return (), (*_item(arguments), structure)
    if isinstance(container, dict | set) or not _is_index(arguments):
        return CHANGE
    return (), _item(arguments)


def _item(arguments: tuple[Any, ...]) -> tuple[object, ...]:
    return (("item", arguments[0]),)


def _is_keyed(container: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether a key is looked up, and that runs no code of the user's."""
    return bool(arguments) and isinstance(container, dict | set) and is_plain_key(arguments[0])


def _is_index(arguments: tuple[Any, ...]) -> bool:
    """Whether one item of a sequence is asked for, if it has one there."""
    return bool(arguments) and type(arguments[0]) is int


_LISTS: dict[str, Effect] = {
    **dict.fromkeys(
        ["append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse"], change
    ),
    **dict.fromkeys(["__setitem__", "__delitem__", "__iadd__", "__imul__"], change),
    **dict.fromkeys(
        ["index", "count", "copy", "__len__", "__contains__", "__iter__", "__reversed__"], look
    ),
    "__getitem__": look_at_item,
    "__setitem__": store_item,
}
_DICTS: dict[str, Effect] = {
    **dict.fromkeys(["clear", "popitem", "update", "move_to_end", "__ior__", "subtract"], change),
    **dict.fromkeys(["copy", "most_common", "elements", "total"], look),
    **dict.fromkeys(["__len__", "__iter__", "__reversed__"], look),
    "get": peek_item,
    "__getitem__": look_at_item,
    "__contains__": peek_item,
    "setdefault": store_item,
    "pop": drop_item,
    "__setitem__": store_item,
    "__delitem__": drop_item,
}
_SETS: dict[str, Effect] = {
    **dict.fromkeys(["clear", "pop", "update", "difference_update", "intersection_update"], change),
    **dict.fromkeys(["symmetric_difference_update", "__ior__", "__iand__", "__isub__"], change),
    **dict.fromkeys(["copy", "union", "difference", "intersection", "symmetric_difference"], look),
    **dict.fromkeys(["issubset", "issuperset", "isdisjoint", "__len__", "__iter__"], look),
    "add": store_item,
    "discard": drop_item,
    "remove": drop_item,
    "__contains__": peek_item,
}
_DEQUES: dict[str, Effect] = {
    **_LISTS,
    **dict.fromkeys(["appendleft", "extendleft", "popleft", "rotate"], change),
}
_BYTES: dict[str, Effect] = {
    **_LISTS,
    **dict.fromkeys(
        ["find", "rfind", "startswith", "endswith", "decode", "split", "hex", "strip"], look
    ),
}
METHODS = {list: _LISTS, dict: _DICTS, set: _SETS, deque: _DEQUES, bytearray: _BYTES}

_READERS = "len list tuple set frozenset dict sorted sum min max any all next reversed str repr"
_READERS += " print bytes bytearray join format deque Counter OrderedDict defaultdict copy"
_READERS += " bool ascii nlargest nsmallest bisect bisect_left bisect_right writelines"
_STEPPERS = "iter enumerate zip map filter chain islice zip_longest accumulate starmap takewhile"
_STEPPERS += " dropwhile filterfalse compress pairwise cycle reduce"
_ATTRIBUTES = "getattr setattr delattr hasattr"
_CHANGERS = "heappush heappop heapify heapreplace heappushpop insort insort_left insort_right"
_CHANGERS += " shuffle"

READERS = frozenset(_READERS.split())
"""The names of functions that look at all of their arguments, and of methods."""
CALLED = frozenset(
    [name for methods in METHODS.values() for name in methods]
    + f"{_READERS} {_STEPPERS} {_ATTRIBUTES} {_CHANGERS}".split()
)
"""The names under which something is called that may touch a container: all others are not asked
about when a call is made. A name says nothing about what it stands for; that is seen then."""

_TAKERS = "extend extendleft update difference_update intersection_update"
_TAKERS += " symmetric_difference_update subtract __iadd__ __ior__"
TAKE_ALL = frozenset(_TAKERS.split())
"""The names of methods that change a container by all that there is in their arguments."""
_change_first = (heapq.heappush, heapq.heappop, heapq.heapify, heapq.heapreplace)
CHANGES_FIRST: frozenset[Any] = frozenset(
    [*_change_first, heapq.heappushpop, bisect.insort, bisect.insort_left, bisect.insort_right]
)
"""Functions that change their first argument."""
STEPS: tuple[Any, ...] = (
    *(iter, enumerate, zip, map, filter),
    *(itertools.chain, itertools.islice, itertools.zip_longest, itertools.accumulate),
    *(itertools.starmap, itertools.takewhile, itertools.dropwhile, itertools.filterfalse),
    *(itertools.compress, itertools.pairwise, itertools.cycle),
)
"""What goes over its arguments step by step, later."""


_layouts: dict[type, dict[str, Effect] | None] = dict.fromkeys(
    (object, int, str, bytes, float, bool, tuple, frozenset, type(None))
)
_MOST = 1_000


def layout_of(kind: type) -> dict[str, Effect] | None:
    """Of a type of containers, the methods that are the container's own; None for any other."""
    try:
        return _layouts[kind]
    except KeyError:
        if len(_layouts) > _MOST:  # a program may make classes each time that it runs
            _layouts.clear()
        layout = _layouts[kind] = _laid_out(kind)
        return layout


def _laid_out(kind: type) -> dict[str, Effect] | None:
    known = _methods_of(kind).items()
    return {name: one for name, one in known if _is_own(kind, name)} if known else None


def _methods_of(kind: type) -> dict[str, Effect]:
    """The methods that a container has under a class, whatever the class has put in their place."""
    for base in CONTAINERS:
        if issubclass(kind, base):
            return METHODS[base]
    return {}


def _is_own(kind: type, method: str) -> bool:
    """Whether a method is the container's, or one that the library has put on top."""
    found = getattr(kind, method, None)
    return not hasattr(found, "__code__") or found.__module__ == "collections"


class Called(NamedTuple):
    """What is known of a call: the container whose method it is (or the function's first argument),
    what the call does to it, and what else it looks at."""

    container: Any
    effect: Effect
    arguments: tuple[Any, ...]


def method_called(function: Any, arguments: tuple[Any, ...]) -> Called | None:
    """What is known of a call of a method of a container's, bound or not."""
    kind = type(function)
    if kind is BuiltinMethodType or kind is MethodWrapperType:
        container = function.__self__
        if type(container) is ModuleType:
            if arguments and function in CHANGES_FIRST and layout_of(type(arguments[0])):
                return Called(arguments[0], change, arguments[1:])
            return None
    elif kind is MethodType and function.__module__ == "collections":
        container = function.__self__  # of a Counter
    elif kind is MethodDescriptorType and arguments:
        container, arguments = arguments[0], arguments[1:]
    else:
        return None
    if layout_of(type(container)) is None:
        return None
    effect = _methods_of(type(container)).get(function.__name__)  # and no other one in its place
    return None if effect is None else Called(container, effect, arguments)


_PLAIN = frozenset({int, str, bytes, float, bool, complex, type(None)})


def is_plain_key(key: object) -> bool:
    """Whether looking for a key runs no code of the user's."""
    kind = type(key)
    if kind in _PLAIN:
        return True
    if kind is tuple:
        parts: Any = key
        return all(is_plain_key(part) for part in parts)
    return kind.__eq__ is object.__eq__ and kind.__hash__ is object.__hash__
