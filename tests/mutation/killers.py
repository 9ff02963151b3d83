"""Killers: what must hold of a search, checked in a process in which one module has a mistake.

    KILLERS   each a name and what is done; an exception, of any kind, has found the mistake

The cheapest come first. What is right was enumerated before by the reference, which shares no code
with verify, and is given; or it is asserted by the tests of the units, which are called here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.crosscheck.comparing import difference
from tests.crosscheck.dividing import divided
from tests.crosscheck.generator import Description
from tests.reference.enumeration import Survey
from tests.unit import test_clocks, test_dpor, test_dpor_nodes, test_operation
from verify.exploration.dpor import Dpor
from verify.exploration.strategy import Strategy
from verify.exploration.validator import checking


class Program(NamedTuple):
    """A described program, and what the reference says of it."""

    description: Description
    expected: Survey


IN_PIECES = 3
"""One program in so many is searched in pieces, too."""

LATE = ("test_all_classes_are_run", "test_invariants")
"""Tests that explore as a user does: they import a lot, and take longer than all programs."""

Killer = tuple[str, Callable[[], None]]


def killers(programs: list[Program]) -> Iterator[Killer]:
    """All of them, the cheapest first."""
    late: list[Killer] = []
    for module in (test_operation, test_clocks, test_dpor, test_dpor_nodes):
        for name, function in vars(module).items():
            if name.startswith("test_"):
                if name in LATE:
                    late.append((name, function))
                else:
                    yield name, function
    for number, program in enumerate(programs):
        yield f"program {number}", lambda program=program: _explored_right(program, in_one_piece)
        if number % IN_PIECES == 0:
            yield f"program {number}", lambda program=program: _explored_right(program, "dpor")
            yield f"program {number}, by cases", lambda program=program: _divided_right(program)
    yield from late


def in_one_piece(seed: int) -> Dpor:
    """What a search in pieces is made of."""
    return Dpor()


def _explored_right(program: Program, strategy: str | Callable[[int], Strategy]) -> None:
    """By a search in pieces, as everybody's is, and by the search that each piece is."""
    checking(True)
    found = difference(program.description, program.expected, strategy)
    assert not found, found


def _divided_right(program: Program) -> None:
    """By cases, whether it falls into them or not."""
    _explored_right(program, lambda seed: divided(2))
