"""What a search found out: the verdict and the evidence."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from verify.exploration.estimate import Estimate
from verify.traces.trace import Trace


class Verdict(enum.Enum):
    """The answers that a check can give; the value is the exit code."""

    PROVED = 0
    VIOLATED = 1
    UNDETERMINED = 3
    NONDETERMINISTIC = 4


@dataclass(frozen=True)
class Counterexample:
    """A property that does not hold, with an execution that shows it."""

    kind: str
    message: str
    trace: Trace


class Concern(NamedTuple):
    """Why what was found out may be worth less than it seems: a health check (health.py)."""

    check: str
    message: str


@dataclass
class Report:
    """A search, as far as it went.

    `executions` are the complete ones, `blocked_executions` the redundant ones that were cut
    short, `events` those of all complete ones together, `steps` the length of the longest,
    `elapsed` seconds. `outcomes` counts
    complete executions by what they showed, "ok" or a kind of failure.
    """

    strategy: str
    complete: bool = False
    executions: int = 0
    events: int = 0
    blocked_executions: int = 0
    steps: int = 0
    elapsed: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[Counterexample] = field(default_factory=list)
    stop_reason: str = ""
    estimate: Estimate | None = None
    """How many classes there are in all, where a limit has stopped the search (or while it runs)
    and there is something to be said."""
    workers: int = 1
    """How many processes explore together."""
    subtrees: int | None = None
    """While it runs: how many parts of the search are still to be explored, those that are being
    explored included; None where the strategy makes no parts."""
    memory: int | None = None
    """While it runs: how many bytes its processes take, as far as this system tells."""
    guarantee: str = ""
    """What the strategy promises of executions that found nothing; empty if it promises nothing."""
    carrier: str = ""
    """How executions were run: "memoised" or "re-executed"."""
    carrier_reason: str = ""
    """Why they were re-executed; empty if they were not, or there were too few to matter."""
    granularity: str = "operation"
    """What one event is: a call, or a step of the monitor that carries it out ("internal")."""
    nondeterminism: str = ""
    """The first difference between two runs of one schedule; empty if there was none."""
    cause: str = ""
    """What probably makes the two differ, in a sentence; empty if there is no suspect."""
    covered: dict[str, bool] = field(default_factory=dict)
    """The goals that the program gives to `cover`, each with whether an execution reached it."""
    allowed_races: int = 0
    """Pairs of lines with a data race between them that is no failure, as the author asks."""
    concerns: list[Concern] = field(default_factory=list)
    """What health checks have to say of the program."""

    @property
    def unreached(self) -> list[str]:
        """The goals that no execution can reach: all were run, and none did."""
        return [goal for goal, reached in self.covered.items() if self.complete and not reached]

    @property
    def races(self) -> str:
        """How many data races are allowed, in words."""
        return f"{self.allowed_races} data race{'' if self.allowed_races == 1 else 's'} allowed"

    @property
    def verdict(self) -> Verdict:
        """PROVED only if every equivalence class was run and all of them were "ok"."""
        if self.nondeterminism:
            return Verdict.NONDETERMINISTIC
        if self.failures:
            return Verdict.VIOLATED
        return Verdict.PROVED if self.complete else Verdict.UNDETERMINED

    def __str__(self) -> str:
        executions = f"{self.executions} execution{'' if self.executions == 1 else 's'}"
        if self.verdict is Verdict.PROVED:
            of = " of the monitor's steps" if self.granularity == "internal" else ""
            never = f"; never reached: {', '.join(self.unreached)}" if self.unreached else ""
            races = f"; {self.races}" if self.allowed_races else ""
            return (
                f"PROVED: all of {executions}, every interleaving{of} up to equivalence"
                f"{never}{races}"
            )
        if self.verdict is Verdict.VIOLATED:
            return f"VIOLATED: {self.failures[0].kind}: {self.failures[0].message}"
        if self.verdict is Verdict.NONDETERMINISTIC:
            return f"NONDETERMINISTIC: {self.nondeterminism}. {self.cause}".removesuffix(". ")
        promise = f"; {self.guarantee}" if self.guarantee else ""
        if self.estimate is not None:
            promise = f"; {self.estimate} classes in all"
        return f"UNDETERMINED: not refuted within {self.stop_reason}, {executions}{promise}"
