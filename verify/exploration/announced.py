"""Announced: whether code says so before it touches a field that tasks share.

In a memoised search a shared field has a state, and its real place holds nothing to rely on
(plain_cells.py). Rewritten code (instrumented.py) announces each access, with the name of the field
as one of its constants. Code that has the name of a shared field and does not announce it is
refused before it runs; so is what reaches attributes by other ways than their names.

What dataclasses generate does not announce anything. It looks at fields to show and to compare
them, and finds what cannot be shown or compared; but its `__init__` writes. A class calls that
with a new object, which no task has met yet: it is refused if some code calls `__init__` itself.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from types import CodeType

from verify.exploration.immutable import Open
from verify.exploration.mentions import Mentions
from verify.scheduling.instrumented import OFF

OF_ALL = frozenset(map(id, (vars, dir, replace)))
"""Functions that look at all attributes of an object."""
_TO_ALL = frozenset({"__dict__", "__getattribute__", "__getstate__", "__reduce__", "__reduce_ex__"})
"""Attributes that lead to all others."""


class Announced:
    """Looks at one code after another; `fields` are the names of those that tasks share."""

    def __init__(self, fields: Collection[str]) -> None:
        self._fields = fields
        self._writes = ""
        self._begins = ""

    def demand(self, code: CodeType, found: Mentions, of: str) -> None:
        """Raise Open for code that may touch such a field, and does not say so."""
        if found.matches:
            raise Open(f"{of} looks at attributes in a pattern, and tasks share some")
        self._demand(code, of)
        if self._writes and self._begins:
            raise Open(f"{self._begins} calls __init__, and there is one that dataclass has made")

    def _demand(self, code: CodeType, of: str) -> None:
        generated = code.co_filename == "<string>" and code.co_name.startswith("__")
        for name in code.co_names:
            if generated:
                if name in self._fields and code.co_name == "__init__":
                    self._writes = name
                continue
            if name == "__init__":
                self._begins = of
            elif name in _TO_ALL:
                raise Open(f"{of} looks at the attribute {name}, and tasks share some attributes")
            elif name in self._fields and not _announces(code, name):
                raise Open(f"{of} touches {name}, which tasks share, and is not instrumented")
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                self._demand(inner, of)


def _announces(code: CodeType, name: str) -> bool:
    return OFF in code.co_names and name in code.co_consts
