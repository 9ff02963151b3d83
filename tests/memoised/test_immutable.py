"""Which values may pass from task to task, and which of them a search may take for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.memoised.closed_programs import Job, Level, Message, Signal
from verify.exploration.immutable import immutable, key
from verify.sync.condition import Waiters
from verify.sync.items import Fifo, Lifo, Stock

LEAVES = [
    *(None, True, False, 0, 1, 1.0, 0.0, -0.0, float("inf"), 1j, 0j, complex(0, -0.0)),
    *("", "a", "1", b"", b"a", ..., NotImplemented, range(2), range(1), range(0, 1, 2)),
    *(*Level, *Signal, Job(1), Job(1, "1"), Fifo(), Lifo(), ()),
]
VALUES = [
    *LEAVES,
    *((leaf,) for leaf in LEAVES),
    *(((leaf,), 1) for leaf in LEAVES),
    *(Fifo.of([leaf]) for leaf in LEAVES),
    *(Stock(Lifo.of([leaf]), 1) for leaf in LEAVES),
    *(Message(leaf, ()) for leaf in LEAVES),  # type: ignore[arg-type]
    *(Job(leaf) for leaf in LEAVES),  # type: ignore[arg-type]
    *(Waiters((leaf,), ()) for leaf in LEAVES),  # type: ignore[arg-type]
]


def told_apart(a: Any, b: Any) -> bool:
    """Whether a program can tell two values apart: by type, by a number's text, or within them."""
    if type(a) is not type(b):
        return True
    if isinstance(a, tuple | Fifo | Lifo):
        return len(a) != len(b) or any(map(told_apart, a, b))
    if isinstance(a, Stock):
        return any(map(told_apart, a, b))
    if isinstance(a, Job):
        return told_apart(a.priority, b.priority) or told_apart(a.name, b.name)
    if isinstance(a, range):
        return (a.start, a.stop, a.step) != (b.start, b.stop, b.step)
    return repr(a) != repr(b)


def test_keys_are_equal_for_what_cannot_be_told_apart() -> None:
    keys = [(value, key(value)) for value in VALUES]
    assert len({name for _, name in keys}) < len(keys)  # they can be hashed, and some are equal
    for a, name_of_a in keys:
        assert name_of_a == key(a)
        for b, name_of_b in keys:
            assert (name_of_a == name_of_b) is not told_apart(a, b), f"{a!r} and {b!r}"


def test_two_ways_to_the_same_items_have_one_key() -> None:
    """A queue's state is what it holds, however the links lie: 1, 2 with 1 in front or behind."""
    _, turned = Fifo.of([0, 1, 2]).get()
    assert turned._front is not None
    assert key(turned) == key(Fifo.of([1, 2]))


class Loose(Message):
    """A named tuple with room for attributes."""


@dataclass
class Thawed:
    a: int


@dataclass(frozen=True, eq=False)
class Unequal:
    a: int


@dataclass(frozen=True)
class Roomy:
    a: int


ROOMY = Roomy(1)
object.__setattr__(ROOMY, "b", [])


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        set(),
        frozenset(),
        bytearray(),
        float("nan"),
        complex(0, float("nan")),
        (1, [2]),
        Message("a", [1]),  # type: ignore[arg-type]
        Job([1]),  # type: ignore[arg-type]
        Fifo.of([[1]]),
        Loose("a", ()),
        Thawed(1),
        Unequal(1),
        ROOMY,
        object(),
        ValueError("an error"),
        int,
        len,
        lambda: 0,
        iter(()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_can_change_is_not_immutable(value: object) -> None:
    assert not immutable(value)
