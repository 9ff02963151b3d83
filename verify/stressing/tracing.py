"""From a real failure to a trace: what failed by luck is made to fail for certain.

    add       keeps the account of a run that failed, the first of each failure
    traces    looks for each in the explorer
    _along    the execution along the account: the equivalence class of the run, if nothing in the
              program is out of verify's hands
    _near     else those that depart from the account as few times as possible
    _record   the first that fails in the same way, made small and recorded as a search would do it

A real run has a class like any explored one, so a program under control fails again at once. What
is not noted, or goes another way when explored (plain data, time, the end of a process), leaves
the account incomplete: then the search is by the number of departures from it, which are few,
as with delays (Emmi, Qadeer and Rakamaric, Delay-Bounded Scheduling, POPL 2011). One execution of
each class is departed from.

To fail in the same way is: as the same kind and with the same message; a deadlock, with the same
tasks waiting for the same. Nothing else is passed off as the failure that was seen.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, NamedTuple

from verify.errors import Nondeterministic, UsageError
from verify.exploration.classes import class_of
from verify.exploration.failures import Failures
from verify.exploration.report import Counterexample, Report
from verify.exploration.spending import Spending, Spent
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.scheduling import instrumented
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.internal import OPERATION
from verify.stressing.noting import Account
from verify.stressing.reenacting import Lean, Reenact
from verify.stressing.report import KEPT, ORDER, Run

SECONDS = 5.0
"""For all failures of one program, at least: most take a hundredth of one."""
EVENTS = 100_000
"""Events that may happen in the search near one account."""
MAX_STEPS = 10_000


class Traced(NamedTuple):
    """What came of the failure of a real run, the `run`-th.

    A counterexample that fails in the same way, found after so many `departures` from the order of
    the run; or `why` there is none.
    """

    run: int
    kind: str
    message: str
    counterexample: Counterexample | None
    departures: int = 0
    why: str = ""

    @property
    def nearby(self) -> str:
        """How far from the run the counterexample is, in words; empty if it is the same class."""
        if not self.departures:
            return ""
        plural = "" if self.departures == 1 else "s"
        return f" in another order, with {self.departures} departure{plural} from that of the run"


class FailedRun(NamedTuple):
    """A run that failed: as what it counts, with which messages, and what happened in it."""

    number: int
    kind: str
    messages: tuple[str, ...]
    account: Account

    def untraced(self, why: str) -> Traced:
        """There is no counterexample."""
        return Traced(self.number, self.kind, self.messages[0], None, why=why)


class Failed:
    """The runs of one program that failed: the first of each failure."""

    def __init__(self) -> None:
        self.runs: dict[tuple[str, tuple[str, ...]], FailedRun] = {}

    def add(self, run: Run, number: int) -> None:
        """Keep the `number`-th run if it failed in a way that is new."""
        if not run.failures or run.refusal or run.account is None or len(self.runs) == KEPT:
            return
        kind = min((failure.kind for failure in run.failures), key=ORDER.index)
        messages = tuple(_told(one.message) for one in run.failures if one.kind == kind)
        self.runs.setdefault((kind, messages), FailedRun(number, kind, messages, run.account))


class Tracing:
    """Looks for the failures of one program in the explorer."""

    def __init__(self, program: Callable[[], object], name: str, races_allowed: bool) -> None:
        """`name` is that of the model, as it stands in traces."""
        self._program = program
        self._name = name or getattr(program, "__qualname__", "program")
        self._races_allowed = races_allowed

    def traces(self, failed: Failed, settings: dict[str, Any], seconds: float) -> list[Traced]:
        """What comes of each; about so many `seconds` are spent, or SECONDS if that is more.

        The `settings` of the stress go into the traces.
        """
        until = time.monotonic() + max(seconds, SECONDS)
        found = []
        for run in failed.runs.values():
            try:
                search = _Search(self._program, self._name, self._races_allowed, run, until)
                found.append(search.run(settings))
            except (UsageError, Nondeterministic) as error:
                found.append(run.untraced(str(error)))
            else:
                if search.interrupted:
                    break
        return found


class _Search:
    """The search for an execution that fails as one real run did."""

    def __init__(
        self,
        program: Callable[[], object],
        name: str,
        races_allowed: bool,
        failed: FailedRun,
        until: float,
    ) -> None:
        self._program = program
        self._name = name
        self._failed = failed
        self._account = failed.account.named()
        self._waiting = failed.account.waiting()
        self._until = until
        self._engine = Explored(MAX_STEPS)
        self._engine.names.plain.races_allowed = races_allowed
        self._supervision = Supervision(self._engine, name, survey(program).holders)
        self._spending = Spending(self._engine, program, EVENTS, self._enough)
        self._departures = 0
        self._difference = failed.account.looked
        """Why the account does not lead to the failure."""

    @property
    def interrupted(self) -> bool:
        """Whether the user has had enough."""
        return self._supervision.interrupts.requested

    def run(self, settings: dict[str, Any]) -> Traced:
        """What came of it; the `settings` go into the trace."""
        if self._failed.kind == "hang":
            return self._failed.untraced("that no operation happens is not explored, only waiting")
        try:
            with self._supervision.on():
                execution = self._along() or self._near()
                if execution is not None:
                    return self._record(execution, settings)
        finally:
            self._engine.close()
        why = self._difference or "the account of the run does not lead to it"
        spent = "none" if self._spending.left > 0 and not self._enough() else "so far none"
        return self._failed.untraced(
            f"{why}; {spent} that departs from it up to {self._departures} times fails so"
        )

    def _along(self) -> Execution | None:
        """The execution along the account, if it fails as it should."""
        while True:
            reenact = Reenact(self._account, to_the_end=True)
            execution = self._engine.run(self._program, reenact.choose)
            if not self._begins_again():
                break
        if self._fails_so(execution):
            return execution
        self._difference = self._difference or reenact.difference or _ended(execution)
        return None

    def _near(self) -> Execution | None:
        """The first that fails as it should, of those with no departure, with one, with two, ..."""
        with suppress(Spent):
            while True:
                try:
                    return self._depart()
                except _Again:
                    pass
        return None

    def _depart(self) -> Execution | None:
        engine = self._engine
        seen: set[Hashable] = set()
        left = deque([_Departure((), 0, None, 0)])
        while left:
            departure = left.popleft()
            self._departures = departure.number
            lean = Lean(self._account, departure.schedule)
            execution = self._spending.run(lean.choose)
            if self._begins_again():
                raise _Again
            if self._fails_so(execution):
                return execution
            if execution.ending is Ending.MAX_STEPS:
                continue
            found = class_of(execution, engine.names)
            if found in seen:
                continue
            seen.add(found)
            schedule = execution.schedule
            for step, others in reversed(lean.others):
                for other in others:
                    left.append(_Departure(schedule, step, other, departure.number + 1))
        return None

    def _begins_again(self) -> bool:
        """Whether what was run has not all of its events, or too many, as in loop.py."""
        engine = self._engine
        plain, invariants, awaiting = engine.names.plain, engine.invariants, engine.awaiting
        again = plain.grew or invariants.grew
        invariants.grew = False
        if plain.grew:
            plain.begin_again()
        if awaiting.needed and not awaiting.on:
            again = awaiting.on = True
        return again

    def _fails_so(self, execution: Execution) -> bool:
        failure, failed = execution.failure, self._failed
        if failure is None or failure.kind != failed.kind:
            return False
        if failure.kind != "deadlock":
            return _told(failure.message) in failed.messages
        names = self._engine.names
        stopped = [one.step for one in execution.stopped]
        waiting = {(names.path(step.task), step.operation.kind.name) for step in stopped}
        return waiting == self._waiting

    def _record(self, execution: Execution, settings: dict[str, Any]) -> Traced:
        """Make a trace of it, as a search does of what it finds."""
        failures = Failures(
            self._program,
            self._engine,
            MAX_STEPS,
            self._name,
            {
                "strategy": "stress",
                "granularity": OPERATION,
                "run": self._failed.number,
                **settings,
            },
            self._enough,
        )
        report = Report("stress")
        failures.tally(execution, report, self._failed.number, 0)
        (counterexample,) = report.failures
        return Traced(
            self._failed.number,
            counterexample.kind,
            counterexample.message,
            counterexample,
            self._departures,
        )

    def _enough(self) -> bool:
        self._engine.progress += 1  # or the watchdog would take this for an execution that hangs
        return time.monotonic() >= self._until or self.interrupted


class _Again(Exception):
    """The program has turned out to have other events: begin again."""


class _Departure(NamedTuple):
    """Another step than that of an execution, and the how-many-eth departure it is."""

    begun: tuple[Choice, ...]
    step: int
    other: Choice | None
    number: int

    @property
    def schedule(self) -> tuple[Choice, ...]:
        """How an execution begins that departs so."""
        return () if self.other is None else (*self.begun[: self.step], self.other)


def _told(message: str) -> str:
    """A message without what is told in other words when explored: of processes that died, and
    pytest's account of an assertion, which is in the lines after the first."""
    return "OwnerDied" if message.startswith("OwnerDied: ") else message.partition("\n")[0]


def _ended(execution: Execution) -> str:
    failure = execution.failure
    if failure is None:
        blind = "" if instrumented.given else ", where plain data is seen only with --instrument"
        return f"in its order of operations nothing fails when explored{blind}"
    message = _told(failure.message)
    return f"in its order of operations it fails as {failure.kind} when explored: {message}"
