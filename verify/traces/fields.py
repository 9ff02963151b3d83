"""The fields of a stored trace: what each line must have, and nothing else.

A check takes what JSON gave, returns the value that the field stands for, or raises `Wrong` with
the end of a sentence. `HEADER` and `EVENT` list the checks of a line's fields, in the order in
which they are written; `record` applies such a list. Every length is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from verify.scheduling.event import PRECEDENCE
from verify.traces.trace import Waiting

FORMAT = "verify trace"
VERSION = 1

LONGEST_TEXT = 100_000
MOST_TASKS = 10_000
MOST_OBJECTS = 16
"""Of one operation, which names one or two."""
MOST_NOTES = 10_000
DEEPEST_START = 1_000
"""Tasks that were each started by the one before."""
LARGEST_COUNT = 10**9

SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character outside the basic plane: it can be in a Python string, but not be printed."""
_SHA_256 = re.compile("([0-9a-f]{64})?")


class Wrong(Exception):
    """What is wrong with a line."""


Check = Callable[[Any], Any]
"""Gives the value that a field stands for, or raises Wrong with the end of a sentence."""


def record(value: Any, fields: Mapping[str, Check], optional: frozenset[str]) -> dict[str, Any]:
    """The checked values of an object that must have these fields and no other."""
    if type(value) is not dict:
        raise Wrong(f"{shown(value)} is not an object")
    found = {}
    for key, item in value.items():
        check = fields.get(key)
        if check is None:
            raise Wrong(f"there is no field {shown(key)}")
        try:
            found[key] = check(item)
        except Wrong as wrong:
            raise Wrong(f"{key}: {wrong}") from None
    missing = [key for key in fields if key not in found and key not in optional]
    if missing:
        raise Wrong(f"{missing[0]} is missing")
    return found


def shown(value: object) -> str:
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Wrong(f"{shown(value)} is not a text")
    if len(value) > LONGEST_TEXT:
        raise Wrong(f"the text has {len(value):,} characters, more than {LONGEST_TEXT:,}")
    if not value.isascii() and SURROGATE.search(value):
        raise Wrong("half of a character (a lone surrogate)")
    return value


def _name(value: Any) -> str:
    if not _text(value):
        raise Wrong("the text is empty")
    return str(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST_COUNT:
        raise Wrong(f"{shown(value)} is not a count")
    return value


def _exactly(*allowed: object) -> Check:
    def check(value: Any) -> Any:
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise Wrong(f"{shown(value)} is none of {', '.join(map(str, allowed))}")
        return value

    return check


def _hash(value: Any) -> str:
    if not _SHA_256.fullmatch(_text(value)):
        raise Wrong(f"{shown(value)} is not a sha-256")
    return str(value)


def _many(check: Check, most: int) -> Callable[[Any], tuple[Any, ...]]:
    def checked(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            raise Wrong(f"{shown(value)} is not a list")
        if len(value) > most:
            raise Wrong(f"the list has {len(value):,} members, more than {most:,}")
        return tuple(map(check, value))

    return checked


def _pair(first: Check, second: Check) -> Check:
    def check(value: Any) -> tuple[Any, Any]:
        if type(value) is not list or len(value) != 2:
            raise Wrong(f"{shown(value)} is not a pair")
        return first(value[0]), second(value[1])

    return check


def _note(value: Any) -> tuple[int, str, str]:
    if type(value) is not list or len(value) != 3:
        raise Wrong(f"{shown(value)} is not a step, a task and a text")
    return _count(value[0]), _text(value[1]), _text(value[2])


def _settings(value: Any) -> dict[str, str | int | float | bool | None]:
    if type(value) is not dict:
        raise Wrong(f"{shown(value)} is not an object")
    for key, setting in value.items():
        _name(key)
        if isinstance(setting, list | dict):
            raise Wrong(f"{shown(key)} is {shown(setting)}")
        if isinstance(setting, str):
            _text(setting)
    return value


def _statistics(value: Any) -> dict[str, int]:
    if type(value) is not dict:
        raise Wrong(f"{shown(value)} is not an object")
    return {_name(key): _count(count) for key, count in value.items()}


def _racing(value: Any) -> tuple[int, int]:
    first, second = _pair(_step, _step)(value)
    return first, second


def _step(value: Any) -> int:
    if _count(value) == 0:
        raise Wrong("steps are counted from 1")
    return int(value)


def _waiting(value: Any) -> Waiting:
    return Waiting(**record(value, _WAITING, frozenset()))


_path = _many(_count, DEEPEST_START)
_tasks = _many(_text, MOST_TASKS)
_objects = _many(_text, MOST_OBJECTS)

_WAITING: dict[str, Check] = {
    "task": _text,
    "operation": _name,
    "objects": _objects,
    "place": _text,
    "owners": _tasks,
}
HEADER: dict[str, Check] = {
    "format": _exactly(FORMAT),
    "version": _exactly(VERSION),
    "tool": _name,
    "python": _name,
    "model": _name,
    "source": _hash,
    "settings": _settings,
    "verdict": _exactly("VIOLATED"),
    "kind": _exactly(*PRECEDENCE),
    "message": _text,
    "task": _text,
    "step": _count,
    "place": _text,
    "tasks": _many(_pair(_text, _path), MOST_TASKS),
    "waiting": _many(_waiting, MOST_TASKS),
    "diagnosis": _text,
    "output": _text,
    "racing": _racing,
    "parted": _step,
    "statistics": _statistics,
    "notes": _many(_note, MOST_NOTES),
}
MAY_LACK = frozenset({"racing", "parted", "statistics", "notes"})
"""The fields of the header that are left out where they are empty."""
EVENT: dict[str, Check] = {
    "step": _count,
    "task": _text,
    "path": _path,
    "option": _count,
    "operation": _name,
    "objects": _objects,
    "place": _text,
    "argument": _text,
    "result": _text,
    "note": _text,
    "changed": _many(_pair(_text, _text), MOST_OBJECTS),
    "woke": _tasks,
    "after": _many(_step, MOST_TASKS),
    "owners": _many(_pair(_text, _tasks), MOST_OBJECTS),
}
OPTIONAL = frozenset({"argument", "result", "note", "changed", "woke", "after", "owners"})
"""Those of an event."""
