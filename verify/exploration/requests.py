"""Requests: what a task asks for after a given history, kept as a tree.

In a closed program (closed.py) the next operation of a task is a function of the results of its
earlier ones. So the tree of a task is built once: its root is what the task asks for first, and
each result leads on to one request. States are interned, so that equal ones are one object; what a
request does in a given state is computed once (`Known`) and looked up afterwards.

Keys tell apart whatever a program could tell apart: 1, True and 1.0 differ.
"""

from __future__ import annotations

from typing import Any, Final

from verify.exploration.immutable import key
from verify.operation import Effect, Kind, Operation, carry_out
from verify.scheduling.event import Place
from verify.scheduling.explored_task import BLOCKING
from verify.scheduling.life import CHOOSE, JOIN
from verify.scheduling.scheduler import Body
from verify.scheduling.step import Step

NOTHING_YET: Final = Kind("end", lambda states, task, argument: (None, states), footprint=())


class State:
    """A state of an object; equal states are the same State."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


NO_STATE: Final = State(None)


class Slot:
    """Where the present state of an object is kept."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = NO_STATE


class States:
    """All states that have been met, by their keys; `steps` is how many steps met them.

    `slot` has the states that objects are in now.
    """

    def __init__(self) -> None:
        self.known: dict[Any, State] = {}
        self._slots: list[Slot] = []
        self.steps = 0

    def slot(self, number: int) -> Slot:
        """That of the object with this number."""
        while len(self._slots) <= number:
            self._slots.append(Slot())
        return self._slots[number]

    def intern(self, value: Any) -> State:
        """The one State of a value and its equals. Raises Open for a value that can change."""
        name = key(value)
        state = self.known.get(name)
        if state is None:
            state = self.known[name] = State(value)
        return state

    @property
    def size(self) -> int:
        """How many different states there are."""
        return len(self.known)


class Known(Step):
    """What a request does in certain states with one of its options, and what follows.

    `changed` are the bits of the objects whose states it changes.
    """

    __slots__ = ("changed", "following", "request")

    def __init__(
        self,
        request: Request,
        option: int,
        effect: Effect,
        before: tuple[State, ...],
        after: tuple[State, ...],
    ) -> None:
        super().__init__(request.task, option, request.options, request, effect)
        self.request = request
        self.before = before
        self.after = after
        self.changed = 0
        self.following: Request | None = None
        self.local = request.local
        self.never_disabled = request.mode != BLOCKING

    def place(self) -> None:
        super().place()
        self.named = self.request.numbers
        if self.numbers == self.named:
            self.numbers = self.named

    def elsewhere(self, states: tuple[Any, ...]) -> Step:
        return self.request.in_states(states)


def forget(requests: list[Request], states: States) -> None:
    """Take trees apart of which these are parts, and let go of all states: a search keeps the steps
    on its path, and each of them would keep all that was ever known."""
    states.known.clear()
    left = list(requests)
    seen = set(left)
    while left:
        for request in left.pop().forget():
            if request not in seen:
                seen.add(request)
                left.append(request)


class End:
    """How a task's code ended: its exit code, and the failure that it is, if it is one."""

    __slots__ = ("code", "kind", "message", "place", "state")

    def __init__(self, code: int, kind: str, message: str, place: Place | None) -> None:
        self.code = code
        self.state: State | None = None  # the same, as the state of an object
        self.kind = kind
        self.message = message
        self.place = place


NOTHING_CREATED: Final[list[tuple[int, State]]] = []


