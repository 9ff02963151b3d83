"""Recording: run a failing schedule once more, with eyes open, and make a trace of it.

Exploring notes no source lines and no names. `record` runs the schedule again on an engine that
does, and puts everything into the user's words: tasks and objects by the names they have in the
source, states as their primitives show them.
"""

from __future__ import annotations

import hashlib
import inspect
import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from verify.exploration.follow import Follow
from verify.operation import WRITE, Operation
from verify.properties import deadlock, livelock
from verify.properties.outdated import Outdated
from verify.properties.race_words import RaceWords
from verify.properties.refusals import Refusals
from verify.scheduling import instrumented
from verify.scheduling.event import Choice, Ending, Event, Execution, Failure, Race
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell, ExploredTask
from verify.scheduling.failing import without_addresses
from verify.scheduling.internal import Internally
from verify.scheduling.naming import Names
from verify.scheduling.plain_fields import FieldCell, shown_cell
from verify.scheduling.plain_names import GROWTH
from verify.scheduling.sources import shown_place as shown_place
from verify.traces.happens_before import just_before
from verify.traces.labels import Labels
from verify.traces.trace import INSTRUMENTED, Trace, TraceEvent, Waiting
from verify.traces.wording import SPIN
from verify.values import in_words

RACES_ALLOWED = "data races allowed"
"""The setting of a search that takes data races for no failures."""
LONGEST_TEXT = 200
"""Characters kept of a value or a message; a trace is to be read, not to hold the data."""
LONGEST_OUTPUT = 10_000
"""Characters kept of what the program printed."""
PLAIN_FIELDS = "plain"
"""The setting that holds the fields of plain objects whose accesses are events of the trace."""
MOST_NOTES = 500
"""Notes kept, the last ones: the line that holds them must not get too long to be read again."""


def _file(program: Callable[[], object]) -> str:
    if isinstance(program, Internally):
        program = program.program
    if isinstance(program, partial):
        program = inspect.unwrap(program.func)
    code = getattr(program, "__code__", None)
    return code.co_filename if code else ""


def source_hash(program: Callable[[], object]) -> str:
    """The sha-256 of the file that holds a program; empty if there is none (typed at a prompt)."""
    try:
        return hashlib.sha256(Path(_file(program)).read_bytes()).hexdigest()
    except OSError:
        return ""


def arguments_of(program: Callable[[], object]) -> str:
    """What a program was given, by pytest or by Hypothesis, in one short line; empty if nothing."""
    if isinstance(program, Internally):
        program = program.program
    if not isinstance(program, partial):
        return ""
    shown = [shown_value(value) for value in program.args]
    shown += [f"{name}={shown_value(value)}" for name, value in program.keywords.items()]
    return shortened(", ".join(shown))


def record(
    program: Callable[[], object],
    schedule: tuple[Choice, ...],
    names: Names,
    model: str,
    settings: dict[str, Any],
    racing: tuple[int, ...] = (),
) -> Trace:
    """The trace of the execution that a schedule determines, run again with the search's own names.

    `racing` are its two steps whose order decides, if they are known. Raises Nondeterministic if
    the program no longer follows the schedule.
    """
    engine = Explored(len(schedule) + 1, recording=True, names=names)
    try:
        return record_on(engine, program, Follow(schedule).choose, model, settings, racing)
    finally:
        engine.close()


