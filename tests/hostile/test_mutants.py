"""Files that were changed at random, most of them with a sum that fits: what nobody thought of.

Whatever the bytes, reading gives what the file says or one error; what can be read can be shown,
explained, drawn and replayed. Nothing in a file is ever run, and none takes a second or 100 MB.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _read(kind: str, seed: int, count: int) -> dict[str, Any]:
    """What came of so many mutants; see reading.py."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.reading", kind, str(seed), str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    found: dict[str, Any] = json.loads(done.stdout)
    print(kind, found)
    assert not found["events"]
    assert found["slowest"] < 1
    assert found["megabytes"] < 100
    return found


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 700), pytest.param(2, 100_000, marks=pytest.mark.nightly)]
)
def test_mutants_of_committed_traces(seed: int, count: int) -> None:
    """At least half of them get to where the fields are looked at, or the mutations are too crude;
    some must be traces (another word in a text), or what is behind is not tried."""
    found = _read("traces", seed, count)
    assert found["before the events"] + found["refused"] + found["traces"] == count
    assert found["refused"] + found["traces"] > count / 2
    assert found["traces"] > count / 20
    assert found["reproduced"] and found["not reproduced"]


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 700), pytest.param(2, 100_000, marks=pytest.mark.nightly)]
)
def test_mutants_of_settings(seed: int, count: int) -> None:
    """A good part of them must be TOML, so that the settings themselves are looked at."""
    found = _read("settings", seed, count)
    assert found["not TOML"] + found["refused"] + found["settings"] == count
    assert found["refused"] > count / 5 and found["settings"] > count / 20


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 500), pytest.param(2, 100_000, marks=pytest.mark.nightly)]
)
def test_mutants_of_checkpoints(seed: int, count: int) -> None:
    """At least half of them get to where the lines are looked at; some must be checkpoints (another
    count), and the searches that go on from these may come to any verdict, but to an end."""
    found = _read("checkpoints", seed, count)
    assert found["before the lines"] + found["refused"] + found["checkpoints"] == count
    assert found["refused"] + found["checkpoints"] > count / 2
    assert found["refused"] > count / 10 and found["checkpoints"] > count / 20
    assert found["VIOLATED"]
