"""Addresses: where the objects that a run makes come to lie, changed before it is repeated.

The order of `id`, and of a set of objects, is that of their addresses. CPython hands out memory
that was freed last first, for each size, so that a short run and its repetition may well find the
same. So a few blocks of each small size are taken, and freed in no order: what is made next lies
elsewhere, and the other way round.
"""

from __future__ import annotations

import sys
from itertools import count
from typing import Any, Final

BLOCKS = 64
"""Of each size; a power of two, so that steps of any odd number come by all of them."""
SIZES: Final = range(48, 513, 16)
"""Bytes of what CPython keeps together, from the smallest that a `bytes` object may have."""
_STEPS: Final = count(23, 10)


def shuffle_addresses() -> None:
    """Let the next objects lie in another order than they would; another one each time."""
    empty = sys.getsizeof(b"")
    step = next(_STEPS)
    makes: list[Any] = [object, lambda: complex(1.0, 2.0), lambda: [None], lambda: {None: None}]
    for make in makes:
        _free([make() for _ in range(BLOCKS)], step)
    for size in SIZES:
        _free([bytes(size - empty) for _ in range(BLOCKS)], step)


def _free(blocks: list[Any], step: int) -> None:
    for index in range(BLOCKS):
        blocks[index * step % BLOCKS] = None
