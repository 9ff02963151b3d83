"""The progress of `verify check --json`, for dashboards: what is told is what the guide says."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from tests.cli.conftest import LONG, Cli, Write
from tests.cli.test_readme import GUIDE
from verify.commands import progress
from verify.exploration import estimating, telling
from verify.exploration.carrying import WORTHWHILE
from verify.exploration.memory import MEGABYTE

TYPES = {
    "text": str,
    "whole number": int,
    "number": int | float,
    "object or null": dict | None,
    "whole number or null": int | None,
}


def test_each_event_has_what_the_guide_says(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("long.py", LONG)
    monkeypatch.setattr(progress, "BETWEEN_PLAIN_LINES", 0.0)
    monkeypatch.setattr(telling, "PROGRESS_EVERY", 0.0)
    monkeypatch.setattr(estimating, "UNWATCHED", 0.0)
    monkeypatch.setattr(estimating, "SHARE", 10.0)
    began = time.time()
    searched = ["--max-executions", "100"], ["--strategy", "random", "--max-executions", "5"]
    told = [call("check", "long.py", "--json", *settings).err for settings in searched]
    table = re.findall(r"^\| `(\w+)` \| ([a-z ]+) \|", GUIDE, re.MULTILINE)
    said = dict(table)
    events = [json.loads(line) for text in told for line in text.splitlines()]
    for event in events:
        assert set(event) == set(said)
        for name, value in event.items():
            assert isinstance(value, TYPES[said[name]]), name
        assert began - 0.001 <= event["time"] <= time.time() + 0.001
        assert 0 < event["elapsed"] <= time.time() - began
        assert event["rate"] > 0
    estimates = [event["estimate"] for event in events if event["estimate"]]
    assert all(set(estimate) == {"low", "high"} for estimate in estimates)
    assert estimates
    executions = [event["executions"] for event in events]
    began_again = range(1, WORTHWHILE + 1)
    assert executions == [*began_again, *range(1, 101), *range(1, 6)]
    assert {event["subtrees"] for event in events[-5:]} == {None}
    if Path("/proc/self/statm").exists():
        assert all(MEGABYTE < event["memory"] < 10**5 * MEGABYTE for event in events)
