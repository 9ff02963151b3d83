"""Requests: what a task asks for after a given history, kept as a tree.

In a closed program (closed.py) the next operation of a task is a function of the results of its
earlier ones. So the tree of a task is built once: its root is what the task asks for first, and
each result leads on to one request. States are interned, so that equal ones are one object; what a
request does in a given state is computed once (`Step`) and looked up afterwards.

Keys tell apart whatever a program could tell apart: 1, True and 1.0 differ.
"""

from __future__ import annotations

from typing import Any

from verify.exploration.immutable import key
from verify.operation import Access, Effect, Kind, Operation, carry_out
from verify.scheduling.event import Place
from verify.scheduling.explored_task import BLOCKING
from verify.scheduling.life import CHOOSE
from verify.scheduling.scheduler import Body


class State:
    """A state of an object; equal states are the same State."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class States:
    """All states that have been met; `size` is how many."""

    def __init__(self) -> None:
        self._known: dict[Any, State] = {}

    def intern(self, value: Any) -> State:
        """The one State of a value and its equals. Raises Open for a value that can change."""
        name = key(value)
        state = self._known.get(name)
        if state is None:
            state = self._known[name] = State(value)
        return state

    @property
    def size(self) -> int:
        """How many different states there are."""
        return len(self._known)


class Step:
    """What a request does in certain states, and what its task asks for next, by option."""

    __slots__ = (
        "after",
        "before",
        "changed",
        "effect",
        "following",
        "possible",
        "reads",
        "wakes",
        "writes",
    )

    def __init__(
        self,
        effect: Effect,
        possible: bool,
        before: list[State],
        after: list[State],
        options: int,
    ) -> None:
        self.effect = effect
        self.possible = possible
        self.before = before
        self.after = after
        self.changed = 0  # the bits of the objects whose states it changes
        self.reads = 0
        self.writes = 0
        self.wakes: tuple[int, ...] = ()
        self.following: list[Request | None] = [None] * options


class End:
    """How a task's code ended: its exit code, and the failure that it is, if it is one."""

    __slots__ = ("code", "kind", "message", "place")

    def __init__(self, code: int, kind: str, message: str, place: Place | None) -> None:
        self.code = code
        self.kind = kind
        self.message = message
        self.place = place


class Request(Operation):
    """What a task asks for at one point of its history; `end` instead, if it has ended there.

    `parent` and `via` are how that point is reached: the request before, and the step that it took
    with which option. `created` are the objects made on the way, with their first states; `watch`
    the bits of the objects on which it depends whether it is possible. Of a start: `body` and
    `child` are what is started and its number, `first` the root of its tree. Of a root: `code` is
    what its task runs.
    """

    __slots__ = (
        "body",
        "child",
        "children",
        "code",
        "created",
        "end",
        "first",
        "mode",
        "numbers",
        "only",
        "options",
        "parent",
        "root",
        "single",
        "steps",
        "task",
        "via",
        "via_option",
        "watch",
    )

    def __init__(self, task: int, kind: Kind, cells: tuple[Any, ...], argument: Any) -> None:
        super().__init__(kind, cells, argument)
        self.task = task
        self.mode = BLOCKING
        self.options = 1
        self.end: End | None = None
        self.root: Request = self
        self.parent: Request | None = None
        self.via: Step | None = None
        self.via_option = 0
        self.children: dict[Any, Request] = {}
        self.created: list[tuple[int, State]] = []
        self.code: Body | None = None
        self.body: Body | None = None
        self.child = -1
        self.first: Request | None = None
        self.numbers: list[int] = []
        self.watch = 0
        self.single: dict[State, Step] = {}
        self.steps: dict[tuple[State, ...], Step] = {}
        self.only: Step | None = None

    def fill(self, operation: Operation) -> None:
        """Ask for this operation."""
        self.kind = operation.kind
        self.cells = operation.cells
        self.argument = operation.argument
        self.numbers = [cell.number for cell in operation.cells]
        if not operation.kind.always:
            for cell in operation.cells:
                self.watch |= cell.bit

    def step(self, states: list[State], known: States) -> Step:
        """What it does in the states that are now."""
        numbers = self.numbers
        count = len(numbers)
        found: Step | None
        if count == 1:
            state = states[numbers[0]]
            found = self.single.get(state)
            if found is None:
                found = self.single[state] = self._compute([state], known)
            return found
        if count == 0:
            if self.only is None:
                self.only = self._compute([], known)
            return self.only
        here = [states[number] for number in numbers]
        name = tuple(here)
        found = self.steps.get(name)
        if found is None:
            found = self.steps[name] = self._compute(here, known)
        return found

    def _compute(self, here: list[State], known: States) -> Step:
        kind, argument = self.kind, self.argument
        values = tuple([state.value for state in here])
        if self.mode == BLOCKING and not kind.ready(values, self.task, argument):
            return Step(Effect(values, None, None, values, (), True), False, here, here, 1)
        effect = carry_out(kind, values, self.task, argument)
        possible = not effect.gave_up or kind.may_give_up(values, self.task, argument)
        after = list(here)
        for index in range(len(here)):
            if effect.states[index] is not values[index]:
                after[index] = known.intern(effect.states[index])
        step = Step(effect, possible, here, after, self.options)
        if kind.wakes is not None and effect.states is not values:
            step.wakes = kind.wakes(values, effect.states, argument).tasks
        if effect.states is not values:
            effect.states = tuple([state.value for state in after])
        accesses = effect.accesses
        for index in range(len(here)):
            bit: int = self.cells[index].bit
            if after[index] is not here[index]:
                step.changed |= bit
            if accesses[index] is Access.READ:
                step.reads |= bit
            elif accesses[index] is Access.WRITE:
                step.writes |= bit
        return step

    def outcome(self, step: Step, option: int) -> Any:
        """The key of what the task learns from a step."""
        if self.kind is CHOOSE:
            return option
        error = step.effect.error
        if error is not None:
            return ("raised", type(error), str(error))
        return key(step.effect.result)
