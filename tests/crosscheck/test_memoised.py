"""Memoised and re-executed runs of random programs are the same, execution by execution.

Two searches go side by side, one through each engine, each told by a strategy of its own. Equal
events, outcomes and endings in every execution are more than equal numbers of classes: the two
strategies then see the same and choose the same, to the end. Most of the programs are closed; those
that are found open are counted and left out.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import count
from typing import NamedTuple

import pytest

from tests.crosscheck import as_verify
from tests.crosscheck.generator import Action, Description, describe
from verify.exploration.immutable import Open
from verify.exploration.memoised import Memoised
from verify.exploration.strategies import STRATEGIES
from verify.scheduling.event import Event, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names

SEED = 3
PROGRAMS = 60
EXECUTIONS = 40
"""At most so many of a program."""


class Compared(NamedTuple):
    """How many executions were compared, and what was found."""

    executions: int
    open: bool
    difference: str


def _event(event: Event) -> Hashable:
    cells = tuple(cell.number for cell in event.cells)
    return (
        event.choice,
        event.kind.name,
        cells,
        (event.step.reads, event.writes, event.ends),
        (event.after, event.woken_by, event.woke, event.never_disabled),
        (event.gave_up, type(event.error)),
    )


def _failures(execution: Execution) -> list[Hashable]:
    return [(failure.kind, failure.task, failure.step) for failure in execution.failures]


def _differs(memoised: Execution, again: Execution) -> str:
    """What differs first between the two accounts of one execution; empty if nothing does."""
    if memoised.schedule != again.schedule:
        return f"schedule {memoised.schedule} instead of {again.schedule}"
    for step, (a, b) in enumerate(zip(memoised.events, again.events, strict=True), 1):
        if _event(a) != _event(b):
            return f"step {step}: {_event(a)} instead of {_event(b)}"
    if memoised.ending is not again.ending or memoised.outcome != again.outcome:
        return f"{memoised.ending}, {memoised.outcome} not {again.ending}, {again.outcome}"
    if _failures(memoised) != _failures(again):
        return f"failures {_failures(memoised)} instead of {_failures(again)}"
    return ""


def compare(description: Description, strategy: str, most: int) -> Compared:
    """Search a program on both engines, side by side."""
    names = Names()
    program = as_verify.program(description)
    engine = Explored(names=names)
    memoised = Memoised(program, names, engine.max_steps)
    one, other = STRATEGIES[strategy](0), STRATEGIES[strategy](0)
    try:
        for executions in count():
            begun = one.begin()
            if begun != other.begin():
                return Compared(executions, False, "only one of the two searches is over")
            if not begun or executions == most:
                return Compared(executions, False, "")
            found = memoised.run(one)
            script = engine.execution.events[: other.kept]
            again = engine.run(program, other.choose, script=script)
            difference = _differs(found, again)
            if difference:
                return Compared(executions, False, f"execution {executions + 1}: {difference}")
            one.end(found)
            other.end(again)
            if one.unplannable or other.unplannable:
                found_out = "" if one.unplannable is other.unplannable else "by one engine only"
                return Compared(executions, False, found_out)
    except Open:
        return Compared(0, True, "")
    finally:
        memoised.close()
    raise AssertionError("a search has no end")


def crosscheck(first: int, programs: int, most_tasks: int, most: int) -> None:
    """Compare so many programs; nearly all of them must be closed."""
    closed = executions = 0
    for number in range(first, first + programs):
        description = describe(number, SEED, most_tasks)
        for strategy in ("dpor", "exhaustive"):
            compared = compare(description, strategy, most)
            name = f"program {number} of seed {SEED}, {strategy}"
            assert not compared.difference, f"{name}: {compared.difference}: {description}"
        closed += not compared.open
        executions += compared.executions
    assert closed >= 0.75 * programs, f"{programs - closed} of {programs} programs were found open"
    assert executions >= 3 * programs


def test_memoised_runs_are_runs() -> None:
    crosscheck(0, PROGRAMS, most_tasks=3, most=EXECUTIONS)


def test_both_stop_where_an_end_is_looked_at() -> None:
    """A timed join makes a program unplannable: nothing more happens, not even a child's sleep."""
    joining: list[Action] = [("start", [("sleep",)]), ("join", True)]
    description = Description((), 0, "all", ([("sleep",)], joining))
    assert compare(description, "dpor", EXECUTIONS) == Compared(0, False, "")


@pytest.mark.nightly
def test_memoised_runs_of_ten_thousand_programs() -> None:
    crosscheck(1_000_000, 10_000, most_tasks=4, most=300)
