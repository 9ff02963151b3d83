"""The same outcomes with verify's primitives as with CPython's own Python, program by program.

The copies are the specification: the interpreter's threading.py, queue.py and concurrent/futures,
explored over nothing but locks, tasks and virtual time. The same program is explored with the names
of verify, and with those of the library, for which it is substituted; in full, unless it says
otherwise. How many outcomes there are is said in the table, too, so that a
copy that runs less than it should is noticed.
"""

from __future__ import annotations

import pytest

from tests.fidelity.outcomes import in_copies, in_substitution, in_verify
from tests.fidelity.table import PROGRAMS
from verify.exploration.report import Verdict

DECIDED = (Verdict.PROVED, Verdict.VIOLATED)
NAMES = [
    pytest.param(name, marks=pytest.mark.nightly if program.nightly else ())
    for name, program in PROGRAMS.items()
]


@pytest.mark.parametrize("name", NAMES)
def test_same_outcomes(name: str) -> None:
    program = PROGRAMS[name]
    copies = in_copies(program)
    assert len(copies.outcomes) == program.outcomes, copies.outcomes
    assert program.preemptions is not None or copies.report.verdict in DECIDED
    ways = [in_substitution] if program.lacking else [in_substitution, in_verify]
    for way in ways:
        ours = way(program)
        assert ours.report.verdict in DECIDED
        if program.differs:
            assert ours.outcomes < copies.outcomes, program.differs
        else:
            assert ours.outcomes == copies.outcomes


def test_there_are_enough_programs() -> None:
    """Of all kinds, and nearly all of them explored in full."""
    assert len(PROGRAMS) >= 60
    assert sum(program.preemptions is None for program in PROGRAMS.values()) >= len(PROGRAMS) - 1
    assert sum(bool(program.differs) for program in PROGRAMS.values()) <= 5
