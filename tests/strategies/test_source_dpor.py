"""DPOR with source sets: the classes of optimal DPOR, each once, and runs cut as redundant."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.counts import exploring, programs
from tests.counts.test_named_programs import KNOWN, LARGER, Known
from tests.crosscheck import as_reference, as_verify
from tests.crosscheck.comparing import enumerated
from tests.crosscheck.generator import Description, describe
from tests.crosscheck.test_random_programs import REGRESSIONS
from tests.reference import enumeration, programs as reference_programs


def _check(known: Known) -> None:
    reference = getattr(reference_programs, known.name)(*known.arguments)
    program = getattr(programs, known.name)(*known.arguments)
    expected = enumeration.survey(reference, main_first=True)
    found = exploring.survey(program, reference, "source_dpor")
    assert found.executions == known.classes
    assert Counter(found.keys) == Counter(expected.classes.keys()), "each class exactly once"
    assert found.outcomes == expected.outcomes
    assert found.finals == expected.finals


@pytest.mark.parametrize("known", KNOWN, ids=repr)
def test_classes(known: Known) -> None:
    _check(known)


@pytest.mark.nightly
@pytest.mark.parametrize("known", LARGER, ids=repr)
def test_classes_of_larger_programs(known: Known) -> None:
    _check(known)


def _compare(description: Description, expected: enumeration.Survey) -> int:
    """Compare a program's classes; how many runs were redundant."""
    reference = as_reference.program(description)
    found = exploring.survey(as_verify.program(description), reference, "source_dpor")
    assert Counter(found.keys) == Counter(expected.classes.keys()), description
    assert found.outcomes == expected.outcomes, description
    assert found.finals == expected.finals, description
    return found.redundant


def _crosscheck(first: int, count: int, most_tasks: int, limit: int) -> int:
    """Compare the programs with so many numbers; how many runs were redundant."""
    redundant = 0
    for number in range(first, first + count):
        description = describe(number, 0, most_tasks)
        try:
            expected = enumerated(description, limit)
        except enumeration.TooMany:
            continue
        redundant += _compare(description, expected)
    return redundant


def test_random_programs() -> None:
    _crosscheck(0, 250, most_tasks=3, limit=150)


@pytest.mark.nightly
def test_thousands_of_random_programs() -> None:
    _crosscheck(2_000_000, 10_000, most_tasks=4, limit=2_000)


def test_a_task_that_is_blocked_where_a_run_is_cut() -> None:
    """Cut with the lock held for good, a run must still show that it can be had before."""
    description = Description(
        ("x", "a", "m"),
        1,
        "all",
        (
            [("write", "x", 1), ("acquire", "m")],
            [("with", "m", []), ("read", "a")],
            [("if", "x", 0, [("add", "a", 1)], [])],
        ),
    )
    assert _compare(description, enumerated(description)) > 0


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_was_wrong(name: str) -> None:
    _compare(REGRESSIONS[name], enumerated(REGRESSIONS[name]))