def record_on(
    engine: Explored,
    program: Callable[[], object],
    choose: Callable[[Explored], Choice | None],
    model: str,
    settings: dict[str, Any],
    racing: tuple[int, ...] = (),
) -> Trace:
    """The trace of one execution on a recording engine; kind "ok" if nothing failed."""
    recorder = _Recorder(engine, racing)
    printed = io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed):
        execution = engine.run(program, choose, recorder.at_end)
    failure = recorder.failure
    racing = recorder.racing
    befores = just_before(execution.events, execution.invariants)
    fields = {
        engine.names.plain_field(cell.field)
        for event in execution.events
        if event.kind.plain
        for cell in event.cells
    }
    fields |= {
        engine.names.plain_field(cell.field) + GROWTH
        for event in execution.events
        if event.kind.plain
        for cell in event.cells
        if cell.field.grows
    }
    named = [*instrumented.given]
    if fields:
        settings = {**settings, PLAIN_FIELDS: "\n".join(sorted(fields))}
        if _file(program) in instrumented.unasked:
            named.append(instrumented.MODELS)
    if named:
        settings = {**settings, INSTRUMENTED: "\n".join(dict.fromkeys(named))}
    arguments = arguments_of(program)
    if arguments:
        settings = {**settings, "arguments": arguments}
    return Trace(
        model=model,
        source=source_hash(program),
        kind="ok" if failure is None else failure.kind,
        message="" if failure is None else recorder.message(failure),
        task="" if failure is None else recorder.task(failure.task),
        step=len(execution.events) if failure is None else failure.step,
        place="" if failure is None else shown_place(failure.place),
        events=tuple(map(recorder.event, execution.events, befores, count(1))),
        tasks=tuple((task.name, engine.names.path(task.number)) for task in engine.tasks),
        waiting=tuple(recorder.waiting),
        diagnosis=recorder.diagnosis,
        output=printed.getvalue()[:LONGEST_OUTPUT],
        settings=settings,
        racing=racing,
        notes=tuple(
            (step, recorder.task(task), shortened(without_addresses(text)))
            for step, task, text in engine.notes[-MOST_NOTES:]
        ),
    )


def shown_value(value: Any) -> str:
    """A value in one short line, without addresses."""
    return _shown(in_words, type(value), value)


def shown_state(cell: ExploredCell, name: Callable[[int], str], state: Any) -> str:
    """A state of an object, as its primitive shows it; `name` has the names of tasks."""
    if isinstance(cell, FieldCell):
        return shortened(cell.present)
    kind: Any = cell.of
    return _shown(lambda state: kind.show(state, name), kind, state)


def shown_request(operation: Operation, name: Callable[[ExploredCell], str]) -> str:
    """What a task asks for, in the words of a report; `name` has the names of objects."""
    words = [operation.kind.name]
    words += [name(cell).removeprefix("end of ") for cell in operation.cells[:1]]
    if operation.kind.shows_argument:
        words.append(shown_value(operation.argument))
    return " ".join(words)


def _shown(show: Callable[[Any], str], kind: type, value: Any) -> str:
    try:
        text = show(value)
    except Exception as error:
        text = f"<{kind.__name__} whose repr raised {type(error).__name__}>"
    return shortened(without_addresses(text))


