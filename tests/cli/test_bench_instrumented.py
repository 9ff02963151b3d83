"""`verify bench --instrumented`: what its rows are about. No figure is asserted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Cli
from verify.benchmarking import instrumented
from verify.benchmarking.instrumented import LOST_UPDATE, WORK, measure_instrumented
from verify.commands import bench_instrumented


@pytest.mark.parametrize("what", WORK)
def test_what_instrumented_code_costs(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instrumented, "ROUNDS", 1)
    row = measure_instrumented(what, 100)
    assert row["ratio"] == row["ours"] / row["theirs"] > 0


def test_the_plain_work_is_not_rewritten() -> None:
    before = {what: work.__code__ for what, work in WORK.items()}  # type: ignore[attr-defined]
    measure_instrumented("loops", 100)
    assert {what: work.__code__ for what, work in WORK.items()} == before  # type: ignore[attr-defined]


def test_how_fast_it_is_explored() -> None:
    row = measure_instrumented(LOST_UPDATE, 3)
    assert row["memoised"] > 0
    assert row["re-executed"] > 0


def test_a_table(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_instrumented, "WORK", {"loops": WORK["loops"]})
    monkeypatch.setattr(bench_instrumented, "TASKS", 3)
    done = call("bench", "--instrumented")
    assert (done.code, done.err) == (0, "")
    head, loops = (line.split() for line in done.out.splitlines()[:2])
    assert head == ["code", "rewritten", "as", "it", "is", "ratio", "at", "most"]
    assert (loops[0], loops[-2:]) == ("loops", ["3", "×"])
    lost = next(line for line in done.out.splitlines() if line.startswith("lost"))
    assert lost.split()[-1] == "80000"


def test_a_document(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_instrumented, "WORK", {"loops": WORK["loops"]})
    monkeypatch.setattr(bench_instrumented, "TASKS", 3)
    found: dict[str, Any] = json.loads(call("bench", "--instrumented", "--json").out)
    assert (found["exit_code"], found["errors"]) == (0, [])
    assert [row["instrumented"] for row in found["rows"]] == ["loops", LOST_UPDATE]
