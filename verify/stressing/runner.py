"""Stress: the same program over and over on real threads or processes, or as coroutines.

    stress   checks what was asked for
    _stress  one run after another until time, iterations or patience are used up; then the traces
             of those that failed (tracing.py), and which of the program's equivalence classes the
             runs have shown (sightings.py)

Stress looks where exploring cannot: at the real primitives, the real interpreter, all cores. It
finds by luck what exploring finds for certain, so a report counts what was seen and proves nothing.
"""

from __future__ import annotations

import contextlib
import io
import resource
import time
from collections.abc import Callable
from typing import Protocol

from verify.errors import UsageError
from verify.interrupts import Interrupts
from verify.scheduling.scheduler import active
from verify.scheduling.threads import refusing_everyday_objects
from verify.stressing.on_threads import OnThreads
from verify.stressing.report import Run, StressReport
from verify.stressing.sightings import Sightings
from verify.stressing.tracing import Tracing
from verify.stressing.watchdog import PATIENCE

DEFAULT_SECONDS = 1.0
LONGEST_RUN = 60.0
"""Seconds that one run may take if nobody says how many; a task that spins makes progress for ever,
and no watchdog can tell."""


class Carrier(Protocol):
    """What runs a program for real, once at a time."""

    def run(self, number: int, over: Callable[[], bool]) -> Run: ...

    def close(self) -> None: ...


def _on_processes(program: Callable[[], object], seed: int, patience: float) -> Carrier:
    from verify.stressing.on_processes import OnProcesses  # here: not every platform has all of it

    return OnProcesses(program, seed, patience)


def _on_coroutines(program: Callable[[], object], seed: int, patience: float) -> Carrier:
    from verify.stressing.on_coroutines import OnCoroutines  # here: most never need it

    return OnCoroutines(program, seed, patience)


CARRIERS: dict[str, Callable[[Callable[[], object], int, float], Carrier]] = {
    "threads": OnThreads,
    "processes": _on_processes,
    "coroutines": _on_coroutines,
}
"""What carries runs on each scheduler."""


def stress(
    program: Callable[[], object],
    *,
    on: str = "threads",
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    patience: float = PATIENCE,
) -> StressReport:
    """Run a program over and over on real "threads" or "processes", or as "coroutines".

    Stops after so many `seconds` or `iterations`, whichever comes first; after 1 second if neither
    is given. A run that is still going on when time is up gets `patience` more seconds; without
    `seconds` one run may take a minute. A run that
    makes no progress for `patience` seconds hangs and ends the stress; a certain deadlock is
    noticed at once, counted, and the next run begins. `seed` determines the disturbances of the
    timing and what `choose` chooses. Ctrl-C ends it early; the report says so. Of the first
    failures the explorer makes traces, which `replay` runs again: the report's `traced`.

    Raises UsageError for an unknown scheduler, or a number that is not positive.
    """
    program = getattr(program, "__wrapped__", program)
    return _stress(program, on, seconds, iterations, seed, patience, Tracing(program), None)


def stress_and_compare(
    program: Callable[[], object],
    *,
    on: str = "threads",
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    name: str = "",
    races_allowed: bool = False,
) -> StressReport:
    """As `stress`, and then tell which of the program's equivalence classes the runs have shown.

    For that the program is run in the explorer, too: for about as long again. `name` is that of the
    model, for traces; with `races_allowed` its data races are no failures.
    """
    program = getattr(program, "__wrapped__", program)
    tracing = Tracing(program, name, races_allowed)
    return _stress(program, on, seconds, iterations, seed, PATIENCE, tracing, Sightings(program))


def _stress(
    program: Callable[[], object],
    on: str,
    seconds: float | None,
    iterations: int | None,
    seed: int,
    patience: float,
    tracing: Tracing,
    sightings: Sightings | None,
) -> StressReport:
    if on not in CARRIERS:
        raise UsageError(f"on={on!r}: a program can be stressed on {', '.join(CARRIERS)}")
    for name, value in (("seconds", seconds), ("iterations", iterations), ("patience", patience)):
        if value is not None and not value > 0:
            raise UsageError(f"{name}={value!r}: it must be positive")
    if active() is not None:
        raise UsageError("stress was called inside a model: a model cannot stress another")
    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    report = StressReport(on, seed)
    interruption = Interrupts()
    used = _cpu_seconds()
    began = time.monotonic()
    until = None if seconds is None else began + seconds
    ends = 0.0 if until is None else until + patience  # when the run that goes on is ended

    def over() -> bool:
        return time.monotonic() >= ends or interruption.requested

    with (
        interruption.caught(),
        refusing_everyday_objects(),
        contextlib.redirect_stdout(_Nowhere()),
        contextlib.closing(CARRIERS[on](program, seed, patience)) as carrier,
    ):
        number = 0
        while number != iterations and not interruption.requested:
            if until is not None and number and time.monotonic() >= until:
                break
            if until is None:
                ends = time.monotonic() + LONGEST_RUN
            run = carrier.run(number, over)
            report.add(run)
            tracing.add(run, number + 1)
            if sightings is not None:
                sightings.add(run)
            number += 1
            if run.cut:
                report.cut = "Ctrl-C" if interruption.requested else "its time was up"
                if until is None and not interruption.requested:
                    report.cut = f"it took {LONGEST_RUN:g} seconds; with --seconds it may take more"
            if run.cut or run.refusal or run.stuck or report.failures["hang"]:
                break
    report.elapsed = time.monotonic() - began
    report.cpu_seconds = _cpu_seconds() - used
    report.interrupted = interruption.requested
    if not report.interrupted:
        report.traced = tracing.traces(on, seed, seconds or DEFAULT_SECONDS)
        if sightings is not None:
            report.seen = sightings.seen(seconds or DEFAULT_SECONDS)
    return report


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class _Nowhere(io.TextIOBase):
    """What a program prints in its thousand runs is dropped."""

    def write(self, text: str) -> int:
        return len(text)
