"""Constructions that are broken on purpose are found out, each of them, every time.

As the faults of the monitor (tests/internal/test_faults.py): each passes a smoke test, which is
whatever one task asks for, twice, untimed. Each is refuted by a small program, in whose place the
right one is proved, and the counterexample can be saved, read and replayed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.constructions.fault import Fault
from tests.constructions.faults_of_conditions import ON_CONDITIONS
from tests.constructions.faults_of_locks import ON_LOCKS
from tests.constructions.menus import CONSTRUCTIONS, PRIMITIVES, held_to
from tests.internal.exploring import Tally, explore, program, up_to
from tests.internal.menus import Menu
from verify.exploration.exploring import explore as search
from verify.exploration.replaying import replay
from verify.exploration.report import Verdict
from verify.traces.store import save

FAULTS = [*ON_LOCKS, *ON_CONDITIONS]


def menu_of(fault: type[Fault]) -> Menu:
    """The fault, asked for like the primitive that it would be."""
    build = fault if fault.as_a != "Queue" else lambda: fault(1)  # type: ignore[call-arg]
    return held_to(PRIMITIVES[fault.as_a], build)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_passes_a_smoke_test(fault: type[Fault]) -> None:
    tally = Tally()
    menu = menu_of(fault)
    for tasks in up_to(menu, 2, 1):
        if not any("timed" in name for name in tasks[0]):
            explore(menu, tasks, tally, internal=False)
    assert tally.failures == []
    assert tally.executions > 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_refuted(fault: type[Fault], tmp_path: Path) -> None:
    wrong = program(menu_of(fault), fault.tasks)
    report = search(wrong)
    assert report.verdict is Verdict.VIOLATED
    (failure,) = report.failures
    assert "not linearizable" in failure.message
    assert replay(wrong, save(failure.trace, tmp_path)).verdict is Verdict.VIOLATED


RIGHT = {menu.name: menu for menu in CONSTRUCTIONS}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_right_one_is_proved_in_its_place(fault: type[Fault]) -> None:
    right = RIGHT.get(f"{fault.as_a}, built") or held_to(
        PRIMITIVES[fault.as_a], PRIMITIVES[fault.as_a].make
    )
    tally = Tally()
    explore(right, fault.tasks, tally, internal=False)
    assert tally.failures == []


def test_there_are_enough_of_them_and_each_is_explained() -> None:
    assert len({fault.__name__ for fault in FAULTS}) == len(FAULTS) >= 24
    assert all(vars(fault).get("__doc__") for fault in FAULTS)
