"""Hash seed: what code does that is the same in all runs of one process, and not in the next.

The hash of a text, and with it the order of a set of texts, depends on PYTHONHASHSEED, which a
process has from its start. No comparison of two runs in one process can show that, so the code is
looked at: for a loop over what is certain to be a set (`for name in set(names)`), and for a call of
`hash` that is not there to define another one. What becomes of it nobody knows: this is a reason to
look, no difference. A set that a variable holds, or that is sorted or only searched, is none.
"""

from __future__ import annotations

import dis
from collections.abc import Collection
from functools import lru_cache
from types import CodeType
from typing import Any

_SETS = ("set", "frozenset")
_Start = tuple[int | None, int | None]
_NOTHING = ("EXTENDED_ARG", "CACHE", "NOP", "PRECALL")


@lru_cache(maxsize=10_000)
def uses_of_hash_seed(code: CodeType) -> tuple[tuple[int, str, str], ...]:
    """Each with its line, the builtin that it needs, if any, and what it is in words."""
    found: list[tuple[int, str, str]] = []
    builtins: dict[_Start, str] = {}  # what is called, by where it stands
    sets: set[_Start] = set()  # where one is written down
    constants: list[Any] = []  # the last that were loaded, with nothing in between
    before: list[dis.Instruction] = []  # the two before this one
    for now in dis.get_instructions(code):
        if now.opname in _NOTHING:
            continue
        if now.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            builtins[_start(now)] = name = str(now.argval)
            if name == "hash" and code.co_name != "__hash__":
                found.append((_line(now, code), name, "calls hash"))
        elif _makes_a_set(now, constants):
            sets.add(_start(now))
        elif now.opname == "FOR_ITER" and len(before) == 2 and before[1].opname == "GET_ITER":
            over = _start(before[0])  # instrumented, it is given to a function at the same place
            builtin = "" if over in sets else builtins.get(over, "")
            if over in sets or (before[0].opname == "CALL" and builtin in _SETS):
                found.append((_line(before[0], code), builtin, "goes through a set"))
        before = [*before[-1:], now]
        constants = [*constants, now.argval] if now.opname == "LOAD_CONST" else []
    return tuple(found)


def _makes_a_set(instruction: dis.Instruction, constants: list[Any]) -> bool:
    """Whether a set is made that may have several texts in it, after these constants."""
    value: Any = instruction.argval
    if instruction.opname == "BUILD_SET":
        return value > 1 and (len(constants) < value or _texts(constants[-value:]))
    if instruction.opname == "SET_UPDATE":
        return not constants or _texts(constants[-1])
    return instruction.opname == "LOAD_CONST" and len(_items(value)) > 1 and _texts(value)


def _texts(value: Any) -> bool:
    return any(isinstance(item, str | bytes) for item in _items(value))


def _items(value: Any) -> Collection[Any]:
    return value if isinstance(value, frozenset | list) else ()


def _start(instruction: dis.Instruction) -> _Start:
    at = instruction.positions
    return (None, None) if at is None else (at.lineno, at.col_offset)


def _line(instruction: dis.Instruction, code: CodeType) -> int:
    return _start(instruction)[0] or code.co_firstlineno
