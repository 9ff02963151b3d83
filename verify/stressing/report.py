"""What stressing a program has shown: a count of failures, never a proof."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verify.scheduling.event import PRECEDENCE
from verify.scheduling.monitor import TaskFailure

if TYPE_CHECKING:
    from verify.modelling import Model
    from verify.stressing.guidance import Guidance
    from verify.stressing.noting import Account
    from verify.stressing.sightings import Seen
    from verify.stressing.tracing import Traced

KEPT = 5
"""How many failures a report shows in full."""
SHOWN_TASKS = 8
ORDER = (*PRECEDENCE, "hang")


@dataclass
class Run:
    """One run of the program on a real scheduler.

    `operations` are counted by task name. `hang` is the watchdog's account of a deadlock or a hang.
    `cut`: ended by us while it was going on. `refusal`: why the scheduler cannot carry the program.
    `stuck` are the tasks that could not be ended. `account`: what happened in it. `unforced`: why
    it did not do what it was to do, if it was guided.
    """

    failures: list[TaskFailure] = field(default_factory=list)
    operations: Counter[str] = field(default_factory=Counter)
    hang: str = ""
    cut: bool = False
    refusal: str = ""
    stuck: list[str] = field(default_factory=list)
    account: Account | None = None
    unforced: str = ""

    def hanging(self, kind: str, message: str, account: str) -> None:
        """It hangs: a failure like others, of all tasks together."""
        self.hang = f"{kind}: {message}\n{account}"
        self.failures.append(TaskFailure("all tasks", kind, message, account))


@dataclass
class StressReport:
    """Many runs of one program.

    `runs` are those that came to an end, hung or failed. `failures` counts each of them at most
    once, under the most telling of its failures; `first` holds the first few in full, each only
    once, and `hang` the account of the first that hung. `cut` tells why the last run was ended by
    force, `refusal` why the scheduler cannot carry the program at all. `seen`: which equivalence
    classes the runs belong to, if that was looked at; `guidance`: what came of forcing the others;
    `traced`: what came of the first failures in the explorer. Times are seconds;
    `cpu_seconds` are those of all threads and processes, of the `elapsed` times `cores` there were.
    """

    on: str
    seed: int
    runs: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    first: list[TaskFailure] = field(default_factory=list)
    hang: str = ""
    operations: Counter[str] = field(default_factory=Counter)
    elapsed: float = 0.0
    cpu_seconds: float = 0.0
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    cut: str = ""
    refusal: str = ""
    stuck: list[str] = field(default_factory=list)
    interrupted: bool = False
    seen: Seen | None = None
    guidance: Guidance | None = None
    traced: list[Traced] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether at least one run ended and none failed."""
        return self.runs > 0 and not self.failures

    @property
    def total_operations(self) -> int:
        """The operations of all tasks in all runs."""
        return self.operations.total()

    def add(self, run: Run) -> None:
        """Count a run."""
        self.operations.update(run.operations)
        self.stuck += run.stuck
        self.refusal = run.refusal
        if run.refusal or (run.cut and not run.failures):
            return
        self.runs += 1
        if not run.failures:
            return
        self.failures[min((failure.kind for failure in run.failures), key=ORDER.index)] += 1
        for failure in run.failures:
            if len(self.first) < KEPT and failure[:3] not in (kept[:3] for kept in self.first):
                self.first.append(failure)
        self.hang = self.hang or run.hang

    def rates(self) -> dict[str, float]:
        """Operations per second of each task."""
        elapsed = self.elapsed or 1.0
        return {task: count / elapsed for task, count in self.operations.most_common()}

    def __str__(self) -> str:
        if self.refusal:
            return f"not run on {self.on}: {self.refusal}"
        lines = [self._headline()]
        rates = list(self.rates().items())
        per_task = ", ".join(f"{task} {rate:,.0f}/s" for task, rate in rates[:SHOWN_TASKS])
        if len(rates) > SHOWN_TASKS:
            per_task += f", and {len(rates) - SHOWN_TASKS} more tasks"
        lines.append(f"  {self.total_operations:,} operations: {per_task or 'none'}")
        lines.append(
            f"  {self.cpu_seconds:.2f} CPU seconds of the {self.elapsed * self.cores:.2f} "
            f"that {self.cores} cores had"
        )
        if self.seen is not None:
            lines.append(f"  {self.seen}")
        if self.guidance is not None:
            lines.append(f"  {self.guidance}")
        if self.cut:
            lines.append(f"  the last run was ended: {self.cut}")
        if self.stuck:
            lines.append(
                f"  could not be ended: {', '.join(self.stuck)}, inside a call that really blocks. "
                "Use verify's own primitives inside a model"
            )
        for failure in self.first:
            lines += ["", f"{failure.kind} in {failure.task}: {failure.message}"]
            if failure.traceback:
                lines.append(failure.traceback.rstrip("\n"))
        return "\n".join(lines)

    def _headline(self) -> str:
        runs = f"{self.runs:,} run{'' if self.runs == 1 else 's'}"
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in self.failures.most_common())
        rest = " (interrupted)" if self.interrupted else ""
        return (
            f"{runs} on {self.on} in {self.elapsed:.2f} s, seed {self.seed}{rest}: "
            f"{kinds or 'no failure'}"
        )

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "on": self.on,
            "seed": self.seed,
            "runs": self.runs,
            "ok": self.ok,
            "failures": dict(self.failures),
            "first": [failure._asdict() for failure in self.first],
            "hang": self.hang,
            "operations": self.total_operations,
            "operations_per_second": self.rates(),
            "elapsed": self.elapsed,
            "cpu_seconds": self.cpu_seconds,
            "cpu_seconds_available": self.elapsed * self.cores,
            "classes_seen": None if self.seen is None else self.seen.classes,
            "classes": None if self.seen is None else self.seen.of,
            "unexplained": "" if self.seen is None else self.seen.unexplained,
            "guided": None if self.guidance is None else self.guidance._asdict(),
            "cut": self.cut,
            "refusal": self.refusal,
            "stuck": list(self.stuck),
            "interrupted": self.interrupted,
        }


def disappointment(model: Model, report: StressReport) -> str:
    """How a stress report contradicts what the model's author expects; empty if it does not.

    A right model must show no failure. A wrong one may or may not show its bug for real: nothing,
    or the expected kind. An invariant is looked at only when a run has ended, and livelocks and
    races are not seen at all for real, so of models that expect these any consequence is accepted.
    """
    if report.refusal:
        return ""
    found = set(report.failures)
    if model.expect == "proved":
        if found:
            return f"expected no failure, found {', '.join(sorted(found))}"
        if not report.runs and not report.interrupted:
            return f"no run came to its end: {report.cut}"
        if report.seen is not None and report.seen.unexplained:
            return f"a real run is in none of its classes: {report.seen.unexplained}"
        return ""
    if model.expect in ("invariant", "livelock", "race"):
        return ""
    unexpected = sorted(found - {model.expect})
    if unexpected:
        return f"expected {model.expect} or nothing, found {', '.join(unexpected)}"
    return ""
