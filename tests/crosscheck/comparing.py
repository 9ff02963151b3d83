"""Explore a described program, enumerate it, and compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tests.counts import exploring
from tests.crosscheck import as_reference, as_verify
from tests.crosscheck.features import features
from tests.crosscheck.generator import Description
from tests.reference.enumeration import Survey, survey
from tests.reference.semantics import Task
from verify.exploration.case import Cases
from verify.exploration.strategy import Strategy


def enumerated(description: Description, limit: int = 1_000_000) -> Survey:
    """Everything the program can do. TooMany if it can do too much."""
    return survey(as_reference.program(description), main_first=True, limit=limit)


def difference(
    description: Description,
    expected: Survey,
    strategy: str | Callable[[int], Strategy] = "dpor",
    order: Sequence[int] = (),
    seed: int = 0,
    by_cases: Callable[[Cases], Strategy] = exploring.by_cases,
) -> str:
    """How exploring it differs from what is expected; empty if it does not.

    That dpor has no redundant runs is expected too, unless the program looks at the ends of tasks
    or copies objects, where it falls back on sleep sets.

    With an order, the tasks are started in that one instead, and called as if they were not. If it
    has loops that only look, they are looked for from the beginning: to find out that they have to
    be takes as many steps as an execution may have.
    """
    reference = as_reference.program(description)
    program = as_verify.program(description, order)

    def renamed(task: Task) -> Task:
        return (order[task[0] - 1] + 1, *task[1:]) if order and task else task

    has = features(description)
    most = 10 * len(expected.classes) + 100
    found = exploring.survey(
        program, reference, strategy, seed, renamed, most, "spinning" in has, by_cases
    )
    keys = Counter(found.keys)
    lost = len(expected.classes.keys() - keys.keys())
    invented = len(keys.keys() - expected.classes.keys())
    twice = found.executions - len(keys)
    if lost or invented or twice:
        return f"{lost} classes lost, {invented} that are none, {twice} run again"
    if found.outcomes != expected.outcomes:
        return f"outcomes {dict(found.outcomes)} instead of {dict(expected.outcomes)}"
    if found.finals != expected.finals:
        return "other final states"
    optimal = strategy == "dpor" or not isinstance(strategy, str)
    if found.redundant and optimal and has.isdisjoint({"looking at ends", "forking"}):
        return f"{found.redundant} redundant runs"
    return ""
