"""The state graph: every state that a program can be in, and the steps between them.

    state_graph   search in breadth; each state is reached once more, by running the program along
                  the steps that lead to it, and then every step that is possible there is taken
    _Visit        one such run: the steps, then what others cannot tell, then a look at the state
    _merged       (at the end) makes one of states that look alike and from which the same follows

A state is that of every object and of every task. Of a task that has not ended all that can matter
is what it has been told so far: the results of its operations. So two states in which these are
equal are one, and the graph has no cycles. But most of what a task was told no longer matters: what
it will do says more than what it knows, and is found from the ends backwards (as Moore minimises
automata). Results and states count as equal if they read alike.

No reduction is used that would leave out a state, but one: a start, a join or a sleep touches
nothing that others could tell, and happens as soon as it can. In a program that can tell after all
(`Execution.late`: it looks at the ends of tasks, or copies objects) it is a step like any other.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import networkx

from verify.errors import ModelError
from verify.exploration.follow import Follow
from verify.exploration.limits import Limits
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.operation import Operation
from verify.scheduling.event import Choice, Ending, Event
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.failing import without_addresses
from verify.scheduling.plain_fields import FieldCell
from verify.scheduling.sources import shown_place
from verify.traces.labels import Labels, known_cells
from verify.traces.recording import shown_request, shown_state, shown_value
from verify.values import in_words

COLLECT_EVERY = 2_000
"""Runs between two garbage collections."""


class State(NamedTuple):
    """The objects, each with its state; the tasks that have not ended, each with what it asks for.

    `outcome` is empty unless it is final: then "ok" or a kind of failure, with its message. `open`:
    the search was ended before it looked at what follows.
    """

    objects: tuple[tuple[str, str], ...]
    tasks: tuple[tuple[str, str], ...]
    outcome: str
    message: str
    open: bool


class Transition(NamedTuple):
    """A step: from which state to which, by their numbers; whose, and what it is."""

    source: int
    target: int
    task: str
    step: str


@dataclass
class StateGraph:
    """States in the order in which they were found, the first is where the program begins.

    `stop_reason` says what ended the search; empty if these are all there are.
    """

    states: list[State]
    transitions: list[Transition]
    stop_reason: str

    @property
    def changing(self) -> set[str]:
        """The objects that are not in the same state all the time."""
        states = [dict(state.objects) for state in self.states]
        names = {name for each in states for name in each}
        return {name for name in names if len({each.get(name) for each in states}) > 1}


def state_graph(
    program: Callable[[], object],
    model: str,
    limits: Limits,
    max_states: int,
) -> StateGraph:
    """The state graph of a program, whose key is `model`; of the limits, `max_steps` counts.

    Raises Nondeterministic for a program that is not a function of its schedule, ModelError for one
    that fails before its first operation or runs on without any.
    """
    search = _Search(program, model, limits.max_steps, max_states)
    try:
        with search.supervision.on():
            search.run()
    finally:
        search.engine.close()
    return search.graph()


class _Late(Exception):
    """What was taken to be told by nobody can be told."""


class _Grew(Exception):
    """What was no event is one: two tasks share a field of a plain object."""


@dataclass
class _Found:
    """A state that was found: how it is reached, and what there is to say of it."""

    schedule: tuple[Choice, ...]
    choices: list[Choice]
    objects: list[tuple[int, str]]
    tasks: list[tuple[str, Operation]]
    outcome: str
    message: str


class _Step(NamedTuple):
    source: int
    target: int
    task: str
    event: Event


class _Visit:
    """One run to a state, and what was seen there."""

    def __init__(self, schedule: tuple[Choice, ...], at_once: bool) -> None:
        self._length = len(schedule)
        self._follow = Follow(schedule)
        self._at_once = at_once
        self.key: tuple[object, ...] = ()
        self.choices: list[Choice] = []

    def choose(self, engine: Explored) -> Choice | None:
        """The next step; None where the state is reached."""
        if len(engine.execution.events) < self._length:
            return self._follow.choose(engine)
        if self._at_once:
            for task in engine.live:
                if task.enabled and task.local:
                    return task.number, 0
        self.choices = [
            (task, option) for task in engine.enabled for option in range(engine.options(task))
        ]
        self.key = _key(engine)
        engine.execution.ending = Ending.STOPPED
        return None

    def at_end(self, engine: Explored) -> None:
        """Look at a state from which no step leads on."""
        if not self.key:
            self.key = _key(engine)


def _key(engine: Explored) -> tuple[object, ...]:
    """What makes two states the same."""
    told: dict[int, list[object]] = {task.number: [] for task in engine.tasks}
    for event in engine.execution.events:
        told[event.task].append(
            (event.kind.name, event.option, event.gave_up, _text(event.result), _text(event.error))
        )
    return (
        tuple(
            (
                task.number,
                task.pending is not None and (task.enabled, task.time, *told[task.number]),
            )
            for task in engine.tasks
        ),
        tuple(
            (cell.number, _state(cell), cell.woken, cell.read_time, cell.write_time)
            for cell in sorted(engine.cells, key=lambda cell: cell.number)
        ),
        tuple(sorted((f.kind, f.message, f.task) for f in engine.execution.failures)),
        tuple(invariant.number for invariant in engine.invariants.active),
    )


def _state(cell: ExploredCell) -> str:
    return cell.present if isinstance(cell, FieldCell) else _text(cell.state)


def _text(value: Any) -> str:
    """A value as text; its class tells True from 1."""
    return f"{type(value).__name__} {without_addresses(in_words(value))}"


class _Search:
    """The search in breadth."""

    def __init__(
        self,
        program: Callable[[], object],
        model: str,
        max_steps: int,
        max_states: int,
    ) -> None:
        self._program = program
        self._model = model
        self._max_states = max_states
        self._at_once = True
        self._names: dict[int, str] = {}
        self._found: list[_Found] = []
        self._steps: list[_Step] = []
        self._todo: deque[tuple[int, Choice | None]] = deque()  # states, and a way on from each
        self._stop_reason = ""
        self._runs = 0
        self.engine = Explored(max_steps, recording=True)
        self.engine.names.plain.races_allowed = True  # nothing that a state could show
        self.supervision = Supervision(self.engine, model, survey(program).holders)

    def run(self) -> None:
        """Find all states, or as many as may be."""
        while True:
            self._found, self._steps = [], []
            try:
                return self._run()
            except _Late:
                self._at_once = False
            except _Grew:
                self.engine.names.plain.begin_again()

    def _run(self) -> None:
        numbers: dict[tuple[object, ...], int] = {}
        todo = self._todo = deque([(-1, None)])
        while todo and not self._stop_reason:
            source, choice = todo[0]
            before = () if choice is None else (*self._found[source].schedule, choice)
            visit = self._visit(before)
            known = visit.key in numbers
            if not known and len(numbers) == self._max_states:
                self._stop_reason = f"{self._max_states} states (--max-states)"
            if self.supervision.interrupts.requested:
                self._stop_reason = "an interruption (Ctrl-C)"
            if self._stop_reason:
                return
            todo.popleft()
            target = numbers.setdefault(visit.key, len(numbers))
            if not known:
                self._found.append(self._seen(visit))
                todo.extend((target, way) for way in visit.choices)
            if choice is not None:
                event = self.engine.execution.events[len(before) - 1]
                task = self.engine.task_numbered(event.task).name
                self._steps.append(_Step(source, target, task, event))

    def _visit(self, schedule: tuple[Choice, ...]) -> _Visit:
        visit = _Visit(schedule, self._at_once)
        execution = self.engine.run(self._program, visit.choose, visit.at_end)
        self._runs += 1
        if self._runs % COLLECT_EVERY == 0:
            gc.collect(1)
        if execution.ending is Ending.MAX_STEPS:
            self._stop_reason = f"{self.engine.max_steps} steps of one execution (max_steps)"
        if execution.late and self._at_once:
            raise _Late
        if self.engine.names.plain.grew:
            raise _Grew
        failure = execution.failure
        if failure is not None and failure.kind == "exception" and not execution.events:
            raise ModelError(
                f"{self._model} failed before its first operation, at "
                f"{shown_place(failure.place)}: {failure.message}"
            )
        return visit

    def _seen(self, visit: _Visit) -> _Found:
        engine = self.engine
        labels = Labels(engine)
        self._names.update((cell.number, labels.object(cell)) for cell in _named(engine))
        execution = engine.execution
        failure = execution.failure
        final = not visit.choices
        return _Found(
            execution.schedule,
            visit.choices,
            [
                (cell.number, shown_state(cell, labels.task, cell.state))
                for cell in known_cells(engine)
            ],
            [(task.name, task.pending) for task in engine.tasks if task.pending is not None],
            "" if not final else "ok" if failure is None else failure.kind,
            "" if not final or failure is None else failure.message,
        )

    # ------------------------------------------------------------------ in words

    def graph(self) -> StateGraph:
        """What was found, in words: the names are those of the latest run that knew an object."""
        open_ones = {source for source, _ in self._todo}
        states = [
            State(
                tuple((self._names[number], text) for number, text in found.objects),
                tuple((task, shown_request(asks, self._name)) for task, asks in found.tasks),
                found.outcome,
                found.message,
                number in open_ones,
            )
            for number, found in enumerate(self._found)
        ]
        transitions = [
            Transition(step.source, step.target, step.task, self._words(step.event))
            for step in self._steps
        ]
        return _merged(states, transitions, self._stop_reason)

    def _name(self, cell: ExploredCell) -> str:
        return self._names[cell.number]

    def _words(self, event: Event) -> str:
        text = shown_request(event.operation, self._name)
        if event.error is not None:
            return f"{text} (raised {type(event.error).__name__})"
        if event.kind.shows_result:
            text += f" → {shown_value(event.result)}"
        return text + (" (gave up)" if event.gave_up else "")


def _named(engine: Explored) -> list[ExploredCell]:
    ends = {task.end.number for task in engine.tasks}
    return [cell for cell in engine.cells if cell.of is not None or cell.number in ends]


def _merged(states: list[State], transitions: list[Transition], stop_reason: str) -> StateGraph:
    """The same with one state for all that look alike and from which the same follows.

    Each stands where the first of its like was found.
    """
    network: networkx.DiGraph[int] = networkx.DiGraph(
        [(step.source, step.target) for step in transitions]
    )
    network.add_nodes_from(range(len(states)))
    following: dict[int, list[Transition]] = {number: [] for number in network}
    for step in transitions:
        following[step.source].append(step)
    kinds: dict[tuple[object, ...], int] = {}
    kind: dict[int, int] = {}
    for number in reversed(list(networkx.topological_sort(network))):
        state = states[number]
        steps = frozenset((step.task, step.step, kind[step.target]) for step in following[number])
        unlike = number if state.open else -1  # nobody knows what follows
        kind[number] = kinds.setdefault((state, steps, unlike), len(kinds))
    first: dict[int, int] = {}
    kept: list[State] = []
    for number, state in enumerate(states):
        if kind[number] not in first:
            first[kind[number]] = len(kept)
            kept.append(state)
    steps_kept = dict.fromkeys(
        Transition(first[kind[step.source]], first[kind[step.target]], step.task, step.step)
        for step in transitions
    )
    return StateGraph(kept, list(steps_kept), stop_reason)
