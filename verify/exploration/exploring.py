"""Exploring a program: what a search is asked for by whoever calls `verify.explore`."""

from __future__ import annotations

from collections.abc import Callable

from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.exploration.strategies import DEFAULT_STRATEGY
from verify.scheduling.internal import OPERATION


def explore(
    program: Callable[[], object],
    *,
    strategy: str = DEFAULT_STRATEGY,
    preemptions: int | None = None,
    max_executions: int | None = None,
    max_seconds: float | None = None,
    max_steps: int = 10_000,
    max_memory: int | None = None,
    seed: int = 0,
    stop_at_first: bool = True,
    memoise: bool = True,
    granularity: str = OPERATION,
    workers: int | str = 1,
) -> Report:
    """Run a program under every schedule that the strategy asks for.

    `program` takes no argument, builds fresh objects, starts tasks, and asserts. `max_executions`
    counts complete executions, `max_seconds` and `max_memory` are looked at between two of them,
    `max_steps` bounds the events of one. `max_memory` is in megabytes, for all processes of the
    search together; by default it may take four fifths of what the machine or the container has
    free. `preemptions` bounds how often a task that could go on is left in one execution, and what
    it leaves out makes a search that found nothing no proof. Reaching a limit makes the verdict
    UNDETERMINED. `stop_at_first` ends the search with the execution that first violates a property.
    A program whose tasks share nothing but the harness's objects is not run again for each
    execution unless `memoise` is false. `granularity` is "operation", each call one event, or
    "internal", where the monitor that carries calls out on threads is itself explored
    (scheduling/internal.py). `workers` is how many processes explore a long search together, "auto"
    for one a core: the report is the same.

    Raises UsageError for an unknown strategy or granularity or a limit that is not positive,
    ModelError for a program that fails before its first operation or runs on without any.
    """
    return Search(
        program,
        strategy=strategy,
        preemptions=preemptions,
        limits=Limits(max_executions, max_seconds, max_steps, max_memory),
        seed=seed,
        stop_at_first=stop_at_first,
        memoise=memoise,
        granularity=granularity,
        workers=workers,
    ).run()
