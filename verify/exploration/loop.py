"""The driver: the only loop that runs executions one after another.

    explore   checks what was asked for, then `Search.run`
    run       begin, run, end, tally, until a strategy has nothing left or a limit is reached
              (those that failed go to failures.py)

A search begins again when an invariant turns out to read an object that it had not read before
(properties/invariants.py), or tasks to share a plain field (scheduling/plain_data.py): what was
skipped until then may have mattered; and when the program turns out to be one that its strategy
cannot search, or in which a task may await something in a loop (await_loops.py).
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Collection
from typing import Final

from verify.errors import Nondeterministic, UsageError
from verify.exploration.bounded import Bounded
from verify.exploration.carrying import Carrier
from verify.exploration.cycles import only_daemons, repeating_cycle
from verify.exploration.estimating import Estimator
from verify.exploration.failures import Failures
from verify.exploration.follow import Follow
from verify.exploration.health import DATA_RACE, Health
from verify.exploration.immutable import Open
from verify.exploration.limits import Limits
from verify.exploration.looks import AWAITS
from verify.exploration.report import Report
from verify.exploration.strategies import DEFAULT_STRATEGY, STRATEGIES
from verify.exploration.strategy import Strategy
from verify.exploration.supervision import Supervision
from verify.interrupts import Interrupts
from verify.scheduling.event import Ending, Execution
from verify.scheduling.internal import INTERNAL, OPERATION, run_at
from verify.scheduling.naming import Names
from verify.scheduling.scheduler import active

REDUNDANT: Final = Ending.REDUNDANT
MAX_STEPS: Final = Ending.MAX_STEPS

COLLECT_EVERY = 2_000
"""Executions between two garbage collections; by threshold they would cost most of the time."""
COLLECT_ALL_EVERY = 100_000
"""Executions between two that look at everything, also at what was there before the search."""
COLLECT_EVERY_MEMOISED = 100_000
"""The same where next to no garbage is made, and much is kept."""
PROGRESS_EVERY = 0.05
"""Seconds between two calls of `on_progress`."""
LOOKED_AT = 63
"""Of memoised executions, one in so many and one is looked at for the order of locks."""
RUNS_CLASSES = ("dpor", "source_dpor", "exhaustive")
"""The strategies of whose executions it can be estimated how many there are."""


def explore(
    program: Callable[[], object],
    *,
    strategy: str = DEFAULT_STRATEGY,
    preemptions: int | None = None,
    max_executions: int | None = None,
    max_seconds: float | None = None,
    max_steps: int = 10_000,
    seed: int = 0,
    stop_at_first: bool = True,
    memoise: bool = True,
    max_memory: int = 256,
    granularity: str = OPERATION,
) -> Report:
    """Run a program under every schedule that the strategy asks for.

    `program` takes no argument, builds fresh objects, starts tasks, and asserts. `max_executions`
    counts complete executions, `max_seconds` is checked between two of them, `max_steps` bounds
    the events of one; `preemptions` bounds how often a task that could go on is left in one, and
    what it leaves out makes a search that found nothing no proof. Reaching a limit makes the
    verdict UNDETERMINED. `stop_at_first` ends the search with the execution that first violates a
    property. A program whose tasks share nothing but the harness's objects is not run again for
    each execution unless `memoise` is false; what is learnt of it takes at most about `max_memory`
    megabytes. `granularity` is "operation", each call one event, or "internal", where the monitor
    that carries calls out on threads is itself explored (scheduling/internal.py).

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
    ).run()


