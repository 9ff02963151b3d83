"""A search by several processes together (workers.py), with the same result as by one.

    explore_together   explores the first task here, which tells most of what there is to be learnt
                       of the program; then has the others explored, and takes what came of each in
                       the order in which the frontier issued them
    serve              explores tasks, in a worker that was forked
    Tasks              explores tasks, wherever it is

A worker counts. What it cannot judge by itself it notes, as a schedule: an execution that failed in
a way, or showed an order of locks or a data race, that is new in its task. The search runs it again
and treats it as one of its own; so it does with one that means that the search must begin again.
What depends on time does so here as well: a limit in seconds, and Ctrl-C.
"""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from typing import NamedTuple

from verify.errors import ModelError, Nondeterministic
from verify.exploration.encoding import Message, Receiver, Sender, copied
from verify.exploration.failures import Tally
from verify.exploration.frontier import Task
from verify.exploration.health import Health
from verify.exploration.immutable import Open
from verify.exploration.lessons import Lesson, knowledge, learn, lesson_of, rerun, teaches
from verify.exploration.loop import Search
from verify.exploration.piece import Piece
from verify.exploration.pieces import NOT_BEGUN, Begun, Pieces, Stint
from verify.exploration.report import Report
from verify.exploration.saving import UNSAVED
from verify.exploration.stopping import FIRST
from verify.exploration.subtree import Subtree
from verify.exploration.supervision import Supervision
from verify.exploration.watchdog import Stuck
from verify.exploration.workers import Explorers, crew
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored
from verify.traces.trace import Trace

LOOK_UP = 0.05
"""Seconds between two looks at the clock and at Ctrl-C, while the others work."""

FAILED, RACED, LOOKED = "failed", "raced", "looked"
"""Why a worker notes an execution."""


class Note(NamedTuple):
    """An execution that the search is to look at, and how many there had been in its task."""

    why: str
    schedule: list[Choice]
    executions: int
    events: int


class Found(NamedTuple):
    """What a worker counted in one task, and how it ended.

    `again`, `stopped` and `reason`: why the search must begin again, or is over; empty if neither.
    `error` and `message`: what was raised.
    """

    executions: int
    events: int
    steps: int
    fine: int
    blocked: int
    outcomes: dict[str, int]
    covered: list[str]
    notes: list[Note]
    again: str = ""
    stopped: bool = False
    reason: str = ""
    last: tuple[Choice, ...] | list[Choice] = ()
    error: str = ""
    message: str = ""


_ERRORS = {error.__name__: error for error in (ModelError, Nondeterministic)}
ANYTHING = "anything else"


def explore_together(
    search: Search, strategy: Pieces, supervision: Supervision, printed: io.StringIO
) -> bool | None:
    """As `Search.explore_part`, for all of a search whose first task is under way."""
    frontier = strategy.frontier
    first = frontier.first
    if first is None:
        return None
    search.saver.committed(search, strategy.taken_up)
    stint = _here(search, first, strategy.taken_up)
    again = search.explore_part(stint, printed)
    if again is not None:
        return again
    frontier.commit(stint.cuts)
    search.saver.committed(search)
    if not frontier.left:
        return None

    with _crew(search, first.quota, supervision, printed) as workers:
        search.stopping.memory.workers = workers.numbers
        for begun in frontier.standing.under_way:
            workers.ask(begun)
        while True:
            task = frontier.issue(search.executions)
            while task is not None:
                workers.ask(task)
                task = frontier.issue(search.executions)
            task = frontier.first
            if task is None:
                return None
            if search.at_a_limit():
                return False
            answer = workers.answer(task, LOOK_UP)
            search.engine.progress += 1
            if search.telling.due(search.report):
                search.tell()
            if answer is None:
                continue
            cuts, found, receiver = answer
            if _is_ours(search, found):
                stint, known = _here(search, task), knowledge(search)
                over, cuts = search.explore_part(stint, printed), stint.cuts
                if over:
                    search.lessons.append(lesson_of(search, known))
            else:
                over = _take(search, found, receiver)
            if over is not None:
                return over
            frontier.commit(cuts)
            search.saver.committed(search)


