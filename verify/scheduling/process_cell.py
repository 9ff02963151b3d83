"""A cell whose state all processes of a scheduler share, and one that belongs to one process alone.

A shared cell is a small handle: where in the arena the state stands, and the state that this
process has seen or written there last, with its version (`encoding.py`). A block in the arena is 32
words, grown data moves to a block of its own:

    0-5 the guard's mutex   6 broken   7 link to the next block   8-15 the cell   16-31 data
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from verify.scheduling.arena import Arena
from verify.scheduling.pthread import mutex_at

BLOCK: Final = 256
BROKEN: Final = 6
LINK: Final = 7
CELL: Final = 8
DATA: Final = 16

FIRST_SLEEPER: Final = 6
LAST_SLEEPER: Final = 7
"""Words of the cell: the ends of the line of those who sleep there."""

NO_FIELD: Final = -1
UNKNOWN: Final = -1
"""The version of a state that this process does not remember."""

Rebuild = tuple[Callable[[tuple[Any, ...]], Any] | None, ...]
"""For each field of a named tuple that is a collection: what makes it again of a tuple."""


class SharedCell:
    """A handle to a state in the arena; it can be passed to a process that is being started."""

    __slots__ = (
        "arena",
        "at",
        "broken",
        "encoded",
        "first_sleeper_at",
        "keeps",
        "label",
        "memory",
        "mutex",
        "owner",
        "place",
        "rebuild",
        "retired",
        "shape",
        "sleepers_at",
        "state",
        "version",
        "version_at",
        "words",
    )

    def __init__(
        self,
        arena: Arena,
        offset: int,
        guard: int,
        label: str,
        shape: Any,
        rebuild: Rebuild,
        keeps: SharedCell | None = None,
        retired: list[int] | None = None,
    ) -> None:
        self.arena = arena
        self.words = arena.words
        self.memory = arena.memory
        self.at = (offset >> 3) + CELL
        # For the same place, as memory counts and as C does. Not int for mypyc: they are only ever
        # handed on, and would be unboxed and boxed again.
        self.place: Any = self.at << 3
        self.version_at: Any = self.at
        self.first_sleeper_at: Any = self.at + FIRST_SLEEPER
        self.owner: Any = guard >> 3
        self.mutex: Any = mutex_at(arena.address + guard)
        self.broken = (guard >> 3) + BROKEN
        self.label = label
        self.shape = shape
        self.rebuild = rebuild
        # Which field of the state names those who sleep here to be woken by name.
        fields: tuple[str, ...] = getattr(shape, "_fields", ())
        self.sleepers_at = fields.index("waiting") if "waiting" in fields else NO_FIELD
        self.keeps = keeps  # the guard is the other's: its block must outlive this cell
        self.retired = retired
        self.state: Any = None
        self.version = UNKNOWN
        self.encoded: tuple[Any, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        offset, guard = (self.at - CELL) << 3, self.owner << 3
        fields = self.label, self.shape, self.rebuild, self.keeps
        return SharedCell, (self.arena, offset, guard, *fields)

    def __del__(self) -> None:
        if self.retired is not None:
            self.retired.append((self.at - CELL) << 3)


class LocalCell:
    """A state that belongs to one process; a fork copies it as it is."""

    __slots__ = ("state", "woken")

    def __init__(self, state: Any) -> None:
        self.state = state
        self.woken = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return LocalCell, (self.state,)
