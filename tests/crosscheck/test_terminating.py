"""Random programs whose tasks start processes and terminate them, as in test_random_programs.py.

By default some hundred programs; VERIFY_CROSSCHECK_ENDING=10000 sets another number.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.generator import Action, Description, describe
from tests.reference.enumeration import TooMany

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK_ENDING", "120"))


def _terminates(description: Description) -> bool:
    """Whether a task starts a process and, later on, terminates what it started last."""
    return any(_in(actions) for actions in description.tasks)


def _in(actions: list[Action]) -> bool:
    names = [action[0] for action in actions]
    return "start process" in names and "terminate" in names[names.index("start process") :]


def crosscheck(first: int, count: int, most_tasks: int, limit: int) -> None:
    """Compare so many programs, and see that they are worth it."""
    tally: Counter[str] = Counter()
    number = first
    while tally["compared"] < count:
        description = describe(number, most_tasks=most_tasks, ending=True)
        number += 1
        if not _terminates(description):
            continue
        try:
            expected = enumerated(description, limit)
        except TooMany:
            continue
        for strategy in ("exhaustive",) if number % 10 else ("exhaustive", "dpor", "source_dpor"):
            found = difference(description, expected, strategy)
            assert found == "", f"program {number - 1}, {strategy}: {found}: {description}"
        tally["compared"] += 1
        tally.update(set(expected.outcomes))
        tally["several"] += len(expected.classes) > 10
    assert tally["ok"] >= 0.2 * count
    assert tally["deadlock"] >= 0.2 * count
    assert tally["exception"] >= 0.1 * count
    assert tally["several"] >= 0.5 * count


def test_random_programs() -> None:
    crosscheck(0, PROGRAMS, most_tasks=2, limit=500)


@pytest.mark.nightly
def test_ten_thousand_random_programs() -> None:
    crosscheck(1_000_000, 10_000, most_tasks=3, limit=1_200)
