"""Measuring: what one program costs to explore, in a process that has done nothing else.

    measure     what follows, in this order
    _events     explores a little: how many events has an execution? It warms the process up
    explore     what the figures are about
    _peak       the memory that this took
    _best       seconds for one bare run (bare.py)

`slowdown` is how many times as long an event takes as in a bare run: elapsed / executions / events
of an execution, over seconds of a bare run / events of a bare run. Both sides err against us: the
bare run is the best of several, without garbage collection, and the exploration has all of its own
beginning and end in it. The events of executions, which can differ, are averaged over the first
thousand; those of a bare run are the events of the explorer's first execution, which goes the same
way.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import verify
from verify import build
from verify.benchmarking.bare import StandIns, run
from verify.benchmarking.programs import Sized
from verify.exploration.report import Report

COUNTED = 1_000
"""Executions whose events are counted."""
BATCHES = 5
BATCH_SECONDS = 0.02

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Measured:
    """What was measured: seconds, megabytes, and numbers."""

    executions: int
    blocked_executions: int
    complete: bool
    stop_reason: str
    outcomes: dict[str, int]
    elapsed: float
    carrier: str
    carrier_reason: str
    core: str
    """"compiled" or "plain"."""
    memory: float
    events: float
    bare_events: int
    bare_elapsed: float

    @property
    def rate(self) -> float:
        """Executions a second, whole ones and those that were cut short."""
        return (self.executions + self.blocked_executions) / max(self.elapsed, 1e-9)

    @property
    def slowdown(self) -> float | None:
        """How many times as long an event takes as in a bare run; None if none was explored."""
        if not self.executions:
            return None
        explored = 1 / self.rate / self.events
        return explored / (self.bare_elapsed / self.bare_events)


def measure(
    sized: Sized,
    memoise: bool,
    max_executions: int | None,
    max_seconds: float | None,
    workers: int | str = 1,
) -> Measured:
    """Explore a program, once; the limits are those of `verify.explore`."""
    program = sized.call
    events = _events(program, memoise, min(COUNTED, max_executions or COUNTED), max_seconds)
    gc.collect()
    report = verify.explore(
        program,
        stop_at_first=False,
        memoise=memoise,
        max_executions=max_executions,
        max_seconds=max_seconds,
        workers=workers,
    )
    memory = _peak() / MEGABYTE
    bare_events = round(_events(program, memoise, 1, None))
    with standing_in(sized, StandIns()) as stand_ins:
        bare_elapsed = _best(lambda: run(program, stand_ins.turns))
    return Measured(
        report.executions,
        report.blocked_executions,
        report.complete,
        report.nondeterminism or report.stop_reason,
        dict(sorted(report.outcomes.items())),
        report.elapsed,
        report.carrier,
        report.carrier_reason,
        "compiled" if build.compiled() else "plain",
        memory,
        events,
        bare_events,
        bare_elapsed,
    )


def _peak() -> int:
    """The most memory that this process has had resident, in bytes.

    Not from getrusage where there is better: Linux lets a process inherit there what its parent had
    when it was started.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _events(
    program: Callable[[], object], memoise: bool, executions: int, max_seconds: float | None
) -> float:
    """The mean number of events of the first executions."""
    report: Report = verify.explore(
        program,
        stop_at_first=False,
        memoise=memoise,
        max_executions=executions,
        max_seconds=max_seconds,
    )
    return report.events / max(1, report.executions)


@contextmanager
def standing_in(sized: Sized, stand_ins: Any) -> Iterator[Any]:
    """What the file of a program calls `verify` is something else for a while."""
    names: dict[str, Any] = sized.program.function.__globals__
    before = names["verify"]
    names["verify"] = stand_ins
    try:
        yield stand_ins
    finally:
        names["verify"] = before


def _best(call: Callable[[], object]) -> float:
    """Seconds for a call: the best of several batches, as undisturbed as can be."""
    calls = 1
    while (took := _batch(call, calls)) < BATCH_SECONDS:
        calls *= 2
    return min(took, *(_batch(call, calls) for _ in range(BATCHES - 1))) / calls


def _batch(call: Callable[[], object], calls: int) -> float:
    collecting = gc.isenabled()
    gc.disable()
    began = time.perf_counter()
    for _ in range(calls):
        call()
    took = time.perf_counter() - began
    if collecting:
        gc.enable()
    return took
