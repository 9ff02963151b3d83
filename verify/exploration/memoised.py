"""The memoised engine: explores a closed program without running its code again and again.

    run      goes back to where the next execution leaves the latest one, then asks the strategy
             and carries out what it chose, to the end
    _step    one event: looked up among the steps that its request is known to do in these states,
             or computed (requests.py), then the request that follows, known or found by running
             the task's code (code_runs.py)
    _go_back takes back what the next execution does not have in common with the latest one

The state of each object is in its slot, what each task asks for is kept in its `_Place`; a record
for each event says what to put back. Nothing of a beginning that two executions have in common is
done again, and no record is made anew for an event at a depth where there was one before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from verify.exploration.code_runs import CodeRuns
from verify.exploration.requests import Known, Request, Slot, State, States, forget
from verify.exploration.strategy import Strategy
from verify.operation import Operation
from verify.properties.data_races import DataRaces
from verify.scheduling.engine import new_run
from verify.scheduling.event import Ending, Event, Execution, Failure, Stopped
from verify.scheduling.failing import deadlock_of
from verify.scheduling.life import ALIVE
from verify.scheduling.main_body import MainBody
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.step import Step
from verify.scheduling.view import View

NOWHERE: Final[tuple[int, ...]] = ()
NOBODY: Final = Request(-1, States())
NO_SLOT: Final = Slot()
NO_STEP: Final = Step(-1)
COMPLETE: Final = Ending.COMPLETE
REDUNDANT: Final = Ending.REDUNDANT
MAX_STEPS: Final = Ending.MAX_STEPS


class _Place:
    """Where a task stands: what it asks for, and what its next event is ordered after."""

    __slots__ = (
        "after",
        "bit",
        "daemon",
        "end",
        "end_bit",
        "name",
        "number",
        "position",
        "request",
        "woken_by",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.bit = 1 << number
        self.request = NOBODY
        self.position = -1  # of its latest event
        self.after = NOWHERE
        self.woken_by = NOWHERE
        self.end = NO_SLOT  # of the object that its end is
        self.end_bit = 0  # that of this object
        self.daemon = False
        self.name = ""


class _Record(Event):
    """An event, and what to put back when it is taken back; some only where a choice was made."""

    __slots__ = (
        "alive",
        "ended",
        "failures",
        "known",
        "last",
        "local",
        "ordered",
        "position",
        "ready",
    )

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.known: Known
        self.position = -1
        self.ordered = NOWHERE  # what its task's next event was ordered after
        self.last = -1
        self.ready = 0
        self.local = 0
        self.failures = 0
        self.alive = 0
        self.ended = False  # its task has ended


class Memoised(View):
    """Explores one closed program; raises Open as soon as it turns out not to be closed."""

    def __init__(self, program: Callable[[], object], names: Names, max_steps: int) -> None:
        super().__init__(names)
        self.max_steps = max_steps
        self._known = States()
        self._runs = CodeRuns(names, self._known, new_run())
        self._program = program
        self._alive = 0  # the bits of the tasks that have begun and not ended
        self._places: list[_Place] = []
        self._not_ended = self._known.intern(ALIVE)
        self._records: list[_Record] = []  # by depth
        self._positions: list[tuple[int, ...]] = []  # each in a tuple of its own, to be shared
        self._watched = 0  # the bits of all objects for which anybody has had to wait
        self._begun = False
        self._races = DataRaces(names)
        self._common = 0  # events that this execution has in common with the latest looked at

    @property
    def size(self) -> int:
        """An estimate of the memory in use for what has been learnt, in bytes."""
        plain = 0 if self._runs.plain is None else self._runs.plain.size
        return 500 * (self._runs.requests + self._known.size + plain) + 600 * self._known.steps

    @property
    def covered(self) -> set[str]:
        """The goals that have been reached."""
        return self._runs.covered

    @property
    def enabled(self) -> list[int]:
        return self.names.ordered(self.ready)

    def run(self, strategy: Strategy) -> Execution:
        """Run the program once more, as the strategy has it. Raises Open."""
        if not self._begun:
            self._begin()
        execution = self.execution
        kept = strategy.kept
        if kept < len(execution.events):
            self._go_back(kept)
        if kept < self._common:
            self._common = kept
        if execution.races:
            execution.races = []
        execution.ending = COMPLETE
        if execution.stopped:
            execution.stopped = []
        self._go_on(strategy, execution)
        return execution

    def look(self) -> None:
        """Look once more whether the program is closed. Raises Open."""
        self._runs.look()

    def close(self) -> None:
        """End the program's code wherever it stands, and forget what was learnt of it."""
        self._runs.close()
        run = [record.known.request for record in self._records if record.step is not NO_STEP]
        forget(run, self._known)

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        place = self._places[task]
        return place.request if self._alive & place.bit else None

    def options(self, task: int) -> int:
        """How many options a task has."""
        return self._places[task].request.options

    def _begin(self) -> None:
        self._begun = True
        self._runs.include(self._program)
        body = MainBody(self._program)
        place = self._place(MAIN)
        place.name = body.name
        first = self._runs.first(MAIN, body)
        self._alive = place.bit
        self._new_end(place)
        self._enter(place, first)
        if first.end is not None:
            self._finish(place, first, None)

    def _go_on(self, strategy: Strategy, execution: Execution) -> None:
        events = execution.events
        while self.ready:
            depth = len(events)
            if depth >= self.max_steps:
                execution.ending = MAX_STEPS
                self._look_for_races()
                return
            if depth == len(self._records):
                self._records.append(_Record(NO_STEP))
                self._positions.append((depth,))
            record = self._records[depth]
            local = self.ready & self.local
            unasked = local != 0 and strategy.local_first and not execution.late
            if not unasked or not depth:  # an execution only goes back to such a place
                record.last = self.last
                record.ready = self.ready
                record.local = self.local
                record.failures = len(execution.failures)
                record.alive = self._alive
            if unasked:
                self._step(self._places[self.names.first(local)], 0, events, record)
                continue
            choice = strategy.choose(self)
            if choice is None:
                execution.ending = REDUNDANT
                return
            task, option = choice
            self._step(self._places[task], option, events, record)
        self._end(execution)

    def _step(self, place: _Place, option: int, events: list[Event], record: _Record) -> None:
        request = place.request
        depth = len(events)
        step = request.choice(option) if request.options > 1 else request.step()
        record.known = step
        record.step = step
        record.ends = 0
        after = record.ordered = place.after
        if request.joined >= 0:
            ended = self._positions[self._places[request.joined].position]
            after = after + ended if after else ended
        record.after = after
        record.woken_by = place.woken_by
        record.position = place.position
        record.ended = False
        events.append(record)
        place.after = NOWHERE
        place.woken_by = NOWHERE
        place.position = depth
        self.last = place.number
        changed = step.changed
        if changed:
            self._change(request, step.after)
        for sleeper in step.wakes:
            self._places[sleeper].woken_by += (depth,)
        following = step.following
        if following is None:
            following = step.following = self._runs.after(step)
        if request.child >= 0:
            changed |= self._start(place, request, record)
        self._enter(place, following)
        if following.end is not None:
            record.ended = True
            changed |= self._finish(place, following, record)
        if changed & self._watched:
            self._refresh(changed)

    def _change(self, request: Request, new: tuple[State, ...]) -> None:
        slot = request.slot
        if slot is not None:
            slot.state = new[0]
        else:
            slots = request.slots
            for index in range(len(slots)):
                slots[index].state = new[index]

    def _enter(self, place: _Place, request: Request) -> None:
        """A task has come to a request, and has made some objects on its way."""
        place.request = request
        if request.created:
            for number, state in request.created:
                self._known.slot(number).state = state
        bit = place.bit
        if not request.watch:
            self.ready |= bit
        else:
            self._watched |= request.watch
            if request.step().possible:
                self.ready |= bit
            else:
                self.ready &= ~bit
        if request.local:
            self.local |= bit
        else:
            self.local &= ~bit
            if request.kind.looks_at_an_end:
                self.execution.late = True

    def _place(self, task: int) -> _Place:
        while len(self._places) <= task:
            self._places.append(_Place(len(self._places)))
        return self._places[task]

    def _new_end(self, place: _Place) -> None:
        if not place.end_bit:
            number = self.names.object("end", place.number, 0)
            place.end = self._known.slot(number)
            place.end_bit = 1 << number
        place.end.state = self._not_ended

    def _start(self, starter: _Place, request: Request, record: _Record) -> int:
        """The task that an event starts runs up to its first operation; the bits of what ended."""
        body = request.body
        assert body is not None
        place = self._place(request.child)
        first = request.first
        if first is None:
            first = request.first = self._runs.first(request.child, body)
        place.name = body.name
        place.daemon = body.daemon
        self._alive |= place.bit
        place.position = -1
        place.after = self._positions[starter.position]
        place.woken_by = NOWHERE
        self._new_end(place)
        self._enter(place, first)
        if first.end is None:
            return 0
        place.position = starter.position
        return self._finish(place, first, record)

    def _finish(self, place: _Place, request: Request, record: _Record | None) -> int:
        """A task has ended; the bit of the object that its end is."""
        end = request.end
        assert end is not None
        state = end.state
        if state is None:
            state = end.state = self._known.intern(end.code)
        place.end.state = state
        self._alive &= ~place.bit
        self.ready &= ~place.bit
        if record is not None:
            record.ends |= place.end_bit
        if end.kind:
            step = len(self.execution.events)
            failure = Failure(end.kind, end.message, place.number, step, end.place)
            self.execution.failures.append(failure)
        return place.end_bit

    def _refresh(self, changed: int) -> None:
        """Find out again who can go on, of those who depend on a changed object."""
        alive = self._alive
        for place in self._places:
            request = place.request
            if request.watch & changed and alive & place.bit:
                if request.step().possible:
                    self.ready |= place.bit
                else:
                    self.ready &= ~place.bit

    def _go_back(self, kept: int) -> None:
        """Take back all events from a position on."""
        events = self.execution.events
        records = self._records
        for depth in range(len(events) - 1, kept - 1, -1):
            events.pop()
            record = records[depth]
            step = record.known
            place = self._places[step.task]
            if record.ended:
                place.end.state = self._not_ended
            if step.changed:
                self._change(step.request, step.before)
            for sleeper in step.wakes:
                woken = self._places[sleeper]
                woken.woken_by = woken.woken_by[:-1]
            place.request = step.request
            place.position = record.position
            place.after = record.ordered
            place.woken_by = record.woken_by
        earliest = records[kept]
        self._alive = earliest.alive
        self.ready = earliest.ready
        self.local = earliest.local
        self.last = earliest.last
        if self.execution.failures:
            del self.execution.failures[earliest.failures :]

    def _end(self, execution: Execution) -> None:
        """Nobody can go on: tasks that still want to are stopped."""
        if self._alive:
            self._stop(execution)
        self._look_for_races()

    def _look_for_races(self) -> None:
        if self._runs.plain is not None:
            self._races.look(self.execution, self._common)
            self._common = len(self.execution.events)

    def _stop(self, execution: Execution) -> None:
        blocked = []
        for task in self.names.ordered(self._alive):
            place = self._places[task]
            request = place.request
            step = request.waiting()
            execution.stopped.append(Stopped(step, place.after, place.woken_by))
            if not place.daemon:
                blocked.append(place)
        if blocked:
            execution.ending = Ending.DEADLOCK
            names = [place.name for place in blocked]
            execution.failures.append(deadlock_of(names, blocked[0].number, len(execution.events)))
