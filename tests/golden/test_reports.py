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
    assert lines[-2].startswith("  replay   verify replay ")


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
