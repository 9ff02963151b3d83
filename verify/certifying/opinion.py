"""A second opinion on a proof: what brute force (brute_force.py) has to say about a claim.

    second_opinion  runs the program by brute force, in three ways one after the other, each for its
                    share of the time: every interleaving; if there are too many, every beginning up
                    to equivalence; if there are too many of these, a sample of interleavings
    Opinion         what came of it, held against the claim

A claim is certified if the whole space was run, nothing failed, and there are as many classes as
were claimed, which reach the same goals. It is contradicted by an execution that fails, by a class
too many, and where the whole space was run by a class too few. A sample certifies nothing.
"""

from __future__ import annotations

import enum
import gc
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from verify.certifying.brute_force import BruteForce, Tally, Unequal
from verify.certifying.claims import Claim
from verify.errors import Nondeterministic
from verify.exploration.failures import Failures
from verify.exploration.health import DATA_RACE, Health
from verify.exploration.limits import Limits
from verify.exploration.report import Counterexample, Report
from verify.exploration.supervision import Supervision
from verify.modelling import Model
from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored
from verify.scheduling.internal import run_at

UNTIL_INTERLEAVINGS, UNTIL_BEGINNINGS = 0.2, 0.8
"""The parts of the time, and of the executions, after which a way that has not come to its end is
given up for the next."""
COLLECT_EVERY = 2_000
"""Executions between two garbage collections: see loop.py."""


class Judgement(enum.Enum):
    """What is thought of a claim; the value is the exit code."""

    CERTIFIED = 0
    CONTRADICTED = 1
    SAMPLED = 3
    NONDETERMINISTIC = 4


class Extent(enum.Enum):
    """How much was run; the value says it."""

    INTERLEAVINGS = "every interleaving"
    BEGINNINGS = "every interleaving, from each beginning once up to equivalence"
    SAMPLE = "a sample"


@dataclass
class Opinion:
    """What brute force found out of a claim. `elapsed` in seconds."""

    claim: Claim
    extent: Extent = Extent.SAMPLE
    tally: Tally = field(default_factory=Tally)
    contradiction: str = ""
    """What speaks against the claim; empty if nothing does."""
    failure: Counterexample | None = None
    """The execution that does, if it is one."""
    nondeterminism: str = ""
    """The first difference between two runs of one schedule, with its probable cause."""
    interrupted: bool = False
    elapsed: float = 0.0

    @property
    def judgement(self) -> Judgement:
        """A contradiction goes first: one execution that fails is enough."""
        if self.contradiction:
            return Judgement.CONTRADICTED
        if self.nondeterminism:
            return Judgement.NONDETERMINISTIC
        return Judgement.SAMPLED if self.extent is Extent.SAMPLE else Judgement.CERTIFIED


def second_opinion(
    model: Model,
    claim: Claim,
    limits: Limits,
    seed: int = 0,
    on_progress: Callable[[Tally], None] = lambda tally: None,
) -> Opinion:
    """Run a model's program by brute force, within the limits, and hold it against a claim.

    Raises ModelError for a program that fails before its first operation or runs on without any.
    """
    return _Forming(model, claim, limits, seed, on_progress).run()


class _Forming:
    """One opinion on its way."""

    def __init__(
        self,
        model: Model,
        claim: Claim,
        limits: Limits,
        seed: int,
        on_progress: Callable[[Tally], None],
    ) -> None:
        suppress = model.settings.get("suppress", ())
        self._model = model
        self._health = Health(model.function, suppress)
        self._program = run_at(claim.granularity, model.function)
        self._engine = Explored(claim.max_steps)
        self._engine.names.plain.races_allowed = DATA_RACE in suppress
        self._supervision = Supervision(
            self._engine, model.key, self._health.holders, self._health.watched
        )
        self._limits = limits
        self._seed = seed
        self._on_progress = on_progress
        self._share = UNTIL_INTERLEAVINGS
        self._began = time.perf_counter()
        self._printed = io.StringIO()
        self._opinion = Opinion(claim)

    def run(self) -> Opinion:
        opinion = self._opinion
        try:
            with self._supervision.on() as self._printed:
                self._look()
        except Nondeterministic as difference:
            cause = f". {self._health.cause}" if self._health.cause else ""
            opinion.nondeterminism = f"{difference}{cause}"
        finally:
            self._engine.close()
        opinion.interrupted = self._supervision.interrupts.requested
        opinion.elapsed = time.perf_counter() - self._began
        return opinion

    def _look(self) -> None:
        opinion = self._opinion
        brute_force = BruteForce(self._program, self._engine, self._enough)
        try:
            opinion.extent = self._go_through(brute_force)
        except Unequal as difference:
            opinion.contradiction = str(difference)
        finally:
            opinion.tally = brute_force.tally
        opinion.contradiction = opinion.contradiction or self._contradiction(opinion.tally)

    def _go_through(self, brute_force: BruteForce) -> Extent:
        if brute_force.every_interleaving():
            return Extent.INTERLEAVINGS
        self._share = UNTIL_BEGINNINGS
        if not self._is_over(brute_force.tally) and brute_force.every_beginning():
            return Extent.BEGINNINGS
        self._share = 1.0
        if not self._is_over(brute_force.tally):
            brute_force.sample(self._seed)
        return Extent.SAMPLE

    def _enough(self, tally: Tally) -> bool:
        """Whether the present way has been gone for long enough; asked after each execution."""
        if tally.executions % COLLECT_EVERY == 0:
            gc.collect(1)
            self._printed.seek(0)
            self._printed.truncate()
        self._on_progress(tally)
        limits, share = self._limits, self._share
        took = time.perf_counter() - self._began
        return (
            self._is_over(tally)
            or (limits.max_seconds is not None and took >= share * limits.max_seconds)
            or (
                limits.max_executions is not None
                and tally.executions >= share * limits.max_executions
            )
        )

    def _is_over(self, tally: Tally) -> bool:
        """Whether there is nothing more to find out, or the user has had enough."""
        too_many = len(tally.classes) > self._opinion.claim.classes
        return too_many or tally.failing is not None or self._supervision.interrupts.requested

    def _contradiction(self, tally: Tally) -> str:
        opinion, claim = self._opinion, self._opinion.claim
        failing, classes, whole = tally.failing, len(tally.classes), opinion.extent
        if failing is not None:
            return self._failure(failing)
        if classes > claim.classes:
            least = "at least " if whole is Extent.SAMPLE else ""
            return f"there are {least}{classes} classes: the search has missed some"
        if whole is Extent.SAMPLE:
            return ""
        if classes < claim.classes:
            return (
                f"there are {classes} classes: the search has run some more than once, or others "
                "than there are"
            )
        for goal, reached in claim.covered.items():
            if reached != (goal in self._engine.covered):
                return f"the goal {goal!r} is {'never ' if reached else ''}reached"
        return ""

    def _failure(self, execution: Execution) -> str:
        """What is wrong with an execution, which is kept as a counterexample if it fails."""
        opinion, claim = self._opinion, self._opinion.claim
        failure = execution.failure
        if failure is None:
            return execution.undecided or f"an execution goes on after {claim.max_steps} steps"
        settings = {"strategy": "brute_force", "granularity": claim.granularity}
        report = Report("brute_force")
        failures = Failures(
            self._program,
            self._engine,
            claim.max_steps,
            self._model.key,
            settings,
            lambda: self._supervision.interrupts.requested,
        )
        failures.tally(execution, report, opinion.tally.executions, 0)
        opinion.failure = report.failures[0]
        return f"an execution fails: {opinion.failure.kind}"
