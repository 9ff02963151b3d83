"""Hash seed: what code does that is the same in all runs of one process, and not in the next.

The hash of a text, and with it the order of a set of texts, depends on PYTHONHASHSEED, which a
process has from its start. No comparison of two runs in one process can show that, so the code is
looked at: for a loop over what is certain to be a set (`for name in set(names)`), and for a call of
`hash` that is not there to define another one. What becomes of it nobody knows: this is a reason to
look, no difference. A set that a variable holds, or that is sorted or only searched, is none.
"""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType
from typing import Any

_SETS = ("set", "frozenset")
_NOTHING = ("EXTENDED_ARG", "CACHE", "NOP", "PRECALL")


@lru_cache(maxsize=10_000)
def uses_of_hash_seed(code: CodeType) -> tuple[tuple[int, str, str], ...]:
    """Each with its line, the builtin that it needs, if any, and what it is in words."""
    found: list[tuple[int, str, str]] = []
    begun: dict[tuple[int | None, int | None], str] = {}  # by place, a global that stands there
    before: list[dis.Instruction] = []  # the two before this one
    for now in dis.get_instructions(code):
        if now.opname in _NOTHING:
            continue
        if now.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            begun[_start(now)] = name = str(now.argval)
            if name == "hash" and code.co_name != "__hash__":
                found.append((_line(now, code), name, "calls hash"))
        elif now.opname == "FOR_ITER" and len(before) == 2 and before[1].opname == "GET_ITER":
            looped = before[0]
            builtin = begun.get(_start(looped), "") if looped.opname == "CALL" else ""
            if builtin in _SETS or _makes_a_set(looped):
                found.append((_line(looped, code), builtin, "goes through a set"))
        before = [*before[-1:], now]
    return tuple(found)


def _makes_a_set(instruction: dis.Instruction) -> bool:
    """Whether a set is made that may have several texts in it."""
    value: Any = instruction.argval
    if instruction.opname == "LOAD_CONST" and isinstance(value, frozenset):
        return len(value) > 1 and any(isinstance(item, str | bytes) for item in value)
    return instruction.opname == "SET_UPDATE" or (instruction.opname == "BUILD_SET" and value > 1)


def _start(instruction: dis.Instruction) -> tuple[int | None, int | None]:
    at = instruction.positions
    return (None, None) if at is None else (at.lineno, at.col_offset)


def _line(instruction: dis.Instruction, code: CodeType) -> int:
    return _start(instruction)[0] or code.co_firstlineno
