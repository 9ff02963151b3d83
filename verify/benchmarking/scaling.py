"""What more workers would bring: a search is recorded task by task, then its tasks are dealt out.

    measure_scaling   explores a program by one process, and by the tasks that several would get
    record            does so in the way of together.py, in one process: all that a worker would do,
                      and all that the process of the search would, each at its seconds
    simulated         has so many workers explore these tasks: whoever is free first gets the next;
                      what came of a task is taken in the order in which tasks were issued, and only
                      then are there new ones

Seconds are those of the processor, so that nobody else's work is in them. What is not seen is what
workers cost each other: memory that is shared, cores that are none, and what each has to learn of a
memoised program for itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from multiprocessing.reduction import ForkingPickler
from time import process_time
from typing import Any

from verify.benchmarking.programs import Sized
from verify.exploration import together
from verify.exploration.encoding import Receiver, Sender
from verify.exploration.frontier import Frontier
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.piece import Piece
from verify.exploration.pieces import Pieces, Stint
from verify.exploration.supervision import Supervision

WORKERS = (1, 2, 4, 8, 16, 32, 64)
WARM_UP = 500
"""Executions before anything is measured."""


@dataclass
class Dealt:
    """A task: after how many others it was issued, and the seconds that it takes to issue it, to
    explore it, and to take what came of it."""

    after: int
    issue: float
    explore: float = 0.0
    commit: float = 0.0


@dataclass
class Recording:
    """A search: the seconds before it was divided, then its tasks, in their order."""

    alone: float = 0.0
    executions: int = 0
    tasks: list[Dealt] = field(default_factory=list)


def record(program: Callable[[], object], memoise: bool, limits: Limits) -> Recording:
    """Explore a program by the tasks that several workers would get."""
    recording = Recording()
    began = process_time()

    def explore(
        search: Search, strategy: Pieces, supervision: Supervision, printed: io.StringIO
    ) -> bool | None:
        recording.tasks.clear()  # of a search that has begun again
        return _explore(search, strategy.frontier, printed, recording, began)

    usual = together.explore_together
    together.explore_together = explore
    try:
        search = Search(program, limits=limits, stop_at_first=False, memoise=memoise, workers=2)
        recording.executions = search.run().executions
    finally:
        together.explore_together = usual
    if not recording.tasks:
        recording.alone = process_time() - began
    return recording


def _explore(
    search: Search, frontier: Frontier, printed: io.StringIO, recording: Recording, began: float
) -> bool | None:
    """As `together.explore_together`."""
    names = search.engine.names
    asking, asked = Sender(names), Receiver(names)
    answering, answered = Sender(names), Receiver(names)
    first = frontier.first
    assert first is not None
    stint, dpor = Stint(first, Piece()), Piece()
    over = search.explore_part(stint, printed)
    if over is not None:
        return over
    frontier.commit(stint.cuts)
    recording.alone = process_time() - began
    messages: list[Any] = []
    issued = frontier.standing.under_way  # the other cases, of a search by cases
    for done in range(1 << 62):
        while True:
            start = process_time()
            task = issued.pop(0) if issued else frontier.issue(search.executions)
            if task is None:
                break
            messages.append(ForkingPickler.dumps(asking.task(task)))
            recording.tasks.append(Dealt(done, process_time() - start))
        if frontier.first is None:
            return None
        dealt = recording.tasks[done]
        start = process_time()
        stint = Stint(asked.task(ForkingPickler.loads(messages[done])), dpor)
        over = search.explore_part(stint, printed)
        if over is not None:
            del recording.tasks[done:]
            return over
        answer = ForkingPickler.dumps(answering.cuts(stint.cuts, ()))
        messages[done] = b""
        explored = process_time()
        cuts, _ = answered.cuts(ForkingPickler.loads(answer))
        frontier.commit(cuts)
        dealt.explore, dealt.commit = explored - start, process_time() - explored
    return None


def simulated(recording: Recording, workers: int) -> tuple[float, float]:
    """How many seconds so many workers would take, and what the busiest of them has to do over what
    they have on average."""
    now = recording.alone
    free = [(now, worker) for worker in range(workers)]
    heapify(free)
    busy = [0.0] * workers
    ends: list[float] = []
    for done, task in enumerate(recording.tasks):
        while len(ends) < len(recording.tasks) and recording.tasks[len(ends)].after <= done:
            issued = recording.tasks[len(ends)]
            now += issued.issue
            at, worker = free[0]
            ends.append(max(now, at) + issued.explore)
            heapreplace(free, (ends[-1], worker))
            busy[worker] += issued.explore
        now = max(now, ends[done]) + task.commit
    return now, max(busy) * workers / sum(busy) if sum(busy) else 1.0


def measure_scaling(
    sized: Sized, memoise: bool, max_executions: int | None, max_seconds: float | None
) -> dict[str, Any]:
    """The figures of a program: seconds by one process, and by so many workers."""
    limits = Limits(max_executions, max_seconds)
    Search(sized.call, limits=Limits(WARM_UP), stop_at_first=False, memoise=memoise).run()
    began = process_time()
    search = Search(sized.call, limits=limits, stop_at_first=False, memoise=memoise)
    report = search.run()
    alone = process_time() - began
    recording = record(sized.call, memoise, Limits(None if report.complete else report.executions))
    rows: Sequence[tuple[float, float]] = [simulated(recording, count) for count in WORKERS]
    return {
        "executions": report.executions,
        "complete": report.complete,
        "carrier": report.carrier,
        "seconds": alone,
        "tasks": len(recording.tasks),
        "longest": max((task.explore for task in recording.tasks), default=0.0),
        "own": recording.alone + sum(task.issue + task.commit for task in recording.tasks),
        "workers": [
            {"workers": count, "seconds": seconds, "speedup": alone / seconds, "imbalance": uneven}
            for count, (seconds, uneven) in zip(WORKERS, rows, strict=True)
        ],
    }
