"""The reports of the classic wrong models, byte for byte, on every Python, with any hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.reports import HERE, reports
from verify.traces.render_text import LINES

ROOT = Path(__file__).parents[2]
PRINT = "import json; from tests.golden.reports import *; print(json.dumps(dict(reports())))"
KEPT = {path.stem: path.read_bytes().decode() for path in HERE.glob("*.txt")}


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are named as seen from the checkout."""
    monkeypatch.chdir(ROOT)


def test_they_are_as_they_were() -> None:
    assert dict(reports()) == KEPT
    assert len(KEPT) >= 10


@pytest.mark.parametrize("name", KEPT)
def test_they_fit_a_screen(name: str) -> None:
    lines = KEPT[name].splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 100
    if lines[0].startswith("VIOLATED"):
        assert lines[-2].startswith("  replay   verify replay ")


def test_there_is_a_data_race_and_a_circle_of_locks() -> None:
    assert "VIOLATED  data race in" in KEPT["locked_by_one_of_two"]
    undecided = KEPT["stopped_before_the_circle_closes"].splitlines()
    assert undecided[0].startswith("UNDETERMINED: ")
    assert undecided[1].startswith("warning: lock_order: ")


def test_the_hash_seed_does_not_matter() -> None:
    for seed in ("1", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", PRINT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            timeout=120,
        )
        assert json.loads(done.stdout) == KEPT
