"""Replaying: run a program once more along a stored trace, and say whether it fails the same way.

    replay      the public verb: a report
    run_again   the same with everything that was found out, for whoever shows it to a person

The trace knows tasks by stable names, objects and operations by the words a person reads; the new
run is recorded in the same words, so the two are compared line by line. A replay reproduces iff
every event is by the same task, of the same operation on the same objects, the run ends where the
trace ends, and the failure is of the same kind (a deadlock: with the same tasks waiting). One that
passes has not reproduced, which is not success.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from verify.errors import TraceError, UsageError
from verify.exploration.follow import Divergence, Retrace, Step
from verify.exploration.report import Counterexample, Report
from verify.exploration.supervision import Supervision
from verify.exploration.survey import Survey, survey
from verify.operation import Operation
from verify.scheduling.event import Choice, Ending
from verify.scheduling.explored import Explored
from verify.scheduling.internal import GRANULARITIES, OPERATION, run_at
from verify.scheduling.scheduler import active
from verify.traces.fields import shown
from verify.traces.format import AGAIN, read
from verify.traces.labels import Labels
from verify.traces.recording import PLAIN_FIELDS, RACES_ALLOWED, record_on
from verify.traces.trace import Trace, TraceEvent

CAUSES = (
    "the program is not a function of its schedule: it looks at the time, at random numbers, at "
    "the order of a set, or at what an earlier run left behind"
)


@dataclass(frozen=True)
class Replay:
    """How a replay went. `trace` is the new recording; `expected` the one that was followed.

    `diverged` is the first step that is not what the trace says, if there is one. `source_changed`:
    the file that holds the program is not the file of then; `other_program`: the name of the
    program, if it is not the one in the trace. `elapsed` in seconds. `cause`: why runs of the
    program may differ.
    """

    expected: Trace
    trace: Trace
    diverged: Divergence | None
    source_changed: bool
    other_program: str
    elapsed: float
    cause: str

    @property
    def reproduced(self) -> bool:
        """The same events, and the same failure at their end."""
        return (
            self.diverged is None
            and self.trace.kind == self.expected.kind
            and _waiting(self.trace) == _waiting(self.expected)
        )

    @property
    def summary(self) -> str:
        """What came of it, in a sentence or two."""
        expected, found = self.expected, self.trace
        if self.reproduced:
            steps = _steps(len(found.events))
            changed = ", although its source has changed since" if self.source_changed else ""
            return f"reproduced{changed}: {found.kind} after {steps}: {found.message}"
        if self.diverged is not None:
            step = self.diverged
            text = (
                f"did not reproduce: it left the trace at step {step.step}, which was "
                f'"{step.expected}" and is now "{step.found}"'
            )
        elif found.kind == expected.kind:
            text = (
                f"did not reproduce: it followed all {_steps(len(expected.events))}, but now "
                f"{', '.join(_waiting(found))} wait for ever, then {', '.join(_waiting(expected))}"
            )
        else:
            now = "nothing failed" if found.kind == "ok" else f"it failed as {found.kind}"
            text = (
                f"did not reproduce: it followed all {_steps(len(expected.events))}, but {now} "
                f"instead of {expected.kind} ({expected.message})"
            )
        if self.other_program:
            return f"{text}; the trace is of {expected.name}, the program is {self.other_program}"
        cause = "its source has changed since" if self.source_changed else self.cause
        return f"{text}; {cause}"

    @property
    def report(self) -> Report:
        """The same as the report of a search of one execution."""
        report = Report("replay", executions=1, steps=len(self.trace.events), elapsed=self.elapsed)
        report.outcomes[self.trace.kind] = 1
        report.stop_reason = "the end of the trace"
        if self.reproduced:
            report.failures = [Counterexample(self.trace.kind, self.trace.message, self.trace)]
        else:
            report.nondeterminism = self.summary
        return report


def replay(program: Callable[[], object], trace: Trace | Path | str) -> Report:
    """Run a program along a trace, or the file that holds one.

    The report's verdict is VIOLATED if the failure of the trace came again, else NONDETERMINISTIC,
    and `nondeterminism` names the first difference. Raises TraceError for a file that is not a
    trace, ModelError for a program that runs on without any operation.
    """
    return run_again(program, trace).report


def run_again(
    program: Callable[[], object],
    trace: Trace | Path | str,
    watch: Callable[[Explored, Supervision], object] = lambda engine, supervision: None,
) -> Replay:
    """Run a program along a trace, as `replay`, and give everything that was found out.

    `watch` is called before each step, with all tasks parked at what they ask for, and at the end.
    """
    if active() is not None:
        raise UsageError("replay was called inside a model: a model cannot replay another")
    expected = trace if isinstance(trace, Trace) else read(trace)
    program = getattr(program, "__wrapped__", program)
    granularity = str(expected.settings.get("granularity", OPERATION))
    if granularity not in GRANULARITIES:
        raise TraceError(
            f"the trace is at granularity {shown(granularity)}, which there is not: it is one of "
            f"{', '.join(GRANULARITIES)}; {AGAIN}"
        )
    run_as = run_at(granularity, program)
    engine = Explored(len(expected.events) + 1, recording=True)
    names = engine.names.plain
    names.expect(str(expected.settings.get(PLAIN_FIELDS, "")).splitlines())
    names.races_allowed = expected.settings.get(RACES_ALLOWED) is True
    surveyed = survey(program)
    supervision = Supervision(engine, expected.model, surveyed.holders)
    began = time.perf_counter()
    try:
        with supervision.on():
            while True:
                run = _Run(expected, engine, supervision, watch)
                found = record_on(
                    engine, run_as, run.choose, expected.model, expected.settings, expected.racing
                )
                if not names.grew:
                    break
                names.begin_again()  # an object from before the run turned out to be one
            watch(engine, supervision)
    finally:
        engine.close()
    again = Replay(
        expected,
        found,
        run.divergence(found),
        bool(expected.source and found.source) and expected.source != found.source,
        _other(program, expected.name),
        time.perf_counter() - began,
        _cause(surveyed),
    )
    return again if again.source_changed or not again.reproduced else _with_the_rest(again)


def _with_the_rest(again: Replay) -> Replay:
    """A replay whose trace has what the search had found out about this execution."""
    then = again.expected
    trace = replace(
        again.trace, parted=then.parted, passing=then.passing, statistics=then.statistics
    )
    return replace(again, trace=trace)


class _Run:
    """One run along a trace."""

    def __init__(
        self,
        expected: Trace,
        engine: Explored,
        supervision: Supervision,
        watch: Callable[[Explored, Supervision], object],
    ) -> None:
        self._events = expected.events
        self._kind = expected.kind
        self._engine = engine
        self._supervision = supervision
        self._watch = watch
        self._numbers: dict[tuple[int, ...], int] = {}
        steps = [Step(event.path, event.option, event.operation) for event in expected.events]
        self._retrace = Retrace(steps, self._number_of)
        self._found = ""

    def choose(self, engine: Explored) -> Choice | None:
        """The trace's next step; None where it ends or cannot be followed, with what is there."""
        if self._supervision.interrupts.requested:
            raise KeyboardInterrupt
        self._watch(engine, self._supervision)
        choice = self._retrace.choose(engine)
        if choice is None:
            self._found = self._now()
        return choice

    def divergence(self, found: Trace) -> Divergence | None:
        """The first step at which the recorded run is not the trace."""
        for step, (then, now) in enumerate(zip(self._events, found.events, strict=False), 1):
            if then.operation != now.operation or then.objects != now.objects:
                return Divergence(step, _words(then), _words(now))
        step = len(found.events) + 1
        if step <= len(self._events):
            return Divergence(step, _words(self._events[step - 1]), self._found or self._end())
        if self._engine.execution.ending is Ending.STOPPED and found.kind != self._kind:
            return Divergence(step, "the end of the run", self._found)
        return None

    def _number_of(self, path: tuple[int, ...]) -> int | None:
        """The number in this run of a task known by its stable name; None before it is started."""
        if path not in self._numbers:
            names = self._engine.names
            self._numbers = {names.path(task.number): task.number for task in self._engine.tasks}
        return self._numbers.get(path)

    def _now(self) -> str:
        """What stands where the run was cut, in the words of a trace."""
        engine = self._engine
        labels = Labels(engine)
        step = len(engine.execution.events)
        difference = self._retrace.divergence
        if difference is None:
            task = engine.enabled[0]
            return _asked(labels, task, engine.pending(task))
        event = self._events[step]
        number = self._number_of(event.path)
        if number is None:
            return f"impossible: there is no task {event.task}"
        operation = engine.pending(number)
        if operation is None:
            return f"impossible: {labels.task(number)} has ended"
        asked = _asked(labels, number, operation)
        return f"{asked}{difference.found.removeprefix(operation.kind.name)}"

    def _end(self) -> str:
        if self._engine.execution.ending in (Ending.DEADLOCK, Ending.LIVELOCK):
            return "impossible: nobody can go on"
        return "impossible: the program has ended"


def _cause(surveyed: Survey) -> str:
    """Why a run of a program may have gone another way than one before it."""
    found = surveyed.causes
    return f"probable cause: {'; '.join(found)}" if found else f"usual cause: {CAUSES}"


def _other(program: Callable[[], object], name: str) -> str:
    known = getattr(program, "__qualname__", name)
    return "" if name in (known, getattr(program, "__name__", name)) else known


def _asked(labels: Labels, task: int, operation: Operation | None) -> str:
    assert operation is not None
    objects = ", ".join(labels.object(cell) for cell in operation.cells)
    return f"{labels.task(task)} {operation.kind.name} {objects}".rstrip()


def _words(event: TraceEvent) -> str:
    return f"{event.task} {event.operation} {', '.join(event.objects)}".rstrip()


def _waiting(trace: Trace) -> list[str]:
    return sorted(waiting.task for waiting in trace.waiting)


def _steps(count: int) -> str:
    return f"{count} step{'' if count == 1 else 's'}"
