"""Random programs over plain objects: no outcome is lost by what is no event (comparing.py)."""

from __future__ import annotations

from tests.plain_data.comparing import PROGRAMS_PER_RUN, SEED, difference
from tests.plain_data.generator import Programs, describe


def test_random_programs() -> None:
    compared = 0
    for number in range(PROGRAMS_PER_RUN):
        description = describe(number, SEED)
        told = difference(Programs(description))
        if told is not None:
            assert not told, f"program {number} of seed {SEED}: {told}\n{description}"
            compared += 1
    assert compared >= PROGRAMS_PER_RUN // 3
