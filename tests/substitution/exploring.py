"""What the tests of this package ask of a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import verify
from verify.exploration.report import Report


def outcomes(program: Callable[[Callable[[Any], None]], object]) -> set[Any]:
    """All that a program says, over all its executions; each must be fine.

    It is run twice: whatever leads from one execution into the next would show.
    """
    told: set[Any] = set()
    reports = [verify.explore(lambda: program(told.add), max_seconds=30) for _ in range(2)]
    first, second = reports
    assert first.verdict.name == "PROVED", (first.verdict, first.failures, first.nondeterminism)
    assert (first.executions, first.steps) == (second.executions, second.steps)
    return told


def refuted(program: Callable[[], object]) -> str:
    """The message of the failure that a program has."""
    report: Report = verify.explore(program, max_seconds=30)
    assert report.failures, report.verdict
    return f"{report.failures[0].kind}: {report.failures[0].message}"
