"""Random programs with an invariant, as in test_random_programs.py.

What an invariant reads is written by whoever writes one of its objects, so it adds to what events
depend on, here and where they are moved to. By default fifty programs;
VERIFY_CROSSCHECK_INVARIANTS=10000 sets another number, VERIFY_CROSSCHECK_SEED another seed.
"""

from __future__ import annotations

import os

import pytest

from tests.crosscheck.sweeping import Range, agree

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK_INVARIANTS", "50"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))

SHARES = {"ok": 0.2, "deadlock": 0.2, "invariant": 0.1, "several classes": 0.25}
"""How many of all programs, at least, can end so, or have so much to explore."""


def test_random_programs() -> None:
    agree(Range(SEED, 4, 500, "watched"), 0, PROGRAMS, SHARES)


@pytest.mark.nightly
def test_ten_thousand_larger_programs() -> None:
    agree(Range(SEED, 4, 5_000, "watched"), 1_000_000, 10_000, SHARES)
