"""Plain values: what is in a field now, and by what variable its holder is known, for a person.

Only looked at while an account is made of an execution. No code of the user's is run: what is in
an object is taken from its dictionary and its slots, and an object of the user's is told by its
class, never by its own `repr`.
"""

from __future__ import annotations

import sys
from collections import deque
from types import CellType, FrameType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from verify.scheduling.plain_names import STRUCTURE
from verify.scheduling.sources import user_frame

_TELLING = (int, str, bytes, float, bool, complex, type(None), type(...), range)
_DEEPEST = 3
_MISSING: Any = object()
ABSENT = "absent"


def in_native_words(value: Any, depth: int = 0) -> str:
    """A value in words that no code of the user's has a part in; the same in every process."""
    kind = type(value)
    if kind in _TELLING:
        return repr(value)
    if depth < _DEEPEST:
        if kind is list or kind is deque:
            return f"[{', '.join([in_native_words(part, depth + 1) for part in value])}]"
        if kind is tuple:
            inside = ", ".join([in_native_words(part, depth + 1) for part in value])
            return f"({inside}{',' if len(value) == 1 else ''})"
        if kind is dict:
            pairs = [
                f"{in_native_words(key, depth + 1)}: {in_native_words(part, depth + 1)}"
                for key, part in value.items()
            ]
            return f"{{{', '.join(pairs)}}}"
        if (kind is set or kind is frozenset) and value:
            return f"{{{', '.join(sorted([in_native_words(one, depth + 1) for one in value]))}}}"
    if issubclass(type(value), type):
        return f"class {type.__getattribute__(value, '__name__')}"
    if kind is FunctionType:
        return f"function {value.__name__}"
    if kind is ModuleType:
        return f"module {vars(value).get('__name__')}"
    return f"<{type.__getattribute__(kind, '__name__')}>"


def present(holder: Any, text: str, key: Any) -> str:
    """What is in a field; ABSENT if nothing is, empty if it cannot be seen.

    `text` is how the field is written behind its holder, `key` what an item has for a key.
    """
    value = _MISSING
    if text == STRUCTURE:
        value = holder
    elif text.startswith("."):
        value = _attribute(holder, text[1:])
    elif issubclass(type(holder), dict):
        value = next((v for k, v in dict.items(holder) if _same(k, key)), _MISSING)
    elif issubclass(type(holder), set):
        return "in it" if any(_same(one, key) for one in set.__iter__(holder)) else "not in it"
    elif issubclass(type(holder), list | deque) and type(key) is int:
        parts = (
            list(holder)
            if issubclass(type(holder), deque)
            else list.__getitem__(holder, slice(None))
        )
        value = parts[key] if key < len(parts) else _MISSING
    else:
        return ""
    return ABSENT if value is _MISSING else in_native_words(value)


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) in _TELLING and type(other) in _TELLING and one == other)


def _attribute(holder: Any, name: str) -> Any:
    if issubclass(type(holder), CellType):
        try:
            return holder.cell_contents
        except ValueError:
            return _MISSING
    if issubclass(type(holder), type):
        for base in holder.__mro__:
            if name in vars(base):
                return vars(base)[name]
        return _MISSING
    if str(type(holder).__module__).startswith("verify."):
        return _variable(name)
    for base in type(holder).__mro__:
        slot = vars(base).get(name)
        if type(slot) is MemberDescriptorType:
            try:
                return slot.__get__(holder)
            except AttributeError:
                return _MISSING
    return _own(holder).get(name, _MISSING)


def _own(holder: Any) -> dict[str, Any]:
    """The dictionary of an instance or a module; an empty one if it has none."""
    try:
        found = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return {}
    return found if issubclass(type(found), dict) else {}


def _variable(name: str) -> Any:
    """A variable of the closure that the running task is in."""
    frame = user_frame(sys._getframe())
    return _MISSING if frame is None else frame.f_locals.get(name, _MISSING)


def called(holder: object) -> str:
    """The variable by which the running task has got at an object; empty if none is seen."""
    frame = user_frame(sys._getframe())
    spaces: list[FrameType] = []
    while frame is not None:
        spaces.append(frame)
        frame = user_frame(frame.f_back)
    for one in spaces:
        name = _name_in(one.f_locals, holder)
        if name:
            return name
    return lasting_name(holder, spaces)


def lasting_name(holder: object, spaces: list[FrameType]) -> str:
    """The global by which an object can be found: `counter`, `accounts[0]`, `pool.items`."""
    for one in spaces:
        name = _name_in(one.f_globals, holder)
        if name:
            return name
    return ""


def _name_in(space: dict[str, Any], holder: object) -> str:
    for name, value in space.items():
        if value is holder and name != "self" and not name.startswith("_verify_"):
            return name
    for name, value in space.items():
        if name.startswith("__") or issubclass(type(value), type | ModuleType | FunctionType):
            continue
        if type(value) is list or type(value) is tuple:
            for index, part in enumerate(value):
                if part is holder:
                    return f"{name}[{index}]"
        elif type(value) is dict:
            for key, part in value.items():
                if part is holder and type(key) in _TELLING:
                    return f"{name}[{key!r}]"
        else:
            for attribute, part in _own(value).items():
                if part is holder:
                    return attribute if name == "self" else f"{name}.{attribute}"
    return ""


def global_name(value: object) -> str:
    """The module and the global by which an object from before the run can be found; or empty."""
    frame = user_frame(sys._getframe())
    while frame is not None:
        name = lasting_name(value, [frame])
        if name:
            return f"{frame.f_globals.get('__name__')}.{name}"
        frame = user_frame(frame.f_back)
    return ""
