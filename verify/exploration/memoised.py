"""The memoised engine: explores a closed program without running its code again and again.

    run      goes back to where the next execution leaves the latest one, then asks the strategy
             and carries out what it chose, to the end
    _step    one event: looked up among the steps that its request is known to do in these states,
             or computed (requests.py), then the request that follows, known or found by running
             the task's code (code_runs.py)
    _undo    takes the latest event back

The states of all objects and the requests of all tasks are two lists; a record for each event says
what to put back. Nothing of a beginning that two executions have in common is done again.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.exploration.code_runs import CodeRuns
from verify.exploration.requests import Request, State, States, Step
from verify.exploration.strategy import Strategy
from verify.operation import Operation
from verify.scheduling.engine import new_run
from verify.scheduling.event import Ending, Event, Execution, Failure, Stopped
from verify.scheduling.explored_task import BLOCKING, MainBody
from verify.scheduling.failing import deadlock_of
from verify.scheduling.life import ALIVE, JOIN, START
from verify.scheduling.naming import MAIN, Names
from verify.scheduling.scheduler import activate
from verify.scheduling.view import View


class _Undo:
    """What to put back when an event is taken back."""

    __slots__ = (
        "after",
        "child",
        "ended",
        "failures",
        "last",
        "place",
        "position",
        "request",
        "step",
        "task",
        "woken_by",
    )

    def __init__(self, task: int, request: Request, step: Step) -> None:
        self.task = task
        self.request = request
        self.step = step
        self.position = -1
        self.after: tuple[int, ...] = ()
        self.woken_by: tuple[int, ...] = ()
        self.last: int | None = None
        self.failures = 0
        self.child = -1
        self.ended = False  # its task has ended
        self.place = 0  # where its task stood in the order of starts


class Memoised(View):
    """Explores one closed program; raises Open as soon as it turns out not to be closed."""

    def __init__(self, program: Callable[[], object], names: Names, max_steps: int) -> None:
        super().__init__()
        self.names = names
        self.max_steps = max_steps
        self.progress = 0
        self._known = States()
        self._runs = CodeRuns(names, self._known, new_run())
        self._program = program
        self._live: list[int] = []
        self._daemons: set[int] = set()
        self._names_of: dict[int, str] = {}
        self._requests: list[Request] = []
        self._possible: list[bool] = []
        self._position: list[int] = []
        self._after: list[tuple[int, ...]] = []
        self._woken_by: list[tuple[int, ...]] = []
        self._end_of: list[int] = []  # by task: the number of the object that its end is
        self._alive = self._known.intern(ALIVE)
        self._states: list[State] = []
        self._undos: list[_Undo] = []
        self._begun = False

    @property
    def size(self) -> int:
        """An estimate of the memory in use for what has been learnt, in bytes."""
        return 900 * self._runs.requests + 500 * self._known.size

    def run(self, strategy: Strategy) -> Execution:
        """Run the program once more, as the strategy has it. Raises Open."""
        before = activate(self._runs)
        try:
            if not self._begun:
                self._begin()
            kept = strategy.kept
            while len(self._undos) > kept:
                self._undo()
            execution = self.execution
            execution.ending = Ending.COMPLETE
            execution.stopped = []
            self._refresh(-1)
            self._go_on(strategy, execution)
            return execution
        finally:
            activate(before)

    def look(self) -> None:
        """Look once more whether the program is closed. Raises Open."""
        self._runs.look()

    def close(self) -> None:
        """End the program's code wherever it stands."""
        before = activate(self._runs)
        try:
            self._runs.close()
        finally:
            activate(before)

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        request = self._requests[task]
        return None if request.end is not None else request

    def _begin(self) -> None:
        self._begun = True
        self._runs.include(self._program)
        body = MainBody(self._program)
        self._names_of[MAIN] = body.name
        first = self._runs.first(MAIN, body)
        self._live.append(MAIN)
        self._make_room(MAIN)
        self._enter(MAIN, first)
        self._new_end(MAIN)
        if first.end is not None:
            self._finish(MAIN, first, None)

    def _go_on(self, strategy: Strategy, execution: Execution) -> None:
        events = execution.events
        while True:
            possible = self._possible
            self.enabled = [task for task in self._live if possible[task]]
            if not self.enabled:
                self._end(execution)
                return
            if len(events) >= self.max_steps:
                execution.ending = Ending.MAX_STEPS
                return
            choice = strategy.choose(self)
            if choice is None:
                execution.ending = Ending.REDUNDANT
                return
            self._step(choice[0], choice[1])

    def _step(self, task: int, option: int) -> None:
        request = self._requests[task]
        states = self._states
        step = request.step(states, self._known)
        numbers = request.numbers
        events = self.execution.events
        depth = len(events)
        undo = _Undo(task, request, step)
        undo.position = self._position[task]
        undo.after = self._after[task]
        undo.woken_by = self._woken_by[task]
        undo.last = self.last
        undo.failures = len(self.execution.failures)
        self._undos.append(undo)
        event = Event(task, request, step.effect, option)
        event.reads = step.reads
        event.writes = step.writes
        event.never_disabled = request.mode != BLOCKING
        event.after = undo.after
        event.woken_by = undo.woken_by
        event.woke = step.wakes
        if request.kind is JOIN:
            event.after += (self._position[request.argument],)
        events.append(event)
        if undo.after:
            self._after[task] = ()
        if undo.woken_by:
            self._woken_by[task] = ()
        self._position[task] = depth
        self.last = task
        self.progress += 1
        changed = step.changed
        if changed:
            after = step.after
            for index in range(len(numbers)):
                states[numbers[index]] = after[index]
        for sleeper in step.wakes:
            self._woken_by[sleeper] += (depth,)
        following = step.following[option]
        if following is None:
            following = step.following[option] = self._runs.after(request, step, option)
        if request.kind is START:
            self._start(request, event, undo)
        self._enter(task, following)
        if following.end is not None:
            undo.ended = True
            undo.place = self._live.index(task)
            changed |= self._finish(task, following, event)
        elif not following.watch:
            self._possible[task] = True
        else:
            self._possible[task] = following.step(states, self._known).possible
        if changed:
            self._refresh(changed)

    def _enter(self, task: int, request: Request) -> None:
        """A task has come to a request, and has made some objects on its way."""
        self._requests[task] = request
        self._note_options(task, request.options)
        for number, state in request.created:
            self._room_for_object(number)
            self._states[number] = state

    def _note_options(self, task: int, options: int) -> None:
        if options > 1:
            self.several[task] = options
        elif self.several:
            self.several.pop(task, None)

    def _room_for_object(self, number: int) -> None:
        if len(self._states) <= number:
            nothing = self._known.intern(None)
            while len(self._states) <= number:
                self._states.append(nothing)

    def _make_room(self, task: int) -> None:
        nobody = Request(task, JOIN, (), None)
        while len(self._requests) <= task:
            self._requests.append(nobody)
            self._possible.append(False)
            self._position.append(-1)
            self._end_of.append(-1)
            self._after.append(())
            self._woken_by.append(())

    def _new_end(self, task: int) -> None:
        number = self._end_of[task]
        if number < 0:
            number = self._end_of[task] = self.names.object("end", task, 0)
            self._room_for_object(number)
        self._states[number] = self._alive

    def _start(self, request: Request, event: Event, undo: _Undo) -> None:
        """The task that an event starts runs up to its first operation."""
        child = request.child
        body = request.body
        assert body is not None
        self._make_room(child)
        first = request.first
        if first is None:
            first = request.first = self._runs.first(child, body)
            self._names_of[child] = body.name
        if body.daemon:
            self._daemons.add(child)
        undo.child = child
        self._live.append(child)
        self._position[child] = -1
        self._after[child] = (self._position[undo.task],)
        self._woken_by[child] = ()
        self._new_end(child)
        self._enter(child, first)
        if first.end is not None:
            self._position[child] = self._position[undo.task]
            self._finish(child, first, event)
        elif not first.watch:
            self._possible[child] = True
        else:
            self._possible[child] = first.step(self._states, self._known).possible

    def _finish(self, task: int, request: Request, event: Event | None) -> int:
        """A task has ended; the bit of the object that its end is."""
        end = request.end
        assert end is not None
        number = self._end_of[task]
        bit = 1 << number
        self._states[number] = self._known.intern(end.code)
        self._live.remove(task)
        self._possible[task] = False
        if event is not None:
            event.ends |= bit
            event.writes |= bit
        if end.kind:
            step = len(self.execution.events)
            failure = Failure(end.kind, end.message, task, step, end.place)
            self.execution.failures.append(failure)
        return bit

    def _refresh(self, changed: int) -> None:
        """Find out again who can go on, of those who depend on a changed object."""
        for task in self._live:
            request = self._requests[task]
            if request.watch & changed:
                self._possible[task] = request.step(self._states, self._known).possible
            elif changed < 0:
                self._possible[task] = True

    def _undo(self) -> None:
        undo = self._undos.pop()
        event = self.execution.events.pop()
        task = undo.task
        if undo.child >= 0 and undo.child in self._live:
            self._live.remove(undo.child)
            self._note_options(undo.child, 1)
        if undo.ended:
            self._live.insert(undo.place, task)
            self._states[self._end_of[task]] = self._alive
        if undo.step.changed:
            numbers = undo.request.numbers
            before = undo.step.before
            for index in range(len(numbers)):
                self._states[numbers[index]] = before[index]
        for sleeper in event.woke:
            self._woken_by[sleeper] = self._woken_by[sleeper][:-1]
        self._requests[task] = undo.request
        self._note_options(task, undo.request.options)
        self._position[task] = undo.position
        self._after[task] = undo.after
        self._woken_by[task] = undo.woken_by
        self.last = undo.last
        del self.execution.failures[undo.failures :]

    def _end(self, execution: Execution) -> None:
        """Nobody can go on: tasks that still want to are stopped."""
        blocked = []
        for task in self._live:
            request = self._requests[task]
            states = tuple([self._states[number].value for number in request.numbers])
            after, woken_by = self._after[task], self._woken_by[task]
            timed = request.mode != BLOCKING
            execution.stopped.append(Stopped(task, request, states, after, woken_by, timed))
            if task not in self._daemons:
                blocked.append(task)
        if blocked:
            execution.ending = Ending.DEADLOCK
            names = [self._names_of[task] for task in blocked]
            execution.failures.append(deadlock_of(names, blocked[0], len(execution.events)))
