"""A model written with `threading` is explored as the same model written with the harness's names.

Its classes are counted elsewhere by code that the explorer does not share; here every number, every
outcome and every trace of the one must be the other's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.substitution.ported import original, ported
from verify.exploration.report import Report
from verify.exploration.strategies import STRATEGIES
from verify.modelling import Model
from verify.traces.trace import Trace

FILES = (
    "bank.py",
    "benchmarks/barrier.py",
    "benchmarks/flagwait.py",
    "conditions.py",
    "constructions/semaphore_on_condition.py",
    "counter.py",
    "dining_philosophers.py",
    "events.py",
    "fetch_urls.py",
    "lock_rules.py",
    "producer_consumer.py",
    "rlock_reentrancy.py",
    "semaphore_bounds.py",
    "spinning.py",
    "thread_local.py",
)
ON_EVERY_STRATEGY = {
    "benchmarks/barrier.py": "three_tasks",
    "bank.py": "locked_as_the_money_goes",
    "conditions.py": "lost",
    "counter.py": "lost_update",
    "events.py": "pulse",
    "fetch_urls.py": "stranded_lock",
    "rlock_reentrancy.py": "depth_survives_wait",
    "semaphore_bounds.py": "checked_by_a_bounded_semaphore",
    "spinning.py": "raised",
    "thread_local.py": "a_global",
}


def told(report: Report) -> tuple[object, ...]:
    """What a search has found, as far as it does not depend on the clock."""
    return (
        report.verdict,
        report.executions,
        report.blocked_executions,
        report.steps,
        report.outcomes,
        [failure.message for failure in report.failures],
    )


@pytest.mark.parametrize("name", FILES)
def test_every_number_is_the_same(name: str, tmp_path: Path) -> None:
    ours, theirs = original(name), ported(name, tmp_path)
    assert ours.keys() == theirs.keys()
    for model, known in ours.items():
        if known.classes is not None:
            found = theirs[model].search().run()
            assert told(found) == told(known.search().run()), model
            assert theirs[model].disappointment(found) == ""


@pytest.mark.parametrize("most", [60, pytest.param(300, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ON_EVERY_STRATEGY)
def test_every_number_is_the_same_on_every_strategy(
    name: str, strategy: str, most: int, tmp_path: Path
) -> None:
    model = ON_EVERY_STRATEGY[name]

    def search(models: dict[str, Model]) -> Report:
        return models[model].search(strategy=strategy, max_executions=most, max_seconds=None).run()

    assert told(search(ported(name, tmp_path))) == told(search(original(name)))


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("bank.py", "locked_as_the_money_goes"),
        ("conditions.py", "lost"),
        ("dining_philosophers.py", "left_fork_first"),
        ("events.py", "cleared_after_looking"),
        ("producer_consumer.py", "one_condition_notify"),
        ("rlock_reentrancy.py", "not_reentrant"),
        ("thread_local.py", "a_global"),
    ],
)
def test_a_trace_reads_the_same(name: str, model: str, tmp_path: Path) -> None:
    """Every name of a task or an object, every line, and who waits for whom."""

    def trace(models: dict[str, Model]) -> Trace:
        (failure, *_) = models[model].search(stop_at_first=True).run().failures
        assert failure.trace is not None
        return replace(failure.trace, model="", source="", statistics={})

    assert trace(ported(name, tmp_path)) == trace(original(name))
