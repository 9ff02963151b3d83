"""The states of random programs: those of the state graph, and the ends of `verify outcomes`, are
those that a walk through every single interleaving comes by.

The walk takes starts and joins as steps like any other and merges nothing. A program whose
interleavings are too many to be walked through is passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.crosscheck import as_verify
from tests.crosscheck.generator import describe
from verify.exploration.depth_first import BruteForce
from verify.exploration.limits import Limits
from verify.exploration.outcomes import outcomes_of
from verify.exploration.state_graph import state_graph
from verify.scheduling.event import Choice
from verify.scheduling.explored import Explored
from verify.traces.labels import known_cells
from verify.traces.recording import shown_state

SEED = 3
INTERLEAVINGS = 300
"""A program with more is passed over."""

States = tuple[str, ...]


class Walked(NamedTuple):
    """The states of the objects that there are, and with which of them which outcome ends."""

    states: set[States]
    ends: set[tuple[str, States]]


def walk(program: Callable[[], object]) -> Walked | None:
    """Go through every interleaving; None if there are too many."""
    engine = Explored(200, recording=True)
    strategy = BruteForce()
    walked = Walked(set(), set())

    def look(engine: Explored) -> States:
        names = {task.number: task.name for task in engine.tasks}
        found = tuple(
            shown_state(cell, names.__getitem__, cell.state) for cell in known_cells(engine)
        )
        if engine.execution.events:  # before that, not all objects may have been made
            walked.states.add(found)
        return found

    def choose(engine: Explored) -> Choice | None:
        look(engine)
        return strategy.choose(engine)

    ends: list[States] = []
    try:
        for _ in range(INTERLEAVINGS):
            if not strategy.begin():
                return walked
            execution = engine.run(program, choose, lambda engine: ends.append(look(engine)))
            walked.ends.add((execution.outcome, ends[-1]))
            strategy.end(execution)
        return None
    finally:
        engine.close()


def compare(kind: str, first: int, programs: int) -> int:
    """Compare the programs with these numbers; how many were not passed over."""
    compared = 0
    for number in range(first, first + programs):
        tasks, actions = (2, 3) if kind in ("ending", "forking") else (3, 4)
        description = describe(number, SEED, tasks, actions, kind)
        program = as_verify.program(description)
        walked = walk(program)
        if walked is None:
            continue
        compared += 1
        name = f"program {number} {kind} of seed {SEED}: {description}"
        graph = state_graph(program, "program", Limits(), 5_000)
        assert not graph.stop_reason, name
        texts = [tuple(text for _, text in state.objects) for state in graph.states]
        assert set(texts) == walked.states, name
        final = {
            (state.outcome, text)
            for state, text in zip(graph.states, texts, strict=True)
            if state.outcome
        }
        assert final == walked.ends, name
        found = outcomes_of(program, "program", Limits())
        assert found.report.complete, name
        ends = {(end.kind, tuple(text for _, text in end.states)) for end in found.found}
        assert ends == walked.ends, name
    return compared


KINDS = ("", "spinning", "ending", "forking")
"""In the latter two, processes are ended, or get copies."""

TELLING = [("forking", 15), ("forking", 22), ("ending", 65)]
"""Programs in which others can tell when something was started, or has ended: if that happened as
soon as it can, states would be missing."""
UNUSED = ("forking", 114)
"""Ends that differ in nothing but a lock's copy that nobody uses, made while the lock was held."""


@pytest.mark.parametrize("kind", KINDS)
def test_random_programs(kind: str) -> None:
    assert compare(kind, 0, 8) >= 1


@pytest.mark.parametrize("kind, number", [*TELLING, UNUSED])
def test_programs_that_were_or_would_be_wrong(kind: str, number: int) -> None:
    assert compare(kind, number, 1) == 1


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_hundreds_of_programs(kind: str) -> None:
    assert compare(kind, 1_000, 500) >= 60
