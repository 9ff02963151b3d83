"""How the state of a shared cell stands in the arena, and what else a cell's block holds.

The state is encoded, with a version that grows with each change, so that a process which knows this
version need not decode:

    nothing, an int, (int, int)     in the cell itself: a free lock, a semaphore, a held lock
    a (named) tuple of plain values  marshalled, the fastest there is; so are collections in it
                                     that their class's `of` makes again of a tuple; if it is short
                                     enough, it stands in the cell itself
    anything else                    pickled, and decoded afresh at each look: if it is mutable, a
                                     change to one process's copy must not be seen by its next look

The two that a process encoded last it need not encode again: an event goes up and down.

In call order: `create` a cell; `encode`, which may refuse a state, and `write`; `read` in another
process; `free_block` when nobody has a handle any more. The guard is held.
"""

from __future__ import annotations

import marshal
import pickle
from struct import Struct
from types import NoneType
from typing import Any, Final

from verify.errors import Misuse
from verify.scheduling.arena import Arena, NotPassedOn
from verify.scheduling.process_cell import BLOCK, CELL, DATA, UNKNOWN, Rebuild, SharedCell

MAX_STATE: Final = 1 << 20
"""Bytes that one object's state may take, encoded."""

_INLINE: Final = 128
"""Bytes of data that the block itself has room for."""

# Words of the cell. The first four are written at once, and the first is what a glimpse reads.
VERSION: Final = 0
_TAG: Final = 1
_PLACE: Final = 4  # where grown data stands, in bytes; its size is the block's first data word
WOKEN: Final = 5

_HEAD = Struct("=4q")
"""The version, the tag, and two words for what needs no more."""
_PACK: Final = _HEAD.pack_into

_IN_HEAD: Final = 16
"""Bytes of data that stand in the place of these two words."""
_IN_HEAD_AT: Final = 16
_PACK_REST: Final = Struct(f"=q{8 + _IN_HEAD}s").pack_into
_REST = Struct(f"=q{_IN_HEAD}s")
"""What follows the version if data stand in the head: made once for a state that comes again."""

_NONE: Final = 0
_INT: Final = 1
_PAIR: Final = 2
_TUPLE: Final = 3
_SHAPED: Final = 4
_PICKLED: Final = 5
_TAG_BITS: Final = 3
_MADE: Final = -1
"""In the place of a tag: the data is the rest of the head, tag and all."""

_ATOMS = frozenset({int, bool, float, str, bytes, NoneType})
_LARGEST: Final = (1 << 62) - 1

Encoded = tuple[int, int, int, bytes, Any, bool]
"""Tag, two words, data; then the state and whether it may be remembered under its version."""


def create(
    arena: Arena, state: Any, beside: SharedCell | None, label: str, retired: list[int] | None
) -> SharedCell:
    """A new cell, `label` for a person. Once its handle is dropped, `retired` is told its block."""
    offset, _ = arena.allocate(BLOCK)
    guard = offset if beside is None else beside.owner << 3
    shape: Any = tuple
    rebuild: Rebuild = ()
    if hasattr(state, "_fields"):
        shape = type(state)
        rebuild = tuple([getattr(type(field), "of", None) for field in state])
    if not any(rebuild):
        rebuild = ()
    cell = SharedCell(arena, offset, guard, label, shape, rebuild, beside, retired)
    if beside is None:
        arena.pthread.new_mutex(cell.mutex)
    write(cell, encode(cell, state))
    return cell


