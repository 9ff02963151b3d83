"""Monitors and primitives that are broken on purpose are found out, each of them, every time.

Each fault passes a smoke test: whatever one task asks for, twice, untimed. Each is refuted by the
smallest program that can show it, for the reason that it should be, and the counterexample can be
saved, read and replayed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.internal.exploring import Tally, explore, program, up_to
from tests.internal.faults_of_the_monitor import MONITOR, NeverLeavesAfterAnError
from tests.internal.faults_of_the_steps import STEPS
from tests.internal.mistakes import Faulty
from verify.exploration.exploring import explore as search
from verify.exploration.replaying import replay
from verify.exploration.report import Verdict
from verify.scheduling.guards import Guard
from verify.scheduling.internal import Internal, Internally
from verify.traces.render_text import render
from verify.traces.store import save

FAULTS = [*MONITOR, *STEPS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_passes_a_smoke_test(fault: type[Faulty], monkeypatch: pytest.MonkeyPatch) -> None:
    """No test that only calls knows which guard is held, so that is not looked at here."""
    monkeypatch.setattr(Guard, "demand", lambda guard: None)
    tally = Tally()
    for tasks in up_to(fault.menu, 2, 1):
        if not any("timed" in name for name in tasks[0]):
            explore(fault.menu, tasks, tally, scheduler=fault)
    assert tally.failures == []
    assert tally.executions > 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_refuted(fault: type[Faulty], tmp_path: Path) -> None:
    right = search(program(fault.menu, fault.tasks), granularity="internal", max_executions=100)
    assert right.failures == []
    wrong = Internally(program(fault.menu, fault.tasks), fault)
    report = search(wrong, granularity="internal")
    assert report.verdict is Verdict.VIOLATED
    [failure] = report.failures
    assert fault.told in failure.message
    assert replay(wrong, save(failure.trace, tmp_path)).verdict is Verdict.VIOLATED
    assert fault.told in " ".join(render(failure.trace, None, report).split())


def test_a_guard_that_is_never_left_is_found() -> None:
    """Even by one task, because somebody asks for it at the end."""
    fault = NeverLeavesAfterAnError
    report = search(Internally(program(fault.menu, fault.tasks), fault), granularity="internal")
    assert report.failures[0].message == "the guard of Lock 1 was never left"


def test_there_are_enough_of_them_and_each_is_explained() -> None:
    assert len(FAULTS) == len({fault.__name__ for fault in FAULTS}) >= 14
    assert all(fault.__doc__ != Faulty.__doc__ for fault in FAULTS)
    assert all(fault is not Internal for fault in FAULTS)
