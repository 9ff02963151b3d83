"""The programs that the killers explore: small ones, of which it is known what they are good for.

Those that searches with one mistake get wrong (tests/broken), those that once were got wrong, and
random ones: the first few of each kind; those with the fewest classes that between them lead a
search from each of its lines to each that can come next, six times over; and a few that alone find
a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.broken.killers import KILLERS
from tests.crosscheck import as_reference
from tests.crosscheck.generator import Description, describe
from tests.crosscheck.test_random_programs import REGRESSIONS
from tests.reference.enumeration import Survey, TooMany, survey

FIRST = {"": 40, "spinning": 10, "ending": 5, "watched": 10}
"""How many of the first random programs of each kind."""
THOROUGH = {
    "": (
        4,
        5,
        7,
        9,
        10,
        11,
        15,
        16,
        20,
        21,
        26,
        30,
        31,
        36,
        38,
        42,
        53,
        56,
        60,
        61,
        64,
        66,
        70,
        71,
        77,
        78,
        79,
        81,
        82,
        101,
        102,
        105,
        107,
        118,
        120,
        123,
        124,
        128,
        144,
        147,
        166,
        171,
        174,
        180,
        181,
        735,
        854,
    ),
    "spinning": (
        1,
        3,
        8,
        15,
        24,
        31,
        39,
        48,
        51,
        53,
        60,
        71,
        77,
        78,
        92,
        94,
        97,
        104,
        109,
        112,
        115,
        117,
        119,
        127,
        128,
        131,
        132,
        134,
        142,
        146,
        149,
        150,
        156,
        159,
        165,
        171,
        177,
    ),
}
"""The numbers of those that lead everywhere."""
LIMIT = 200
"""Beginnings of one of the first, at most."""


def programs() -> list[tuple[Description, Survey]]:
    """All of them, each with what the reference says of it."""
    found = [known.program for known in KILLERS.values()] + [*REGRESSIONS.values()]
    told = [(one, survey(as_reference.program(one), main_first=True)) for one in found]
    for kind, numbers in THOROUGH.items():
        for number in numbers:
            told += _random(number, kind, 20_000)
    for kind, count in FIRST.items():
        told += _first(kind, count)
    return sorted(told, key=lambda one: len(one[1].classes))


def _first(kind: str, count: int) -> Iterator[tuple[Description, Survey]]:
    number = 0
    while count:
        for found in _random(number, kind, LIMIT):
            count -= 1
            yield found
        number += 1


def _random(number: int, kind: str, limit: int) -> Iterator[tuple[Description, Survey]]:
    """A random program, unless there is more of it than that."""
    description = describe(number, 0, 4, kind=kind)
    try:
        yield description, survey(as_reference.program(description), main_first=True, limit=limit)
    except TooMany:
        return
