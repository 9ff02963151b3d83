"""Health checks: signs that a search, whatever its verdict, says less than its author thinks.

only_one_schedule  several tasks, and every order of their steps is the same: they share nothing
real_primitive     a lock, queue or thread that is none of the harness's, so that nobody sees it
leaked_task        never joined, and goes on after the main task, which looks at something itself
silent_loop        a task ran on for seconds without any visible operation: the watchdog's, and an
                   error, unless it is suppressed
lock_order         locks are taken in a circle, although no execution that was run got stuck in it
data_race          not a concern but a failure, of the kind "race": suppressed, it is none, and the
                   report tells how many there are
hash_seed          what the program does may depend on the hash seed, which another process has not
function_scoped_fixture  a fixture of pytest's that lasts from one execution into the next

All but the watchdog cost next to nothing: they look at the program once, and at executions without
a failure as long as these are re-executed. A program that is not a function of its schedule has a
verdict of its own, which cannot be suppressed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Protocol

from verify.errors import UsageError
from verify.exploration.potential_deadlocks import potential_deadlocks
from verify.exploration.report import Concern, Report
from verify.exploration.survey import probable_cause, survey
from verify.properties.lock_order import LockOrder
from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored
from verify.scheduling.life import JOIN, KILL, START, TERMINATE, TIMED_JOIN
from verify.scheduling.naming import MAIN, Names
from verify.substitution.holders import Holder

ONLY_ONE_SCHEDULE = "only_one_schedule"
REAL_PRIMITIVE = "real_primitive"
LEAKED_TASK = "leaked_task"
SILENT_LOOP = "silent_loop"
LOCK_ORDER = "lock_order"
DATA_RACE = "data_race"
HASH_SEED = "hash_seed"
HEALTH_CHECKS = (
    ONLY_ONE_SCHEDULE,
    REAL_PRIMITIVE,
    LEAKED_TASK,
    SILENT_LOOP,
    LOCK_ORDER,
    DATA_RACE,
    HASH_SEED,
    "function_scoped_fixture",
)
LOCKS_OF_ALL = 1_000
LOCKS_OF_ONE_IN = 20
"""The order of locks is looked at in so many executions, and after that in one in so many: they
differ little from one to the next, and there is a lot of them."""
_NOT_A_CHECK = {"nondeterministic", "nondeterministic_program"}
_AWAITED = (JOIN, TIMED_JOIN, TERMINATE, KILL)


def suppressed(names: object) -> frozenset[str]:
    """The health checks that are to be silent. UsageError for what is none."""
    if isinstance(names, str) or not isinstance(names, Collection):
        raise UsageError(f"suppress={names!r}: give a list of names of health checks")
    for name in names:
        if name not in HEALTH_CHECKS:
            verdict = name in _NOT_A_CHECK
            why = "that is a verdict, which cannot be suppressed" if verdict else "there is no such"
            raise UsageError(
                f"suppress={list(names)!r}: {why}{'' if verdict else ' health check'}; the health "
                f"checks are {', '.join(HEALTH_CHECKS)}"
            )
    return frozenset(names)


class Looking(Protocol):
    """What looks at executions without a failure."""

    def look(self, execution: Execution, engine: Explored | None) -> None:
        """Look at one; at the engine that has just run it, unless that keeps nothing of it."""

    def look_closely(self, execution: Execution, engine: Explored | None) -> None:
        """Look at one in which there is something to see."""


class Health:
    """What is looked at of one program besides its properties: its goals, and these checks."""

    def __init__(self, program: object, suppress: Collection[str]) -> None:
        self.suppressed = suppressed(suppress)
        self._survey = survey(program)
        self._order = LockOrder()
        self._cycles: list[str] = []
        self.looked_at = 0
        """Executions without a failure that were looked at."""
        self._leaked: list[str] = []  # names of tasks

    @property
    def holders(self) -> Sequence[Holder]:
        """Where the program keeps what is the library's."""
        return self._survey.holders

    @property
    def cause(self) -> str:
        """What probably makes its runs differ, in a sentence."""
        return probable_cause(self._survey.causes)

    @property
    def watched(self) -> bool:
        """Whether the watchdog is to look for silent loops."""
        return SILENT_LOOP not in self.suppressed

    def look(self, execution: Execution, engine: Explored | None) -> None:
        """Look at an execution without failure; at the engine that has just run it, unless it is a
        memoised one.
        """
        self.looked_at += 1
        if self.looked_at <= LOCKS_OF_ALL or self.looked_at % LOCKS_OF_ONE_IN == 0:
            self._order.look(execution)
        self._look_for_leaks(execution, engine)

    def look_closely(self, execution: Execution, engine: Explored | None) -> None:
        """Look at one in which there is something to see."""
        self._order.look(execution)
        self._look_for_leaks(execution, engine)

    @property
    def seen(self) -> int:
        """How much there was to see so far."""
        return len(self._order) + len(self._leaked)

    def _look_for_leaks(self, execution: Execution, engine: Explored | None) -> None:
        events = execution.events
        if engine is None or self._leaked or not events or events[-1].task == MAIN:
            return
        last = engine.tasks[MAIN].position
        if last < 0 or events[last].kind is START:  # main looks at nothing that could be too early
            return
        awaited = {event.argument for event in events if event.kind in _AWAITED}
        self._leaked = [
            task.name
            for task in engine.tasks
            if task.position > last and task.number not in awaited and not task.daemon
        ]

    def look_back(self, report: Report, program: Callable[[], object], names: Names) -> None:
        """A search is over; the program can still be run."""
        if LOCK_ORDER not in self.suppressed:
            self._cycles = potential_deadlocks(self._order, report, program, names)

    def goals(self, reached: Collection[str]) -> dict[str, bool]:
        """All goals of the program, with whether they are among these."""
        return {goal: goal in reached for goal in self._survey.goals}

    def concerns(
        self, report: Report, engine: Explored, escaped: Sequence[Holder]
    ) -> list[Concern]:
        """What there is to say at the end of a search in which these were not taken over."""
        found = [*self._real(), *_escaped(escaped), *self._leaks(), *_only_one(report, engine)]
        found += [] if report.nondeterminism else self._seeded()
        found += [Concern(LOCK_ORDER, text) for text in self._cycles]
        return [concern for concern in found if concern.check not in self.suppressed]

    def _real(self) -> Iterator[Concern]:
        if self._survey.real:
            yield Concern(
                REAL_PRIMITIVE,
                f"{_and_others(self._survey.real)}: verify does not see it, and hangs where it "
                "blocks. Use verify's own",
            )

    def _seeded(self) -> Iterator[Concern]:
        if self._survey.seeded:
            yield Concern(
                HASH_SEED,
                f"{_and_others(self._survey.seeded)}: of texts, that is another in a process with "
                "another PYTHONHASHSEED, and so may this result be. Sort them, or check with "
                "several",
            )

    def _leaks(self) -> Iterator[Concern]:
        if self._leaked:
            yield Concern(
                LEAKED_TASK,
                f"nobody joins {_and_others(self._leaked)}, who can go on when main has ended: "
                "what main asserts may come too early. Join it, or make it a daemon",
            )


def _escaped(holders: Sequence[Holder]) -> Iterator[Concern]:
    if holders:
        names = [f"{holder.name} ({type(holder.of).__name__})" for holder in holders]
        yield Concern(
            REAL_PRIMITIVE,
            f"{_and_others(names)} was made before the program runs, and nothing can take its "
            "place there: verify does not see it, and hangs where it blocks. Create it in the "
            "program, or keep it in a list or an attribute",
        )


def _only_one(report: Report, engine: Explored) -> Iterator[Concern]:
    if report.complete and report.executions == 1 and not report.failures:
        tasks = len(engine.tasks)
        if tasks > 1:
            yield Concern(
                ONLY_ONE_SCHEDULE,
                f"whatever the order of the {tasks} tasks, the same happens: they share nothing "
                "that verify sees. Let them share a Shared, or state classes=1",
            )


def _and_others(found: Sequence[str]) -> str:
    others = len(found) - 1
    return f"{found[0]} and {others} other{'' if others == 1 else 's'}" if others else found[0]
