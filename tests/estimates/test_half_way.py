"""At half-way the true number of classes lies in the interval that is stated, and that is narrow.

Half of the classes are run; then the estimate is asked for. Where the numbers come from is told in
models/benchmarks. `verify bench` would do as well: these programs have the sizes of searches that
somebody waits for.
"""

from __future__ import annotations

import pytest

from verify.benchmarking.programs import Sized, available, chosen
from verify.exploration.exploring import explore
from verify.exploration.report import Report

NARROW = 4
"""The upper bound over the lower one, at most."""

TEN = [
    *("racyinc:5", "lockinc:7", "lastzero:15", "readers:15", "buffer:2,2"),
    *("dining_ordered:12", "indexer:16", "filesystem:22", "semmutex:7", "barrier:5"),
]
"""From 512 to 147 456 classes."""

QUICK = ["racyinc:4", "lockinc:5", "readers:8", "writers:5", "dining_ordered:7", "barrier:4"]

ALL_OPTIONS = ["dpor", "source_dpor", "exhaustive"]


def half_way(program: Sized, strategy: str = "dpor", part: float = 0.5) -> Report:
    classes = program.classes
    assert classes is not None
    return explore(
        program.call, strategy=strategy, max_executions=int(classes * part), stop_at_first=False
    )


def fits(program: Sized, report: Report) -> bool:
    """Whether the interval holds the true number, and is narrow."""
    assert program.classes is not None
    found = report.estimate
    if found is None:
        return False
    return found.low <= program.classes <= found.high <= NARROW * found.low


@pytest.mark.nightly
def test_ten_programs() -> None:
    """One of them may be wrong: 95 intervals of 100 are meant to be right."""
    programs = chosen(TEN, available())
    told = {program.label: half_way(program) for program in programs}
    wrong = [
        f"{program.label} has {program.classes}, said {told[program.label].estimate}"
        for program in programs
        if not fits(program, told[program.label])
    ]
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize("name", QUICK)
def test_a_smaller_program(name: str) -> None:
    (program,) = chosen([name], available())
    report = half_way(program)
    assert fits(program, report), report.estimate


@pytest.mark.parametrize("strategy", ALL_OPTIONS)
def test_whatever_strategy_runs_the_classes(strategy: str) -> None:
    (program,) = chosen(["racyinc:4"], available())
    assert fits(program, half_way(program, strategy))


@pytest.mark.parametrize("part", [0.1, 0.3, 0.95])
def test_earlier_and_later(part: float) -> None:
    """More is stated than has been run, as long as something is left."""
    (program,) = chosen(["racyinc:4"], available())
    report = half_way(program, part=part)
    assert fits(program, report)
    assert report.estimate is not None
    assert report.estimate.low > report.executions


def test_nothing_is_said_of_other_numbers_than_those_of_classes() -> None:
    (program,) = chosen(["racyinc:4"], available())
    for settings in ({"strategy": "brute_force"}, {"preemptions": 2}, {"strategy": "random"}):
        report = explore(program.call, max_executions=100, stop_at_first=False, **settings)  # type: ignore[arg-type]
        assert report.estimate is None, settings


def test_nothing_is_said_once_all_were_run() -> None:
    (program,) = chosen(["racyinc:4"], available())
    report = explore(program.call, stop_at_first=False)
    assert report.complete
    assert report.estimate is None
