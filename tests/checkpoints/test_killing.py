"""A check that is killed at any moment, and resumed as often as needed, finds the same."""

from __future__ import annotations

import sys

import pytest

from tests.checkpoints.killing import kill


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for workers in /proc")
@pytest.mark.parametrize(
    ("cycles", "workers"),
    [
        (2, 2),
        pytest.param(50, 1, marks=pytest.mark.nightly),
        pytest.param(50, 2, marks=pytest.mark.nightly),
    ],
)
def test_the_same_comes_out(cycles: int, workers: int) -> None:
    """Every cycle has a kill, or the first process came through before; most have several."""
    done = kill(cycles, workers, seed=cycles + workers)
    print(done)
    assert done["kills"] and done["resumed"]