def _here(search: Search, task: Task, begun: Begun = NOT_BEGUN) -> Stint:
    """A task that is explored here; what it began with is still to be had if it is saved."""
    if search.saver is not UNSAVED:
        names = search.engine.names
        task = copied(task, names)
        if begun.stages:
            alone = Subtree(None, 0, (), begun.stages, begun.choosing)
            begun = begun._replace(stages=copied(Task([alone], 1), names).subtrees[0].stages)
    return Stint(task, Piece(), begun)


def _crew(
    search: Search, quota: int, supervision: Supervision, printed: io.StringIO
) -> AbstractContextManager[Explorers]:
    if search.cluster is not None:
        return search.cluster.crew(search, quota)

    def work(connection: Connection) -> None:
        serve(search, supervision, printed, connection)

    return crew(search.engine.names, search.workers, work)


def _is_ours(search: Search, found: Found) -> bool:
    """Whether a task is to be explored here once more: it ends at a limit, or before its end though
    the search would go on; or something was raised, which is to be raised here."""
    most = search.limits.max_executions
    ends = most is not None and search.executions + found.executions >= most
    return ends or found.error == ANYTHING or (found.stopped and search.failures.found)


def _take(search: Search, found: Found, receiver: Receiver) -> bool | None:
    """Take what came of a task as if it had been explored here: as `Search.explore_part`."""
    if found.error:
        raise _ERRORS[found.error](found.message)
    for note in found.notes:
        schedule = receiver.schedule(note.schedule)
        execution = rerun(search, schedule)
        if note.why == LOOKED:
            search.looks.look_closely(execution, search.engine)
        elif note.why == RACED:
            search.failures.allow(execution, search.report)
        else:
            if execution.failure is None:
                raise Nondeterministic(
                    "an execution failed in one run, and not when the same schedule was run again"
                )
            executions, events = search.executions + note.executions, search.events + note.events
            search.failures.tally(execution, search.report, executions, events)
        if teaches(search, execution):
            search.lessons.append(Lesson("grew", "", schedule))
            return True
    search.add(found.executions, found.events, found.steps, found.fine)
    search.report.blocked_executions += found.blocked
    search.report.outcomes.update(found.outcomes)
    search.engine.covered.update(found.covered)
    if found.again:
        lesson = Lesson(found.again, found.reason, receiver.schedule(list(found.last)))
        learn(search, lesson)
        search.lessons.append(lesson)
        return True
    if search.failures.found and search.stop_at_first:
        search.report.stop_reason = FIRST
        return False
    if found.stopped:
        search.report.stop_reason = found.reason
        return False
    return None


class Notes:
    """What a worker has instead of failures: notes of those that are new in its task."""

    def __init__(self, search: Search, failures: Tally, sender: Sender) -> None:
        self._search = search
        self._failures = failures
        self.sender = sender
        self._seen: set[object] = set()
        self.found = False
        self.taken: list[Note] = []

    def clear(self) -> None:
        """Another task begins."""
        self._seen.clear()
        self.found = False
        self.taken = []

    def recorded(self, execution: Execution) -> Trace:
        """As in Failures."""
        return self._failures.recorded(execution)

    def allow(self, execution: Execution, report: Report) -> None:
        """Note an execution with a data race that is new."""
        if self._search.engine.names.plain.races_allowed and self._are_new(_races(execution)):
            self.note(RACED, execution)

    def tally(self, execution: Execution, report: Report, executions: int, events: int) -> None:
        """Note an execution that failed in a new way, and count any other."""
        failure = execution.failure
        assert failure is not None
        self.found = True
        ways: list[object] = [(failure.kind, failure.message)]
        if self._are_new(_races(execution) if failure.kind == "race" else ways):
            self.note(FAILED, execution)
        else:
            report.outcomes[execution.outcome] += 1

    def note(self, why: str, execution: Execution) -> None:
        """Note an execution."""
        schedule = self.sender.schedule(execution.schedule)
        search = self._search
        self.taken.append(Note(why, schedule, search.executions, search.events))

    def _are_new(self, ways: list[object]) -> bool:
        new = not self._seen.issuperset(ways)
        self._seen.update(ways)
        return new


