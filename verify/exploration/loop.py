"""The driver: the only loop that runs executions one after another.

    run            again and again, as long as the search has to begin again
    explore_part   begin, run, end, tally, until a strategy has nothing left or a limit is reached
                   (those that failed go to failures.py); several processes together: together.py
    tell           let be known how far the search has come (telling.py)

A search begins again when an invariant turns out to read an object that it had not read before
(properties/invariants.py), or tasks to share a plain field (scheduling/plain_data.py): what was
skipped until then may have mattered; and when the program turns out to be one that its strategy
cannot search, or in which a task may await something in a loop (await_loops.py); or that it is to
be searched by cases (case.py), or not to be.
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verify.errors import Nondeterministic, UsageError
from verify.exploration.bounded import Bounded
from verify.exploration.carrying import Carrier
from verify.exploration.case import WHOLE, Cases
from verify.exploration.collecting import collect
from verify.exploration.cycles import endless
from verify.exploration.estimating import Estimator
from verify.exploration.failures import Failures, Tally
from verify.exploration.follow import Follow
from verify.exploration.frontier import Frontier
from verify.exploration.health import DATA_RACE, Health, Looking
from verify.exploration.immutable import Open
from verify.exploration.limits import Limits, count_of_workers
from verify.exploration.looks import AWAITS
from verify.exploration.pieces import Pieces
from verify.exploration.report import Report
from verify.exploration.saving import FAULTS, UNSAVED, Unsaved
from verify.exploration.stopping import FIRST, Stopping
from verify.exploration.strategies import DEFAULT_STRATEGY, RUNS_CLASSES, STRATEGIES
from verify.exploration.strategy import Strategy
from verify.exploration.supervision import Supervision
from verify.exploration.telling import Telling
from verify.scheduling.event import Ending, Execution
from verify.scheduling.internal import INTERNAL, OPERATION, run_at
from verify.scheduling.naming import Names
from verify.scheduling.scheduler import active

if TYPE_CHECKING:
    from verify.cluster.cluster import Cluster
    from verify.exploration.lessons import Lesson

REDUNDANT: Final = Ending.REDUNDANT
MAX_STEPS: Final = Ending.MAX_STEPS

LOOKED_AT = 63
"""Of memoised executions, one in so many and one is looked at for the order of locks."""


class Search:
    """One exploration of one program.

    `report` is brought up to date when it is over, and while it runs whenever `on_progress` is
    called with it and the length of the longest execution so far: after each new counterexample,
    and every now and then. `on_execution` is called with each complete execution, also with those
    of a search that then begins again. `suppress` names health checks (health.py) that are to be
    silent; `minimise` is whether the smallest counterexample is worth its time. A `cluster`, as far
    as the strategy can be shared out, explores in the place of workers. `on_execution` is told
    nothing of what these or those run. `saver` saves the search, and knows from where it goes on.
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
        workers: int | str = 1,
        cluster: Cluster | None = None,
        on_progress: Callable[[Report, int], None] | None = None,
        on_execution: Callable[[Execution, Names], None] | None = None,
        saver: Unsaved = UNSAVED,
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
        self.program = run_at(granularity, program)
        self.health = Health(program, suppress)
        self.looks: Looking = self.health
        self._strategy = strategy
        self._preemptions = preemptions
        self.limits = Limits() if limits is None else limits
        self._seed = seed
        self.unplannable = False  # see Strategy.unplannable
        self.cases: Cases | None = None  # see Strategy.cases
        chosen = self.new_strategy()  # a UsageError comes now rather than later
        self.workers = count_of_workers(workers, isinstance(chosen, Pieces), strategy)
        self.cluster = cluster if isinstance(chosen, Pieces) else None
        self.stop_at_first = stop_at_first
        self.lessons: list[Lesson] = []
        self.origin = program
        self.memoise = memoise
        self.model = model or getattr(program, "__qualname__", "program")
        self._on_execution = on_execution
        self.carrier = Carrier(self.program, self.limits.max_steps, memoise, self.limits.max_memory)
        if granularity == INTERNAL:
            self.carrier.reason = "the monitor itself is explored"
        self.engine = self.carrier.engine
        self.failures: Tally = Failures(
            self.program,
            self.engine,
            self.limits.max_steps,
            self.model,
            {"strategy": strategy, "seed": seed, "granularity": granularity},
            self._enough if minimise else lambda: True,
        )
        self.engine.names.plain.races_allowed = DATA_RACE in suppress
        estimator: Estimator | None = None
        if strategy in RUNS_CLASSES and preemptions is None:
            allowed = DATA_RACE in suppress
            estimator = Estimator(self.program, self.limits.max_steps, allowed)
        self.telling = Telling(estimator, on_progress, self.limits.max_seconds is not None)
        self.stopping = Stopping(self.limits)
        self.strategy: Strategy | None = None
        """The one that is at work."""
        self._runs = 0  # also redundant ones, and those of a search that began again
        self.executions = self.events = self.steps = 0  # as in the report
        self.fine = 0  # executions without a failure
        self.report = self._new_report()
        self.saver = saver
        saver.attach(self)

    def run(self) -> Report:
        """Search until nothing is left, a limit is reached, or the user has had enough."""
        supervision = Supervision(self.engine, self.model, self.health.holders, self.health.watched)
        began = time.perf_counter()
        try:
            with supervision.on() as printed:
                while self._search(began, supervision, printed):
                    self.report = self._new_report()
                    self.failures.clear()
                    self.start_counting()
                    self.saver.learnt(self)
                self.saver.over(self)
                self._estimate()
                self.health.look_back(self.report, self.program, self.engine.names)
                self._close()  # before garbage is collected again: there is much of it
        except Nondeterministic as difference:
            self.report.nondeterminism = str(difference)
            self.report.cause = self.health.cause
        except FAULTS as fault:
            self.report.nondeterminism = self.saver.blamed(fault)
        finally:
            self._bring_up_to_date()
            self._close()
            self.report.concerns = self.health.concerns(
                self.report, self.engine, supervision.escaped
            )
            self.report.elapsed = self.saver.elapsed + time.perf_counter() - began
        return self.report

    @property
    def interrupted(self) -> bool:
        """Whether the user pressed Ctrl-C; the report holds what was found until then."""
        return self.stopping.interrupted

    @property
    def awaits(self) -> bool:
        """Whether a task turned out to await something in a loop: see await_loops.py."""
        return self.engine.awaiting.on

    @property
    def shares_plain_data(self) -> bool:
        """Whether tasks turned out to share plain data, so that accesses to it are events."""
        return self.engine.names.plain.shares

    def _new_report(self) -> Report:
        return Report(self._strategy, granularity=self._granularity, workers=self.workers)

    def new_strategy(self) -> Strategy:
        """The strategy to begin with, or to begin again with."""
        if self._preemptions is not None:
            return Bounded(self._preemptions)
        cases = self.cases
        if cases is None or self.unplannable:
            return STRATEGIES["exhaustive" if self.unplannable else self._strategy](self._seed)
        self.cases = cases if cases is WHOLE else None  # to be divided anew, if it begins again
        return Pieces(Frontier(cases=cases))

    def _close(self) -> None:
        if not self.report.carrier:
            self.report.carrier = self.carrier.name
            self.report.carrier_reason = self.carrier.reason
            self.report.covered = self.health.goals(self.carrier.covered)
        self.carrier.close()
        self.telling.close()

    def _search(self, began: float, supervision: Supervision, printed: io.StringIO) -> bool:
        """Run one strategy to its end; True if the search must begin again."""
        carrier = self.carrier
        strategy = self.strategy = self.saver.take_up(self) or self.new_strategy()
        carrier.begin(strategy)
        self.telling.begin(began)
        self.stopping.begin(began, supervision.interrupts)
        if self.failures.found and self.stop_at_first:
            self.report.stop_reason = FIRST
            return False
        shared_out = self.workers > 1 or self.cluster is not None
        if shared_out and isinstance(strategy, Pieces):
            from verify.exploration.together import explore_together

            again = explore_together(self, strategy, supervision, printed)
        else:
            again = self.explore_part(strategy, printed)
        if again is not None:
            return again
        try:
            carrier.finish()
        except Open as why:
            carrier.give_up(str(why))
            return True
        self.report.complete = strategy.exhaustive
        if self._preemptions is not None:
            plural = "" if self._preemptions == 1 else "s"
            self.report.stop_reason = f"{self._preemptions} preemption{plural}"
        return False

    def explore_part(self, strategy: Strategy, printed: io.StringIO) -> bool | None:
        """Run a strategy for as long as it has something to run, None then; True if the search
        must begin again, False if it is over."""
        report = self.report
        engine = self.engine
        carrier = self.carrier
        while strategy.begin():
            if self.at_a_limit():
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
                trace = self.failures.recorded(execution)
                report.stop_reason = endless(self.limits.max_steps, trace, engine, execution)
                if execution.failures:  # so far: it is not known what else would come
                    self.executions += 1
                    self.events += len(execution.events)
                    self.failures.tally(execution, report, self.executions, self.events)
                return False
            strategy.end(execution)
            looked_for = execution.failures and self.stop_at_first and ending is not REDUNDANT
            if strategy.unplannable or (strategy.cases is not None and not looked_for):
                break
            engine.progress += 1
            self._runs += 1
            if collect(self._runs, carrier.memoises):
                printed.seek(0)
                printed.truncate()
            if ending is REDUNDANT:
                report.blocked_executions += 1
                continue
            if self._on_execution is not None:
                self._on_execution(execution, engine.names)
            events = len(execution.events)
            self.executions += 1
            self.events += events
            if events > self.steps:
                self.steps = events
            if execution.races:
                self.failures.allow(execution, report)
            if execution.failures:
                self.failures.tally(execution, report, self.executions, self.events)
                if carrier.grew():
                    return True
            else:
                self.fine += 1
                if not carrier.memoises or self.fine & LOOKED_AT == 0:
                    self.looks.look(execution, None if carrier.memoises else engine)
            if self.telling.due(report):
                self.tell()
            if execution.undecided and not self.failures.found:
                report.stop_reason = execution.undecided
                return False
            if self.failures.found and self.stop_at_first:
                report.stop_reason = FIRST
                return False
        self.unplannable = self.unplannable or strategy.unplannable
        self.cases = strategy.cases or self.cases
        return True if strategy.unplannable or strategy.cases else None

    def start_counting(self) -> None:
        """Nothing has been run yet."""
        self.executions = self.events = self.steps = self.fine = 0

    def add(self, executions: int, events: int, steps: int, fine: int) -> None:
        """Count executions that were run elsewhere."""
        self.executions += executions
        self.events += events
        self.steps = max(self.steps, steps)
        self.fine += fine

    def at_a_limit(self) -> bool:
        """Whether the search has to stop here, with the reason in the report."""
        if self.stopping.memory.crowded and self.carrier.memoises:
            self.carrier.forget("what was learnt left too little memory (max_memory)")
            gc.collect()
            self.stopping.memory.measure()
        reason = self.stopping.reached(self.executions)
        if reason:
            self.report.stop_reason = reason
        self.saver.look(self, bool(reason))
        return bool(reason)

    def become_a_worker(self, failures: Tally, health: Looking) -> None:
        """Explore tasks for the search that this is a copy of, and judge nothing."""
        self.failures = failures
        self.looks = health
        self.carrier.max_learnt //= self.workers
        self.stopping.limits = replace(self.limits, max_executions=None)
        self.stopping.memory.become_a_worker()
        self.telling = Telling()
        self._on_execution = None
        self.saver = UNSAVED

    def _bring_up_to_date(self) -> None:
        """Write the numbers of the search into the report: too slow for every execution."""
        report = self.report
        report.executions = self.executions
        report.events = self.events
        report.steps = self.steps
        if self.fine:
            report.outcomes["ok"] = self.fine
        if self.strategy is not None and not self.strategy.exhaustive:
            report.guarantee = "" if report.failures else self.strategy.guarantee

    def tell(self) -> None:
        """Let whoever wants to know look at the report."""
        self._bring_up_to_date()
        self.report.memory = self.stopping.memory.taken
        if isinstance(self.strategy, Pieces):
            self.report.subtrees = self.strategy.frontier.left
        self.telling.tell(self.report, self._enough)

    def _estimate(self) -> None:
        """Say of a search that a limit has stopped how many classes there are in all."""
        self._bring_up_to_date()
        failing = self.telling.finish(self.report, self.engine.names, self._enough)
        if failing:
            execution = self.engine.run(self.program, Follow(failing).choose)
            if execution.failures:
                self.failures.tally(execution, self.report, self.executions, self.events)

    def _turns_out_to_await(self, carrier: Carrier) -> bool:
        """Whether the search must begin again because of await loops: see await_loops.py."""
        awaiting = self.engine.awaiting
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
        self.engine.progress += 1  # or the watchdog would take this for an execution that hangs
        return self.stopping.soon
