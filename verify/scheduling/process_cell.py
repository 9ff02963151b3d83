"""A cell whose state all processes of a scheduler share, and one that belongs to one process alone.

A shared cell is a small handle: where in the arena the state stands. There it is encoded, with a
version that grows with each change, so that a process which knows this version need not decode:

    nothing, an int, (int, int)     in the cell itself: a free lock, a semaphore, a held lock
    a (named) tuple of plain values  marshalled, the fastest there is; so are collections in it
                                     that their class's `of` makes again of a tuple
    anything else                    pickled, and decoded afresh at each look: if it is mutable, a
                                     change to one process's copy must not be seen by its next look

A block in the arena is 32 words, grown data moves to a block of its own:

    0-5 the guard's mutex   6 broken   7 link to the next block   8-15 the cell   16-31 data
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Callable
from types import NoneType
from typing import Any

from verify.errors import Misuse
from verify.scheduling.arena import MAX_STATE, Arena, NotPassedOn
from verify.scheduling.cell import Cell

BLOCK = 256
BROKEN = 6
LINK = 7
_CELL = 8
_DATA = 16
_INLINE = 128

# Words of the cell; 6 and 7 are its first and last sleeper (`task_table.py`).
VERSION = 0
_TAG = 1
_FIRST = 2
_SECOND = 3
_PLACE = 4  # where grown data stands, in bytes; its size stands in the block's first data word
WOKEN = 5

_NONE, _INT, _PAIR, _TUPLE, _SHAPED, _PICKLED = range(6)
_TAG_BITS = 3

_ATOMS = frozenset({int, bool, float, str, bytes, NoneType})
_SMALL = 1 << 62


Rebuild = tuple[Callable[[tuple[Any, ...]], Any] | None, ...]
"""For each field of a named tuple that is a collection: what makes it again of a tuple."""


class SharedCell(Cell):
    """A handle to a state in the arena; it can be passed to a process that is being started."""

    __slots__ = (
        "arena",
        "at",
        "broken",
        "keeps",
        "label",
        "lists_sleepers",
        "mutex",
        "owner",
        "rebuild",
        "retired",
        "shape",
        "version",
    )

    local = False

    def __init__(
        self,
        arena: Arena,
        offset: int,
        guard: int,
        label: str,
        shape: type,
        rebuild: Rebuild,
        keeps: SharedCell | None = None,
        retired: list[int] | None = None,
    ) -> None:
        self.arena = arena
        self.at = (offset >> 3) + _CELL
        self.mutex = arena.address + guard
        self.owner = guard >> 3
        self.broken = (guard >> 3) + BROKEN
        self.label = label
        self.shape = shape
        self.rebuild = rebuild
        # Whether the state's field `waiting` names those who sleep here to be woken by name.
        self.lists_sleepers = "waiting" in getattr(shape, "_fields", ())
        self.keeps = keeps  # the guard is the other's: its block must outlive this cell
        self.retired = retired
        self.version = -1

    @classmethod
    def create(
        cls,
        arena: Arena,
        state: Any,
        beside: SharedCell | None,
        label: str,
        retired: list[int] | None,
    ) -> SharedCell:
        """A new cell, `label` for a person.

        Once its handle is dropped, `retired` is told the block's offset.
        """
        offset, _ = arena.allocate(BLOCK)
        guard = offset if beside is None else beside.mutex - arena.address
        shape: type = tuple
        rebuild: Rebuild = ()
        if hasattr(state, "_fields"):
            shape = type(state)
            rebuild = tuple(getattr(type(field), "of", None) for field in state)
        if not any(rebuild):
            rebuild = ()
        cell = cls(arena, offset, guard, label, shape, rebuild, beside, retired)
        if beside is None:
            arena.pthread.new_mutex(cell.mutex)
        write(cell, encode(cell, state))
        return cell

    def __reduce__(self) -> tuple[Any, ...]:
        offset, guard = (self.at - _CELL) << 3, self.mutex - self.arena.address
        fields = self.label, self.shape, self.rebuild, self.keeps
        return SharedCell, (self.arena, offset, guard, *fields)

    def __del__(self) -> None:
        retired = getattr(self, "retired", None)
        if retired is not None:
            retired.append((self.at - _CELL) << 3)


class LocalCell(Cell):
    """A state that belongs to one process; a fork copies it as it is."""

    __slots__ = ("woken",)

    local = True

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.woken = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return LocalCell, (self.state,)


def free_block(arena: Arena, offset: int) -> None:
    """Give back the memory of a cell that nobody has a handle to any more."""
    cell = (offset >> 3) + _CELL
    place = arena.words[cell + _PLACE]
    if place:
        arena.release(place, arena.words[cell - _CELL + _DATA])
    arena.release(offset, BLOCK)


Encoded = tuple[int, int, int, bytes, Any, bool]
"""Tag, two words, data; then the state and whether it may be remembered under its version."""


def encode(cell: SharedCell, state: Any) -> Encoded:
    """A state as it goes into the arena. Misuse if it cannot be pickled or is too large."""
    kind = type(state)
    if kind is int:
        if -_SMALL < state < _SMALL:
            return _INT, state, 0, b"", state, True
    elif state is None:
        return _NONE, 0, 0, b"", state, True
    elif kind is tuple or kind is cell.shape:
        if (
            kind is tuple
            and len(state) == 2
            and type(state[0]) is type(state[1]) is int
            and -_SMALL < state[0] < _SMALL
            and -_SMALL < state[1] < _SMALL
        ):
            return _PAIR, state[0], state[1], b"", state, True
        fields: tuple[Any, ...] = tuple(state)
        if cell.rebuild and kind is cell.shape:
            fields = tuple(
                [
                    tuple(field) if of else field
                    for of, field in zip(cell.rebuild, state, strict=True)
                ]
            )
        if all(map(_is_plain, fields)):
            data = marshal.dumps(fields)
            if len(data) <= MAX_STATE:
                tag = _TUPLE if kind is tuple else _SHAPED
                return tag | len(data) << _TAG_BITS, 0, 0, data, state, True
    try:
        data = pickle.dumps(state, 5)
    except NotPassedOn as error:
        raise NotPassedOn(
            f"a value put into {cell.label} cannot be sent to another process: it holds {error}"
        ) from None
    except Exception as error:
        raise Misuse(
            f"a value put into {cell.label} cannot be sent to another process: {error}"
        ) from error
    if len(data) > MAX_STATE:
        raise Misuse(
            f"{cell.label} would hold {len(data)} bytes, and the limit between processes is "
            f"{MAX_STATE}: keep less in it (a queue: give it a smaller maxsize)"
        )
    return _PICKLED | len(data) << _TAG_BITS, 0, 0, data, None, False


def _is_plain(value: Any) -> bool:
    """Whether marshal keeps it as it is: an atom, or a tuple of atoms."""
    kind = type(value)
    return kind in _ATOMS or (kind is tuple and _ATOMS.issuperset(map(type, value)))


def write(cell: SharedCell, encoded: Encoded) -> None:
    """Make it the cell's state; the guard is held."""
    tag, first, second, data, state, remember = encoded
    words, at = cell.arena.words, cell.at
    if data:
        place = _room(cell, len(data))
        cell.arena.memory[place : place + len(data)] = data
    else:
        words[at + _FIRST] = first
        words[at + _SECOND] = second
    words[at + _TAG] = tag
    version = words[at + VERSION] + 1
    words[at + VERSION] = version
    if remember:
        cell.state = state
        cell.version = version
    else:
        cell.version = -1


