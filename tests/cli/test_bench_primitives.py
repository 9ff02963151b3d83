"""`verify bench --primitives`: what its rows are about. How fast anything is, is never asserted."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from tests.cli.conftest import Cli
from verify.benchmarking import primitives
from verify.benchmarking.primitives import ALONE, AT_ODDS, GOALS, OPERATIONS, TASKS, Goal
from verify.commands import bench_primitives


def test_every_primitive_has_a_row() -> None:
    """On threads and on processes; where tasks contend, a semaphore and a queue."""
    on = "threads", "processes"
    assert set(GOALS) == {
        *((f"{name} on {where}", ALONE) for name, where in product(OPERATIONS, on)),
        *((f"{name} on {where}", TASKS) for name, where in product(AT_ODDS, on)),
    }


@pytest.mark.parametrize(("what", "tasks"), GOALS)
def test_what_a_primitive_costs(what: str, tasks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few operations of each, to see that they can be made, by the tasks that there are."""
    few = primitives.Effort(2, 10)
    monkeypatch.setattr(primitives, "UNCONTENDED", few)
    monkeypatch.setattr(primitives, "CONTENDED", {"threads": few, "processes": few})
    row = primitives.measure_primitives(what, tasks)
    assert all(figure > 0 for figure in row.values())
    assert row["ratio"] == row["ours"] / row["theirs"]
    goal = GOALS[what, tasks]
    assert row["most"] == (goal.seconds or goal.times * row["theirs"])


SOME = {("Lock on threads", ALONE): Goal(10), ("Semaphore on threads", TASKS): Goal(seconds=2e-6)}


@pytest.fixture
def some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_primitives, "GOALS", SOME)


def test_a_table_of_primitives(call: Cli, some: None) -> None:
    done = call("bench", "--primitives")
    assert (done.code, done.err) == (0, "")
    head, lock, semaphore = (line.split() for line in done.out.splitlines()[:3])
    assert head == ["primitive", "verify", "standard", "ratio", "at", "most"]
    assert (lock[:3], lock[-2:]) == (["Lock", "on", "threads"], ["10", "×"])
    assert semaphore[:6] == ["Semaphore", "on", "threads,", "by", "4", "tasks"]
    assert semaphore[-2:] == ["2.00", "µs"]


def test_primitives_as_a_document(call: Cli, some: None) -> None:
    found: dict[str, Any] = json.loads(call("bench", "--primitives", "--json").out)
    assert (found["exit_code"], found["errors"]) == (0, [])
    assert [(row["primitives"], row["number"]) for row in found["rows"]] == list(SOME)
    assert all(row["ratio"] == row["ours"] / row["theirs"] > 0 for row in found["rows"])
