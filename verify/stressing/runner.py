"""Stress: the same program over and over on real threads or processes, or as coroutines.

    run      one run after another until time, iterations or patience are used up
    compare  which of the program's equivalence classes the runs have shown (sightings.py)
    guide    shows the others, if it is asked for (guidance.py)
    trace    traces of the runs that failed (tracing.py)

Stress looks where exploring cannot: at the real primitives, the real interpreter, all cores. It
finds by luck what exploring finds for certain, so a report counts what was seen and proves nothing.
"""

from __future__ import annotations

import contextlib
import io
import resource
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from verify.errors import UsageError
from verify.interrupts import Interrupts
from verify.scheduling.scheduler import active
from verify.scheduling.threads import refusing_everyday_objects
from verify.stressing.gate import Plan
from verify.stressing.guidance import guided as guided_runs
from verify.stressing.on_threads import OnThreads
from verify.stressing.report import Run, StressReport
from verify.stressing.sightings import Sightings
from verify.stressing.tracing import Failed, Tracing
from verify.stressing.watchdog import PATIENCE

DEFAULT_SECONDS = 1.0
LONGEST_RUN = 60.0
"""Seconds that one run may take if nobody says how many; a task that spins makes progress for ever,
and no watchdog can tell."""


class Carrier(Protocol):
    """What runs a program for real, once at a time, freely or by a plan."""

    def run(self, number: int, over: Callable[[], bool], plan: Plan | None = None) -> Run: ...

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
    stressing = _Stress(program, on, seconds, iterations, seed, patience)
    stressing.run()
    stressing.trace("", False)
    return stressing.report


def stress_and_compare(
    program: Callable[[], object],
    *,
    on: str = "threads",
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    patience: float = PATIENCE,
    guided: bool = False,
    name: str = "",
    races_allowed: bool = False,
) -> StressReport:
    """As `stress`, and also tell which of the program's equivalence classes the runs have shown.

    For that the program is run in the explorer, too: for about as long again. If it is to be
    `guided`, classes that the runs have not shown are then forced on real tasks, again for as long;
    without `seconds`, all that are known. `name` is that of the model, for traces; with
    `races_allowed` its data races are no failures.

    Raises UsageError also where nothing can be guided: as coroutines.
    """
    if guided and on == "coroutines":
        raise UsageError(
            "guided runs are those of real threads and processes: coroutines take turns anyway"
        )
    stressing = _Stress(program, on, seconds, iterations, seed, patience, guided)
    stressing.run()
    stressing.compare()
    if guided:
        stressing.guide()
    stressing.trace(name, races_allowed)
    return stressing.report


class _Stress:
    """One stress of one program, in its parts."""

    def __init__(
        self,
        program: Callable[[], object],
        on: str,
        seconds: float | None,
        iterations: int | None,
        seed: int,
        patience: float,
        guided: bool = False,
    ) -> None:
        if on not in CARRIERS:
            raise UsageError(f"on={on!r}: a program can be stressed on {', '.join(CARRIERS)}")
        numbers = ("seconds", seconds), ("iterations", iterations), ("patience", patience)
        for name, value in numbers:
            if value is not None and not value > 0:
                raise UsageError(f"{name}={value!r}: it must be positive")
        if active() is not None:
            raise UsageError("stress was called inside a model: a model cannot stress another")
        if seconds is None and iterations is None:
            seconds = DEFAULT_SECONDS
        self._program = getattr(program, "__wrapped__", program)
        self._seconds = seconds
        self._iterations = iterations
        self._patience = patience
        self._sightings = Sightings(self._program, planning=guided)
        self._failed = Failed()
        self._number = 0  # of the next run
        self._stopped = False
        self.report = StressReport(on, seed)

    def run(self) -> None:
        """One run after another until time, iterations or patience are used up."""
        with self._carrying() as carry:
            while self._number != self._iterations:
                run = carry(None)
                if run is None:
                    break
                self._sightings.add(run)

    def compare(self) -> None:
        """Which classes the runs have shown."""
        if not self.report.interrupted:
            self.report.seen = self._sightings.seen(self._seconds or DEFAULT_SECONDS)

    def guide(self) -> None:
        """Show those that they have not."""
        seen = self.report.seen
        if seen is None or seen.uncounted or self._stopped:
            return
        with self._carrying() as carry:
            self.report.guidance = guided_runs(self._sightings, carry, self._seconds)

    def trace(self, name: str, races_allowed: bool) -> None:
        """What comes of the failures in the explorer."""
        report = self.report
        if not report.interrupted:
            tracing = Tracing(self._program, name, races_allowed)
            settings = {"on": report.on, "seed": report.seed}
            seconds = self._seconds or DEFAULT_SECONDS
            report.traced = tracing.traces(self._failed, settings, seconds)

    @contextlib.contextmanager
    def _carrying(self) -> Iterator[Callable[[Plan | None], Run | None]]:
        """What carries one run after another; it gives None when there are to be no more."""
        report = self.report
        interruption = Interrupts()
        used = _cpu_seconds()
        began = time.monotonic()
        until = None if self._seconds is None else began + self._seconds
        ends = 0.0 if until is None else until + self._patience  # when a run is ended
        first = self._number

        def over() -> bool:
            return time.monotonic() >= ends or interruption.requested

        def carry(plan: Plan | None) -> Run | None:
            nonlocal ends
            now = time.monotonic()
            if self._stopped or interruption.requested:
                return None
            if until is None:
                ends = now + LONGEST_RUN
            elif now >= until and self._number > first:
                return None
            run = carrier.run(self._number, over, plan)
            self._number += 1
            report.add(run)
            self._failed.add(run, self._number)
            if run.cut:
                report.cut = "Ctrl-C" if interruption.requested else "its time was up"
                if until is None and not interruption.requested:
                    report.cut = f"it took {LONGEST_RUN:g} seconds; with --seconds it may take more"
            hangs = report.failures["hang"]
            self._stopped = bool(run.cut or run.refusal or run.stuck or hangs)
            return run

        with (
            interruption.caught(),
            refusing_everyday_objects(),
            contextlib.redirect_stdout(_Nowhere()),
            contextlib.closing(
                CARRIERS[report.on](self._program, report.seed, self._patience)
            ) as carrier,
        ):
            yield carry
        report.elapsed += time.monotonic() - began
        report.cpu_seconds += _cpu_seconds() - used
        report.interrupted |= interruption.requested


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class _Nowhere(io.TextIOBase):
    """What a program prints in its thousand runs is dropped."""

    def write(self, text: str) -> int:
        return len(text)