class Request(Operation):
    """What a task asks for at one point of its history; `end` instead, if it has ended there.

    `known` holds all states, of which there is one each.

    `parent` and `via` are how that point is reached: the request before, and the step that it took.
    `created` are the objects made on the way, with their first states; `watch` the bits of the
    objects on which it depends whether it is possible. Of a start: `body` and `child` are what is
    started and its number, `first` the root of its tree. Of a join: `joined` is whom it waits for.
    Of a root: `code` is what its task runs.
    `slots` are those of the objects that it names, `slot` the only one, None if it names none or
    several. `usual` is the first that it was known to do, and `single` and `steps` what else, by
    the states of these; `latest` what it did last, in `latest_state` if it names one object;
    `others` what a choice does with each option. `after_first` is what follows `first_outcome`, and
    `after_others` what follows the other outcomes. Most requests have one step and one outcome: a
    dictionary takes as much memory as all the rest.
    """

    __slots__ = (
        "after_first",
        "after_others",
        "body",
        "child",
        "code",
        "created",
        "end",
        "first",
        "first_outcome",
        "joined",
        "known",
        "latest",
        "latest_state",
        "local",
        "mode",
        "numbers",
        "options",
        "others",
        "parent",
        "root",
        "single",
        "slot",
        "slots",
        "steps",
        "task",
        "usual",
        "via",
        "watch",
    )

    def __init__(self, task: int, known: States) -> None:
        super().__init__(NOTHING_YET, (), None)
        self.task = task
        self.known = known
        self.mode = BLOCKING
        self.options = 1
        self.local = False
        self.joined = -1
        self.end: End | None = None
        self.root: Request = self
        self.parent: Request | None = None
        self.via: Known | None = None
        self.first_outcome: Any = None
        self.after_first: Request | None = None
        self.after_others: dict[Any, Request] | None = None
        self.created = NOTHING_CREATED
        self.code: Body | None = None
        self.body: Body | None = None
        self.child = -1
        self.first: Request | None = None
        self.numbers: list[int] = []
        self.slots: list[Slot] = []
        self.slot: Slot | None = None
        self.watch = 0
        self.usual: Known | None = None
        self.latest: Known | None = None
        self.latest_state: State | None = None
        self.single: dict[State, Known] | None = None
        self.steps: dict[tuple[State, ...], Known] | None = None
        self.others: list[Known] | None = None

    def fill(self, operation: Operation, mode: int, options: int) -> None:
        """Ask for this operation."""
        self.kind = operation.kind
        self.cells = operation.cells
        self.argument = operation.argument
        self.mode = mode
        self.options = options
        self.local = operation.kind.local
        if operation.kind is JOIN:
            self.joined = operation.argument
        self.numbers = [cell.number for cell in operation.cells]
        self.slots = [self.known.slot(number) for number in self.numbers]
        if len(self.slots) == 1:
            self.slot = self.slots[0]
        if not operation.kind.always:
            for cell in operation.cells:
                self.watch |= cell.bit

    def step(self) -> Known:
        """What it does in the states that are now, with its first option."""
        latest = self.latest
        slot = self.slot
        if slot is not None:
            state = slot.state
            if latest is not None and state is self.latest_state:
                return latest
            found = self._in_state(state)
            self.latest_state = state
        else:
            slots = self.slots
            if latest is not None:
                before = latest.before
                index = 0
                count = len(slots)
                while index < count and before[index] is slots[index].state:
                    index += 1
                if index == count:
                    return latest
            found = self.in_states(self._now())
        self.latest = found
        return found

    def _now(self) -> tuple[State, ...]:
        return tuple([slot.state for slot in self.slots])

    def in_states(self, states: tuple[State, ...]) -> Known:
        """What it does in these states, with its first option."""
        if len(states) == 1:
            return self._in_state(states[0])
        usual = self.usual
        if usual is None:
            usual = self.usual = self._compute(states, 0)
        if usual.before == states:
            return usual
        steps = self.steps
        if steps is None:
            steps = self.steps = {}
        found = steps.get(states)
        if found is None:
            found = steps[states] = self._compute(states, 0)
        return found

    def _in_state(self, state: State) -> Known:
        usual = self.usual
        if usual is None:
            usual = self.usual = self._compute((state,), 0)
        if usual.before[0] is state:
            return usual
        single = self.single
        if single is None:
            single = self.single = {}
        found = single.get(state)
        if found is None:
            found = single[state] = self._compute((state,), 0)
        return found

    def choice(self, option: int) -> Known:
        """The same for any option: only a choice has several, and that depends on no states."""
        others = self.others
        if others is None:
            others = self.others = [self._compute((), at) for at in range(self.options)]
        return others[option]

    def waiting(self) -> Step:
        """What it would do if it could go on, which it cannot in the states that are now."""
        here = self._now()
        values = tuple([state.value for state in here])
        step = Known(
            self, 0, Effect(values, None, None, values, self.kind.footprint, False), here, here
        )
        step.note_footprint()
        return step

    def _compute(self, here: tuple[State, ...], option: int) -> Known:
        self.known.steps += 1
        kind, argument = self.kind, self.argument
        values = tuple([state.value for state in here])
        if self.mode == BLOCKING and not kind.ready(values, self.task, argument):
            step = Known(self, option, Effect(values, None, None, values, (), True), here, here)
            step.possible = False
            return step
        effect = carry_out(kind, values, self.task, argument)
        after = list(here)
        changed = 0
        for index in range(len(here)):
            if effect.states[index] is not values[index]:
                after[index] = self.known.intern(effect.states[index])
                if after[index] is not here[index]:
                    changed |= 1 << self.numbers[index]
        step = Known(self, option, effect, here, tuple(after) if changed else here)
        step.changed = changed
        step.possible = not effect.gave_up or kind.may_give_up(values, self.task, argument)
        if effect.states is not values:
            if kind.wakes is not None:
                step.wakes = kind.wakes(values, effect.states, argument).tasks
            effect.states = tuple([state.value for state in after])
        step.note_footprint()
        return step

    def following(self, outcome: Any) -> Request | None:
        """What is asked for after this outcome, if that is known."""
        if self.after_first is not None and self.first_outcome == outcome:
            return self.after_first
        return None if self.after_others is None else self.after_others.get(outcome)

    def follow(self, outcome: Any, request: Request) -> None:
        """Note what is asked for after an outcome."""
        if self.after_first is None:
            self.first_outcome, self.after_first = outcome, request
            return
        if self.after_others is None:
            self.after_others = {}
        self.after_others[outcome] = request

    def forget(self) -> list[Request]:
        """Let go of all that is known to come before and after; which requests that were."""
        steps = [self.usual, self.latest, self.via, *(self.others or ())]
        steps += (self.single or {}).values()
        steps += (self.steps or {}).values()
        others = [self.after_first, self.first, self.parent, *(self.after_others or {}).values()]
        for step in steps:
            if step is not None:
                others += [step.request, step.following]
                step.following = None
        self.usual = self.latest = self.via = self.others = self.single = self.steps = None
        self.after_first = self.first = self.parent = self.after_others = None
        self.root = self
        return [request for request in others if request is not None]

    def outcome(self, step: Known) -> Any:
        """The key of what the task learns from a step."""
        if self.kind is CHOOSE:
            return step.option
        error = step.effect.error
        if error is not None:
            return ("raised", type(error), str(error))
        return key(step.effect.result)