def encode(cell: SharedCell, state: Any) -> Encoded:
    """A state as it goes into the arena. Misuse if it cannot be pickled or is too large."""
    for known in cell.encoded:
        fields: tuple[Any, ...] = known
        if fields[4] is state:
            encoded: Encoded = known
            return encoded
    kind = type(state)
    if kind is int:
        if -_LARGEST <= state <= _LARGEST:
            return _INT, state, 0, b"", state, True
    elif state is None:
        return _NONE, 0, 0, b"", state, True
    elif kind is tuple or kind is cell.shape:
        fields = tuple(state)
        if kind is tuple:
            if len(fields) == 2 and _is_small(fields[0]) and _is_small(fields[1]):
                return _PAIR, fields[0], fields[1], b"", state, True
        elif cell.rebuild:
            fields = _flattened(cell.rebuild, fields)
        if _all_plain(fields):
            data = marshal.dumps(fields)
            if len(data) <= MAX_STATE:
                tag = _TUPLE if kind is tuple else _SHAPED
                tag |= len(data) << _TAG_BITS
                if len(data) > _IN_HEAD:
                    return tag, 0, 0, data, state, True
                made = _MADE, 0, 0, _REST.pack(tag, data), state, True
                cell.encoded = (made, *cell.encoded[:1])
                return made
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


def _is_small(value: Any) -> bool:
    return type(value) is int and -_LARGEST <= value <= _LARGEST


def _flattened(rebuild: tuple[Any, ...], state: tuple[Any, ...]) -> tuple[Any, ...]:
    """The fields, with a plain tuple for each collection that can be made again of one."""
    fields = list(state)
    for position, of in enumerate(rebuild):
        if of is not None:
            fields[position] = tuple(fields[position])
    return tuple(fields)


def _all_plain(fields: tuple[Any, ...]) -> bool:
    """Whether marshal keeps them as they are: atoms, and tuples of atoms."""
    for field in fields:
        kind = type(field)
        if kind is tuple:
            for value in field:
                if type(value) not in _ATOMS:
                    return False
        elif kind not in _ATOMS:
            return False
    return True


def write(cell: SharedCell, encoded: Encoded) -> None:
    """Make it the cell's state. What it was has been read since the guard was entered."""
    tag, first, second, data, state, remember = encoded
    version = cell.version
    if version == UNKNOWN:
        version = cell.words[cell.version_at]
    version += 1
    if tag == _MADE:
        _PACK_REST(cell.memory, cell.place, version, data)
    else:
        if data:
            place = _room(cell, len(data))
            cell.memory[place : place + len(data)] = data
        _PACK(cell.memory, cell.place, version, tag, first, second)
    if remember:
        cell.state = state
        cell.version = version
    else:
        cell.version = UNKNOWN


def _room(cell: SharedCell, size: int) -> int:
    """Where `size` bytes of data can stand: in the block, or in a larger one of their own."""
    arena, at = cell.arena, cell.at
    words, data = cell.words, at - CELL + DATA
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
    """The cell's state, decoded."""
    at = cell.at
    version, tag, first, second = _HEAD.unpack_from(cell.memory, cell.place)
    kind = tag & 7
    state: Any
    if kind == _INT:
        state = first
    elif kind == _NONE:
        state = None
    elif kind == _PAIR:
        state = (first, second)
    else:
        size = tag >> _TAG_BITS
        if size <= _IN_HEAD and kind != _PICKLED:
            place = cell.place + _IN_HEAD_AT
        else:
            place = cell.words[at + _PLACE] or (at - CELL + DATA) << 3
        data = cell.memory[place : place + size]
        if kind == _PICKLED:
            cell.version = UNKNOWN
            return pickle.loads(data)
        state = marshal.loads(data)
        if kind == _SHAPED:
            if cell.rebuild:
                state = list(state)
                for position, of in enumerate(cell.rebuild):
                    if of is not None:
                        state[position] = of(state[position])
            state = cell.shape(*state)
    cell.state = state
    cell.version = version
    return state


def free_block(arena: Arena, offset: int) -> None:
    """Give back the memory of a cell that nobody has a handle to any more."""
    cell = (offset >> 3) + CELL
    place = arena.words[cell + _PLACE]
    if place:
        arena.release(place, arena.words[cell - CELL + DATA])
    arena.release(offset, BLOCK)