def _room(cell: SharedCell, size: int) -> int:
    """Where `size` bytes of data can stand: in the block, or in a larger one of their own."""
    arena, at = cell.arena, cell.at
    words, data = arena.words, at - _CELL + _DATA
    place = words[at + _PLACE]
    if not place:
        if size <= _INLINE:
            return data << 3
        room = 0
    else:
        room = words[data]
        if size <= room:
            return place
    if room:
        words[at + _PLACE] = 0
        arena.release(place, room)
    place, room = arena.allocate(size)
    words[data] = room
    words[at + _PLACE] = place
    return place


def read(cell: SharedCell) -> Any:
    """The cell's state; the guard is held."""
    words, at = cell.arena.words, cell.at
    tag = words[at + _TAG]
    kind = tag & 7
    state: Any
    if kind == _INT:
        state = words[at + _FIRST]
    elif kind == _NONE:
        state = None
    elif kind == _PAIR:
        state = (words[at + _FIRST], words[at + _SECOND])
    else:
        place = words[at + _PLACE] or (at - _CELL + _DATA) << 3
        data = cell.arena.memory[place : place + (tag >> _TAG_BITS)]
        if kind == _PICKLED:
            return pickle.loads(data)
        state = marshal.loads(data)
        if kind == _SHAPED:
            if cell.rebuild:
                pairs = zip(cell.rebuild, state, strict=True)
                state = [of(field) if of else field for of, field in pairs]
            state = cell.shape(*state)
    cell.state = state
    cell.version = words[at + VERSION]
    return state


def without_dead_sleepers(state: Any, died: Callable[[int], bool]) -> Any:
    """The state once those who died while they waited have left the line, so that a wake-up meant
    for one sleeper reaches one that lives; the same object if all live."""
    waiting = state.waiting
    if waiting and any(map(died, waiting)):
        return state._replace(waiting=tuple(task for task in waiting if not died(task)))
    return state
