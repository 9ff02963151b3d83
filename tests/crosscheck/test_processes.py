"""Random programs whose tasks start processes, as in test_random_programs.py.

Of the kind "ending" are those that terminate them; of the kind "forking" are those whose processes
have copies of some of the objects. By default thirty programs each;
VERIFY_CROSSCHECK_PROCESSES=10000 sets another number, VERIFY_CROSSCHECK_SEED another seed.
"""

from __future__ import annotations

import os

import pytest

from tests.crosscheck.sweeping import Range, agree

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK_PROCESSES", "30"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))

SHARES = {
    "ending": {"ok": 0.2, "deadlock": 0.2, "exception": 0.1, "several classes": 0.5},
    "forking": {"ok": 0.2, "deadlock": 0.2, "exception": 0.1, "several classes": 0.1},
}
"""How many of all programs of a kind, at least, can end so, or have so much to explore."""

KINDS = pytest.mark.parametrize("kind", SHARES)


@KINDS
def test_random_programs(kind: str) -> None:
    agree(Range(SEED, 2, 500, kind), 0, PROGRAMS, SHARES[kind])


@pytest.mark.nightly
@KINDS
def test_ten_thousand_larger_programs(kind: str) -> None:
    agree(Range(SEED, 3, 1_200, kind), 1_000_000, 10_000, SHARES[kind])
