"""`verify bench --scaling`: what its rows are about. How fast anything is, is never asserted."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import ROOT, Cli


def test_the_command(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = call("bench", "--scaling", "racyinc:3", "--json")
    (row,) = json.loads(done.out)["programs"]
    assert (done.code, row["program"], row["executions"]) == (0, "racyinc(3)", 36)
    assert [figures["workers"] for figures in row["workers"]] == [1, 2, 4, 8, 16, 32, 64]
    assert all(figures["speedup"] > 0 for figures in row["workers"])