def shortened(text: str) -> str:
    """A text cut to LONGEST_TEXT characters, in one line."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class _Recorder:
    """Turns one engine's execution into the user's words."""

    def __init__(self, engine: Explored, racing: tuple[int, ...]) -> None:
        self._engine = engine
        self._labels = Labels(engine)
        self._expected = racing
        self._race: Race | None = None
        self.failure: Failure | None = None
        self.waiting: list[Waiting] = []
        self.diagnosis = ""

    @property
    def racing(self) -> tuple[int, ...]:
        """The racing pair, if the execution has come as far."""
        last = max(self._expected, default=0)
        return self._expected if last <= len(self._engine.execution.events) else ()

    def at_end(self, engine: Explored) -> None:
        """Note who waits for what while the tasks are still parked there."""
        execution = engine.execution
        if execution.ending in (Ending.DEADLOCK, Ending.LIVELOCK):
            self.waiting = [self._waits(task) for task in engine.live if task.pending is not None]
        self.failure = execution.failure
        if self.failure is not None and self.failure.kind == "race":
            self._one_race(execution)
        self.diagnosis = execution.explanation or self._why(self.failure)

    def _one_race(self, execution: Execution) -> None:
        """Choose the race that is expected, of all that the execution has; else the first."""
        found = execution.failures_of_races()
        pairs = [(race.early + 1, race.late + 1) for race in execution.races]
        which = pairs.index(self._expected) if self._expected in pairs else 0
        self._race = execution.races[which]
        self._expected = pairs[which]
        self.failure = found[which]

    def _race_in_words(self) -> RaceWords:
        race = self._race or self._engine.execution.races[0]
        return RaceWords(self._engine, self._labels, race)

    def _why(self, failure: Failure | None) -> str:
        """Why it failed: paragraphs, one a line; empty if the failure itself says all."""
        if failure is None:
            return ""
        if failure.kind == "deadlock":
            return deadlock.diagnose(self._engine, self._labels)
        if failure.kind == "livelock":
            return livelock.diagnose(self._engine, self._labels)
        if failure.kind == "race":
            return self._race_in_words().diagnosis
        refusals = Refusals(self._engine, self._labels, failure)
        outdated = Outdated(self._engine, self._labels, failure, self.racing)
        found = refusals.refused() or refusals.in_use() or refusals.too_many()
        found = found or outdated.paragraphs()
        if any(other.kind == "race" for other in self._engine.execution.failures):
            race = self._race_in_words()
            found = [*found, f"Data race: {race.message}. {race.diagnosis}"]
        return "\n".join(found)

    def _waits(self, task: ExploredTask) -> Waiting:
        operation = task.pending
        assert operation is not None
        if task.spins:
            awaited = livelock.awaited(self._engine, self._labels, task)
            return Waiting(task.name, SPIN, tuple(awaited), shown_place(task.place), ())
        kind = operation.kind
        states = tuple(cell.state for cell in operation.cells)
        owners: tuple[int, ...] = ()
        if kind.waits_for is not None:
            owners = kind.waits_for(states, task.number, operation.argument)
        return Waiting(
            task.name,
            kind.name,
            tuple(self._labels.object(cell) for cell in operation.cells),
            shown_place(task.place),
            tuple(self._labels.task(owner) for owner in owners),
        )

    def task(self, number: int) -> str:
        """A task's name."""
        return self._labels.task(number)

    def message(self, failure: Failure) -> str:
        """What went wrong, in one line."""
        text = self._race_in_words().message if failure.kind == "race" else failure.message
        for called, cell in self._engine.abandoned.items():
            text = text.replace(f" {called} ", f" {self._labels.object(cell)} ")
        return shortened(without_addresses(text))

    def event(self, event: Event, after: tuple[int, ...], step: int) -> TraceEvent:
        """One event in the user's words, with the steps just before it; it is this step."""
        kind = event.kind
        if kind.plain:
            return self._plain(event, after, step)
        note = ""
        if event.error is not None:
            note = f"raised {type(event.error).__name__}"
        elif event.gave_up:
            note = "gave up"
        shown = kind.shows_result and event.error is None and not event.gave_up
        return TraceEvent(
            task=self._labels.task(event.task),
            path=self._engine.names.path(event.task),
            option=event.option,
            operation=kind.name,
            objects=tuple(dict.fromkeys(self._labels.object(cell) for cell in event.cells)),
            place=shown_place(event.place),
            argument=shown_value(kind.shown(event.argument)) if kind.shows_argument else "",
            result=shown_value(event.result) if shown else "",
            note=note,
            changed=tuple(self._changes(event)),
            woke=tuple(self._labels.task(task) for task in event.woke),
            after=after,
            owners=tuple(self._owners(event)),
        )

    def _plain(self, event: Event, after: tuple[int, ...], step: int) -> TraceEvent:
        """An access to plain data, which the program itself has made."""
        cell = shown_cell(event.cells)
        argument = ""
        result = shortened(self._engine.plain.found.get(step, ""))
        if WRITE in event.kind.footprint:
            argument, result = result, shortened(self._left(step, cell))
        return TraceEvent(
            task=self._labels.task(event.task),
            path=self._engine.names.path(event.task),
            option=event.option,
            operation=event.kind.name,
            objects=(self._labels.object(cell),),
            place=shown_place(event.place),
            argument=argument,
            result=result,
            after=after,
        )

    def _left(self, step: int, cell: FieldCell) -> str:
        """What an access has left in a field: what the next one finds there."""
        for later, event in enumerate(self._engine.execution.events[step:], step + 1):
            if event.kind.plain and shown_cell(event.cells) is cell:
                return self._engine.plain.found.get(later, "")
        return cell.present

    def _changes(self, event: Event) -> Iterator[tuple[str, str]]:
        for cell, before, after in zip(event.cells, event.before, event.states, strict=True):
            if after is not before and before != after and cell.of is not None:
                yield self._labels.object(cell), shown_state(cell, self._labels.task, after)

    def _owners(self, event: Event) -> Iterator[tuple[str, tuple[str, ...]]]:
        for cell, before, after in zip(event.cells, event.before, event.states, strict=True):
            if after is not before and cell.of is not None:
                holders = cell.of.holders(after)
                if holders != cell.of.holders(before):
                    yield self._labels.object(cell), tuple(map(self._labels.task, holders))
