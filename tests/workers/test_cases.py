"""A program is searched by cases, and the same comes out, by any number of processes.

Mostly searches are made to be divided early, and whether that is worth while or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from multiprocessing import active_children
from typing import Any

import pytest

from tests.checkpoints.programs import PROGRAMS
from tests.counts import programs
from tests.workers.divided import EARLY, divide_early
from tests.workers.programs import awaited_late, reads, reads_or_not, two_lost
from tests.workers.telling import told
from verify.exploration import division
from verify.exploration.case import WHOLE, Case, Order
from verify.exploration.exploring import explore
from verify.exploration.loop import Search
from verify.exploration.report import Verdict

UNDIVIDED = {"asks whether it lives", "waits for ever", "chooses", "lost soon"}
"""A search without a frontier; a program no two events of which come in all executions; and two
that fail before they could be divided."""
OTHERS = {"two are lost": two_lost, "awaits late": awaited_late, "reads": reads(5)}


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert not active_children()


@pytest.fixture
def divisions(monkeypatch: pytest.MonkeyPatch) -> list[list[Case]]:
    """What searches of this process have been divided into."""
    found: list[list[Case]] = []
    by_orders = division.by_orders

    def noting(orders: list[Order], most: int) -> list[Case]:
        found.append(by_orders(orders, most))
        return found[-1]

    monkeypatch.setattr(division, "by_orders", noting)
    return found


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize(
    ("program", "classes"), [(programs.lastzero(9), 1_536), (programs.readers(9), 512)]
)
def test_each_class_is_run_once(
    program: Callable[[], object],
    classes: int,
    memoise: bool,
    workers: int,
    divisions: list[list[Case]],
) -> None:
    search = Search(program, memoise=memoise, workers=workers)
    report = search.run()
    assert report.verdict is Verdict.PROVED
    assert (report.executions, report.blocked_executions) == (classes, 0)
    assert [len(cases) for cases in divisions] == [2**5] and search.cases is not WHOLE


@pytest.mark.parametrize("program", [programs.lockinc(6), programs.racyinc(4), programs.writers(6)])
def test_where_little_is_told_it_is_not_worth_while(
    program: Callable[[], object], divisions: list[list[Case]]
) -> None:
    assert explore(program).executions > 2 * division.LEAST
    assert not divisions


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize("instead", ["", "reads"])
def test_a_program_that_does_not_fall_into_cases_is_searched_as_a_whole(
    instead: str, memoise: bool, workers: int, divisions: list[list[Case]]
) -> None:
    """Whoever looks sees nothing and reads before the writing, or after; or sees something.

    In each of these cases all others read, before what is written or after."""
    search = Search(reads_or_not(10, instead), memoise=memoise, workers=workers)
    report = search.run()
    assert (report.executions, report.blocked_executions) == (3 * 2**10, 0)
    assert len(divisions) == 1 and search.cases is WHOLE


def test_a_failure_that_does_not_fit_is_the_one_that_was_looked_for(
    divisions: list[list[Case]],
) -> None:
    """All executions that fail lack an event. The first of them ends the search."""
    search = Search(reads_or_not(10, "fails"))
    alone = told(search.run())
    assert alone["verdict"] is Verdict.VIOLATED
    assert len(divisions) == 1 and search.cases is not WHOLE
    for workers in (2, 3):
        assert told(explore(reads_or_not(10, "fails"), workers=workers)) == alone


def test_all_failures_are_found_where_they_do_not_fit() -> None:
    report = explore(reads_or_not(10, "fails"), stop_at_first=False)
    assert report.executions == 3 * 2**10
    assert report.outcomes == {"ok": 2 * 2**10, "assertion": 2**10}


def test_what_has_failed_is_not_divided(divisions: list[list[Case]]) -> None:
    """Or the failure would have to be found again, behind a limit perhaps."""
    report = explore(reads(9, 0), stop_at_first=False)
    assert report.executions == 2**9 and len(report.failures) == 1
    assert not divisions


@pytest.mark.parametrize("never", [0, 5, 9])
def test_the_same_counterexample(never: int, divisions: list[list[Case]]) -> None:
    """The first in the order of the cases, and in each of the frontier."""
    alone = told(explore(reads(9, never)))
    assert alone["verdict"] is Verdict.VIOLATED
    for workers in (2, 3, 8):
        assert told(explore(reads(9, never), workers=workers)) == alone
    assert len(divisions) in (0, 4)


def test_one_of_them_is_found_in_a_later_case(divisions: list[list[Case]]) -> None:
    found = [explore(reads(9, never)) for never in (0, 5, 9)]
    assert divisions
    assert max(report.executions for report in found) > division.LEAST


@pytest.mark.parametrize("name", [*PROGRAMS, *OTHERS])
def test_nothing_depends_on_whether_a_program_is_divided(
    name: str, monkeypatch: pytest.MonkeyPatch, divisions: list[list[Case]]
) -> None:
    program = {**PROGRAMS, **OTHERS}[name]

    def found(workers: int = 1) -> dict[str, Any]:
        report = explore(program, stop_at_first=False, workers=workers)
        of_all = told(report)
        of_all["failures"] = sorted({(kind, message) for kind, message, _ in of_all["failures"]})
        return of_all

    expected = found()
    assert not divisions
    divide_early(monkeypatch)
    assert found() == expected
    assert found(2) == expected
    assert divisions or expected["counts"][0] <= EARLY or name in UNDIVIDED