def _races(execution: Execution) -> list[object]:
    events = execution.events
    return [
        (race.field, events[race.early].task, events[race.late].task) for race in execution.races
    ]


class _Looks:
    """The worker's health: notes an execution in which there is something new to see."""

    def __init__(self, health: Health, notes: Notes) -> None:
        self._health = health
        self._notes = notes

    def look(self, execution: Execution, engine: Explored | None) -> None:
        """As in Health."""
        seen = self._health.seen
        self._health.look(execution, engine)
        if self._health.seen != seen:
            self._notes.note(LOOKED, execution)

    def look_closely(self, execution: Execution, engine: Explored | None) -> None:
        """As in Health."""
        self.look(execution, engine)


class Tasks:
    """What explores tasks for a search that this one is, or has become, a copy of."""

    def __init__(self, search: Search, supervision: Supervision, printed: io.StringIO) -> None:
        self._search = search
        self._supervision = supervision
        self._printed = printed
        self._dpor = Piece()
        self._notes = Notes(search, search.failures, Sender(search.engine.names))
        search.become_a_worker(self._notes, _Looks(search.health, self._notes))

    def explore(self, message: Message, receiver: Receiver, sender: Sender) -> tuple[Message, bool]:
        """What came of a task, and whether there must be no other one here."""
        search, notes = self._search, self._notes
        notes.sender = sender
        notes.clear()
        search.report = Report("dpor")
        search.start_counting()
        stint = Stint(receiver.task(message), self._dpor)
        found = _explore(search, stint, notes, self._supervision, self._printed)
        if found.again:
            found = found._replace(last=sender.schedule(tuple(found.last)))
        done = bool(found.error or found.again)
        return sender.cuts([] if done else stint.cuts, found), done


def serve(
    search: Search, supervision: Supervision, printed: io.StringIO, connection: Connection
) -> None:
    """Explore tasks until there are no more."""
    names = search.engine.names
    sender, receiver = Sender(names), Receiver(names)
    tasks = Tasks(search, supervision, printed)
    with supervision.in_a_copy():
        done = False
        while not done:
            with supervision.idle():
                message = connection.recv()
            answer, done = tasks.explore(message, receiver, sender)
            with supervision.idle():
                connection.send(answer)


def _explore(
    search: Search, stint: Stint, notes: Notes, supervision: Supervision, printed: io.StringIO
) -> Found:
    error = message = again = reason = ""
    over: bool | None = False
    carrier = search.carrier
    known = knowledge(search)
    try:
        over = search.explore_part(stint, printed)
        if over is None:
            carrier.look()
    except Open as why:
        over, again, reason = True, "open", str(why)
    except Stuck:
        error, message = "ModelError", supervision.stuck()
    except Nondeterministic as raised:
        error, message = Nondeterministic.__name__, str(raised)
    except ModelError as raised:
        error, message = ModelError.__name__, str(raised)
    except BaseException:
        error = ANYTHING
    if over and not again:
        again, reason, _ = lesson_of(search, known)
    report = search.report
    return Found(
        search.executions,
        search.events,
        search.steps,
        search.fine,
        report.blocked_executions,
        dict(report.outcomes),
        sorted(carrier.covered),
        notes.taken,
        again,
        over is False,
        reason or report.stop_reason,
        carrier.latest if again else (),
        error,
        message,
    )
