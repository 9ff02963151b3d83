"""The counterexamples kept in traces/ are those of the wrong models, and each replays for ever.

A trace is the record of one execution, so replaying it must record the same one: the same events,
the same words, byte for byte, however often, in any process, whatever the hash seed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from verify.collection import collect
from verify.exploration.replaying import run_again
from verify.modelling import Model
from verify.traces.format import encode, read

ROOT = Path(__file__).parents[2]
TRACES = sorted((ROOT / "traces").glob("*.jsonl"))
TIMES = (3, pytest.param(100, marks=pytest.mark.nightly))


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are named as seen from the checkout."""
    monkeypatch.chdir(ROOT)


@cache
def models() -> dict[str, Model]:
    """The project's models by key."""
    return {model.key: model for model in collect([Path("models")])}


def test_every_wrong_model_has_a_trace_and_no_other() -> None:
    wrong = {key for key, model in models().items() if model.expect != "proved"}
    assert {read(path).model for path in TRACES} == wrong


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.stem)
def test_a_trace_replays_to_the_same_failure_every_time(path: Path, times: int) -> None:
    expected = read(path)
    model = models()[expected.model]
    recordings = set()
    for _ in range(times):
        replay = run_again(model.function, expected)
        assert replay.reproduced, replay.summary
        assert not replay.source_changed, "delete it and let `verify check models` write it anew"
        assert replay.trace.kind == model.expect
        recordings.add(encode(replay.trace))
    (recording,) = recordings
    kept, again = (data.splitlines() for data in (path.read_bytes(), recording))
    assert again[1:-1] == kept[1:-1], "the events are those of the file; the header names a version"


REPLAY_ALL = """
import hashlib, sys
from pathlib import Path
from verify.collection import collect
from verify.exploration.replaying import run_again
from verify.traces.format import encode, read
models = {model.key: model for model in collect([Path("models")])}
for path in sorted(Path("traces").glob("*.jsonl")):
    expected = read(path)
    recording = encode(run_again(models[expected.model].function, expected).trace)
    print(path.name, hashlib.sha256(recording).hexdigest())
"""


def test_other_processes_with_other_hash_seeds_record_the_same_bytes() -> None:
    outputs = set()
    for seed in ("0", "4242"):
        done = subprocess.run(
            [sys.executable, "-c", REPLAY_ALL],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        outputs.add(done.stdout)
    (output,) = outputs
    assert len(output.splitlines()) == len(TRACES) > 0