class Search:
    """One exploration of one program.

    `report` is brought up to date when it is over, and while it runs whenever `on_progress` is
    called with it and the length of the longest execution so far: after each new counterexample,
    and every now and then. `on_execution` is called with each complete execution, also with those
    of a search that then begins again. `suppress` names health checks (health.py) that are to be
    silent; `minimise` is whether the smallest counterexample is worth its time.
    """

    def __init__(
        self,
        program: Callable[[], object],
        *,
        strategy: str = DEFAULT_STRATEGY,
        preemptions: int | None = None,
        limits: Limits | None = None,
        seed: int = 0,
        stop_at_first: bool = True,
        memoise: bool = True,
        granularity: str = OPERATION,
        model: str = "",
        suppress: Collection[str] = (),
        minimise: bool = True,
        on_progress: Callable[[Report, int], None] | None = None,
        on_execution: Callable[[Execution, Names], None] | None = None,
    ) -> None:
        if strategy not in STRATEGIES:
            known = ", ".join(STRATEGIES)
            raise UsageError(f"unknown strategy {strategy!r}: the strategies are {known}")
        if preemptions is not None and strategy != DEFAULT_STRATEGY:
            raise UsageError(
                f"preemptions={preemptions} bounds the search of strategy {DEFAULT_STRATEGY}, not "
                f"of {strategy}: leave one of the two out"
            )
        if active() is not None:
            raise UsageError("explore was called inside a model: a model cannot explore another")
        self._granularity = granularity
        program = getattr(program, "__wrapped__", program)
        self._program = run_at(granularity, program)
        self._health = Health(program, suppress)
        self._strategy = strategy
        self._preemptions = preemptions
        self._limits = Limits() if limits is None else limits
        self._seed = seed
        self._unplannable = False  # see Strategy.unplannable
        self._new_strategy()  # a UsageError comes now rather than later
        self._stop_at_first = stop_at_first
        self._model = model or getattr(program, "__qualname__", "program")
        self._on_progress = on_progress
        self._on_execution = on_execution
        self._carrier = Carrier(
            self._program, self._limits.max_steps, memoise, self._limits.max_memory
        )
        if granularity == INTERNAL:
            self._carrier.reason = "the monitor itself is explored"
        self._engine = self._carrier.engine
        self._failures = Failures(
            self._program,
            self._engine,
            self._limits.max_steps,
            self._model,
            {"strategy": strategy, "seed": seed, "granularity": granularity},
            self._enough if minimise else lambda: True,
        )
        self._engine.names.plain.races_allowed = DATA_RACE in suppress
        self._estimator: Estimator | None = None
        if strategy in RUNS_CLASSES and preemptions is None:
            allowed = DATA_RACE in suppress
            self._estimator = Estimator(self._program, self._limits.max_steps, allowed)
        self._until = -1.0  # when time is up; negative: never
        self._interrupts = Interrupts()
        self._strategy_now: Strategy | None = None
        self._executions = self._events = self._steps = 0  # as in the report
        self._fine = 0  # executions without a failure
        self._told = 0  # failures that `on_progress` has seen
        self.report = self._new_report()
        self.interrupted = False
        """The user pressed Ctrl-C; the report holds what was found until then."""

    def run(self) -> Report:
        """Search until nothing is left, a limit is reached, or the user has had enough."""
        supervision = Supervision(
            self._engine, self._model, self._health.holders, self._health.watched
        )
        began = time.perf_counter()
        try:
            with supervision.on() as printed:
                while self._search(began, supervision, printed):
                    self.report = self._new_report()
                    self._failures.clear()
                    self._told = 0
                self._estimate()
                self._health.look_back(self.report, self._program, self._engine.names)
                self._close()  # before garbage is collected again: there is much of it
        except Nondeterministic as difference:
            self.report.nondeterminism = str(difference)
            self.report.cause = self._health.cause
        finally:
            self._bring_up_to_date()
            self._close()
            self.report.concerns = self._health.concerns(
                self.report, self._engine, supervision.escaped
            )
            self.report.elapsed = time.perf_counter() - began
        return self.report

    @property
    def awaits(self) -> bool:
        """Whether a task turned out to await something in a loop: see await_loops.py."""
        return self._engine.awaiting.on

    @property
    def shares_plain_data(self) -> bool:
        """Whether tasks turned out to share plain data, so that accesses to it are events."""
        return self._engine.names.plain.shares

    def _new_report(self) -> Report:
        return Report(self._strategy, granularity=self._granularity)

    def _new_strategy(self) -> Strategy:
        if self._preemptions is not None:
            return Bounded(self._preemptions)
        return STRATEGIES["exhaustive" if self._unplannable else self._strategy](self._seed)

    def _close(self) -> None:
        if not self.report.carrier:
            self.report.carrier = self._carrier.name
            self.report.carrier_reason = self._carrier.reason
            self.report.covered = self._health.goals(self._carrier.covered)
        self._carrier.close()
        if self._estimator is not None:
            self._estimator.close()

    def _search(self, began: float, supervision: Supervision, printed: io.StringIO) -> bool:
        """Run one strategy to its end; True if the search must begin again."""
        report = self.report
        strategy = self._strategy_now = self._new_strategy()
        engine = self._engine
        carrier = self._carrier
        carrier.begin(strategy)
        limits = self._limits
        interrupts = self._interrupts = supervision.interrupts
        most = -1 if limits.max_executions is None else limits.max_executions
        until = -1.0 if limits.max_seconds is None else began + limits.max_seconds
        self._until = until
        collect_at = COLLECT_EVERY_MEMOISED if carrier.memoises else COLLECT_EVERY
        runs = 0
        due = began
        watched = self._on_progress is not None or until >= 0.0
        self._executions = self._events = self._steps = self._fine = 0
        while strategy.begin():
            if (
                self._executions == most
                or 0.0 <= until <= time.perf_counter()
                or interrupts.requested
            ):
                self.interrupted = interrupts.requested
                report.stop_reason = self._stop_reason()
                return False
            if carrier.begins_again:
                return True
            try:
                execution = carrier.run(strategy)
                if execution.failures:
                    carrier.confirm(execution)
            except Open as why:
                carrier.give_up(str(why))
                return True
            if carrier.grew():
                return True
            if self._turns_out_to_await(carrier):
                return True
            ending = execution.ending
            if ending is MAX_STEPS:
                report.stop_reason = (
                    f"{limits.max_steps} steps of one execution (max_steps): "
                    f"{repeating_cycle(self._failures.recorded(execution))}"
                    f"{only_daemons(engine, execution)}"
                )
                if execution.failures:  # so far: it is not known what else would come
                    self._executions += 1
                    self._events += len(execution.events)
                    self._failures.tally(execution, report, self._executions, self._events)
                return False
            strategy.end(execution)
            if strategy.unplannable:
                self._unplannable = True
                return True
            engine.progress += 1
            runs += 1
            if runs == collect_at:
                collect_at += COLLECT_EVERY_MEMOISED if carrier.memoises else COLLECT_EVERY
                everything = not carrier.memoises and runs % COLLECT_ALL_EVERY == 0
                gc.collect(2 if everything else 1)  # what was kept once will be again
                printed.seek(0)
                printed.truncate()
            if ending is REDUNDANT:
                report.blocked_executions += 1
                continue
            if self._on_execution is not None:
                self._on_execution(execution, engine.names)
            events = len(execution.events)
            self._executions += 1
            self._events += events
            if events > self._steps:
                self._steps = events
            if execution.races:
                self._failures.allow(execution, report)
            if execution.failures:
                self._failures.tally(execution, report, self._executions, self._events)
                if carrier.grew():
                    return True
            else:
                self._fine += 1
                if not carrier.memoises or self._fine & LOOKED_AT == 0:
                    self._health.look(execution, None if carrier.memoises else engine)
            if watched and (len(report.failures) > self._told or time.perf_counter() >= due):
                due = time.perf_counter() + PROGRESS_EVERY
                self._tell(began)
            if execution.undecided and not report.failures:
                report.stop_reason = execution.undecided
                return False
            if report.failures and self._stop_at_first:
                report.stop_reason = "the first counterexample"
                return False
        try:
            carrier.finish()
        except Open as why:
            carrier.give_up(str(why))
            return True
        report.complete = strategy.exhaustive
        if self._preemptions is not None:
            plural = "" if self._preemptions == 1 else "s"
            report.stop_reason = f"{self._preemptions} preemption{plural}"
        return False

    def _stop_reason(self) -> str:
        """Which limit stops the search, in words."""
        limits = self._limits
        if self.interrupted:
            return "an interruption (Ctrl-C)"
        if self._executions == limits.max_executions:
            plural = "" if limits.max_executions == 1 else "s"
            return f"{limits.max_executions} execution{plural} (max_executions)"
        return f"{limits.max_seconds:g} seconds (max_seconds)"

    def _bring_up_to_date(self) -> None:
        """Write the numbers of the search into the report: too slow for every execution."""
        report = self.report
        report.executions = self._executions
        report.events = self._events
        report.steps = self._steps
        if self._fine:
            report.outcomes["ok"] = self._fine
        if self._strategy_now is not None and not self._strategy_now.exhaustive:
            report.guarantee = "" if report.failures else self._strategy_now.guarantee

    def _tell(self, began: float) -> None:
        """Let whoever wants to know look at the report."""
        self._told = len(self.report.failures)
        self._bring_up_to_date()
        elapsed = self.report.elapsed = time.perf_counter() - began
        if self._estimator is not None:
            self._estimator.keep_up(elapsed, self._executions, self._enough)
            self.report.estimate = self._estimator.estimate(self._executions, self._events)
        if self._on_progress is not None:
            self._on_progress(self.report, self._steps)

    def _estimate(self) -> None:
        """Say of a search that a limit has stopped how many classes there are in all."""
        report = self.report
        report.estimate = None
        if self._estimator is not None and not report.complete and not report.failures:
            self._estimator.finish(self._executions, self._events, self._enough)
            report.estimate = self._estimator.estimate(self._executions, self._events)
            failing = self._estimator.failing(self._engine.names)
            if failing:
                execution = self._engine.run(self._program, Follow(failing).choose)
                if execution.failures:
                    self._failures.tally(execution, report, self._executions, self._events)

    def _turns_out_to_await(self, carrier: Carrier) -> bool:
        """Whether the search must begin again because of await loops: see await_loops.py."""
        awaiting = self._engine.awaiting
        if awaiting.needed and not awaiting.on:
            awaiting.on = True
            return True
        if awaiting.found and not carrier.reason:
            memoises = carrier.memoises
            carrier.give_up(AWAITS)
            return memoises
        return False

    def _enough(self) -> bool:
        """Whether time is up, or the user has had enough; asked while a failure is looked into."""
        self._engine.progress += 1  # or the watchdog would take this for an execution that hangs
        return 0.0 <= self._until <= time.perf_counter() or self._interrupts.requested
