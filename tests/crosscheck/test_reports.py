"""What `verify.explore` reports of random programs: the numbers of the enumeration.

However executions are carried, and whatever the seed, which only samplers may heed.
"""

from __future__ import annotations

import pytest

import verify
from tests.crosscheck import as_verify
from tests.crosscheck.comparing import enumerated
from tests.crosscheck.generator import describe
from tests.reference.enumeration import TooMany
from verify.exploration.carrying import MEMOISED

SEED = 5
PROGRAMS = 25


def crosscheck(first: int, programs: int, limit: int) -> None:
    """Compare the programs with so many numbers."""
    carriers = set()
    for number in range(first, first + programs):
        description = describe(number, SEED, most_tasks=4)
        try:
            expected = enumerated(description, limit)
        except TooMany:
            continue
        program = as_verify.program(description)
        for memoise, seed in ((True, 0), (False, number)):
            report = verify.explore(program, memoise=memoise, seed=seed, stop_at_first=False)
            name = f"program {number} of seed {SEED}, memoise={memoise}: {description}"
            assert report.complete, name
            assert report.executions == len(expected.classes), name
            assert report.outcomes == expected.outcomes, name
            carriers.add(report.carrier)
    assert MEMOISED in carriers


def test_reports() -> None:
    crosscheck(0, PROGRAMS, limit=1_000)


@pytest.mark.nightly
def test_reports_of_thousands_of_programs() -> None:
    crosscheck(2_000_000, 5_000, limit=2_000)
