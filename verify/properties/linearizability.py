"""Linearizability: whether the calls of a history could have happened one at a time.

Each call must take effect at one instant between its invocation and its response, as its model
says, and give what it gave (Herlihy and Wing, Linearizability: A Correctness Condition for
Concurrent Objects, TOPLAS 1990). In call order:

    check    searches for such an order; three answers, because the search may use up its budget
    _search  goes through the orders of Wing and Gong (Testing and Verifying Concurrent Objects,
             1993): next comes any call that was invoked before the first of those left returned
    verdict  the same, remembered for each history that is not yet known
    misfit   of a history that has no such order, the call after whose response there is none

What makes the search quick is Lowe's observation (Testing for Linearizability, 2017; Horn and
Kroening, Faster Linearizability Checking via P-Compositionality, 2015): whatever order the calls
of a set were put in, what follows depends only on the set and on the state. Each pair is tried
once. Objects are checked one by one, which is enough (linearizability is local).

A call that has not returned may have taken effect or not, at any instant since its invocation, and
whatever it would have given is right. A model may say that a call cannot take effect in a state: it
would have to wait there. Where a history has `ended`, a call that has not returned never will: then
it has not taken effect, and must be one that waits in the state that the others leave.

A call may also take effect bit by bit, at several instants, others in between: a condition's `wait`
does. Its model says GOES_ON for each bit but the last, and keeps in the state how far it has come.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

State = Any
"""A state of a model. It is never changed: a step gives another one."""
Outcome = Any
"""What a call gave its caller: anything with an equality."""


class Further(enum.Enum):
    """What a step gives that is not the last of its call."""

    GOES_ON = enum.auto()


GOES_ON = Further.GOES_ON


class Answer(enum.Enum):
    """The closed set of answers."""

    LINEARIZABLE = "linearizable"
    NOT_LINEARIZABLE = "not linearizable"
    UNDETERMINED = "undetermined"


LINEARIZABLE = Answer.LINEARIZABLE
NOT_LINEARIZABLE = Answer.NOT_LINEARIZABLE
UNDETERMINED = Answer.UNDETERMINED

PENDING = 1 << 60
"""The instant at which a call returns that has not returned."""
BUDGET = 100_000
"""Steps of a model that the search for one order may take."""
MOST_REMEMBERED = 200_000
"""Histories whose answers are kept; after that they are forgotten and learnt anew."""


class Call:
    """A call of a task: what it asked for, when it was invoked and returned, and what it gave.

    Instants are numbers; of two calls one precedes the other iff it returned before the other was
    invoked.
    """

    __slots__ = ("action", "invoked", "outcome", "returned", "task")

    def __init__(
        self,
        task: int,
        action: Hashable,
        invoked: int,
        returned: int = PENDING,
        outcome: Outcome = None,
    ) -> None:
        self.task = task
        self.action = action
        self.invoked = invoked
        self.returned = returned
        self.outcome = outcome


class Model(NamedTuple):
    """What the calls of an object mean, one at a time.

    `step(state, task, action)` gives each outcome that the call may have in that state, with the
    state that it leaves: none if it would have to wait, several if it may happen in several ways.
    GOES_ON in the place of an outcome says that this was not yet all of the call.
    """

    initial: State
    step: Callable[[State, int, Any], Iterable[tuple[Outcome, State]]]
    equal: Callable[[State, State], bool] = lambda a, b: bool(a == b)


def check(
    history: Sequence[Call], model: Model, budget: int = BUDGET, ended: bool = False
) -> Answer:
    """Whether some order of the calls explains what they gave."""
    return _search(sorted(history, key=lambda call: call.invoked), model, budget, ended)


def _search(calls: Sequence[Call], model: Model, budget: int, ended: bool) -> Answer:
    """Depth first over the sets of calls that have taken effect; `calls` come as invoked.

    A node is such a set, as a bit mask, and a state. Nothing is on the interpreter's stack, so that
    a history may be as long as it likes.
    """
    wanted = sum(1 << index for index, call in enumerate(calls) if call.returned != PENDING)
    waiting = [call for call in calls if call.returned == PENDING] if ended else []
    met: dict[int, list[State]] = {0: [model.initial]}
    todo: list[tuple[int, State]] = [(0, model.initial)]
    while todo:
        taken, state = todo.pop()
        if taken & wanted == wanted and not any(
            list(model.step(state, call.task, call.action)) for call in waiting
        ):
            return LINEARIZABLE
        for index in reversed(_next(calls, taken)):
            call = calls[index]
            budget -= 1
            if budget < 0:
                return UNDETERMINED
            for outcome, after in model.step(state, call.task, call.action):
                if outcome is GOES_ON:
                    now = taken
                elif ended if call.returned == PENDING else outcome != call.outcome:
                    continue
                else:
                    now = taken | 1 << index
                states = met.setdefault(now, [])
                if not any(model.equal(after, known) for known in states):
                    states.append(after)
                    todo.append((now, after))
    return NOT_LINEARIZABLE


def _next(calls: Sequence[Call], taken: int) -> list[int]:
    """The calls that may take effect next: invoked before any of those left has returned."""
    left = [index for index in range(len(calls)) if not taken >> index & 1]
    until = min([calls[index].returned for index in left], default=0)
    return [index for index in left if calls[index].invoked <= until]


def misfit(history: Sequence[Call], model: Model, budget: int = BUDGET) -> Call | None:
    """The call that has no place: up to its response, and not before, no order explains the rest.

    Whatever is true of a history holds for its beginnings, too, so there is a first one without an
    order. None if all have one; what is wrong then is that a call still waits.
    """
    for last in sorted(history, key=lambda call: call.returned):
        if last.returned == PENDING:
            break
        if check(until(history, last.returned), model, budget) is NOT_LINEARIZABLE:
            return last
    return None


def until(history: Sequence[Call], instant: int) -> list[Call]:
    """The beginning of a history: what had been invoked, and what had returned, by an instant."""
    return [
        call
        if call.returned <= instant
        else Call(call.task, call.action, call.invoked, PENDING, None)
        for call in history
        if call.invoked <= instant
    ]


def key(history: Sequence[Call]) -> Hashable:
    """The same for histories that cannot be told apart: only who precedes whom matters.

    Between two responses it makes no difference in which order calls were invoked, nor between two
    invocations in which order they returned.
    """
    marks = [(call.invoked, 0, call) for call in history]
    marks += [(call.returned, 1, call) for call in history if call.returned != PENDING]
    marks.sort(key=lambda mark: mark[0])
    made: list[Hashable] = []
    run: list[tuple[Any, ...]] = []
    kind = 0
    for _, which, call in marks:
        if which != kind:
            made.append(tuple(sorted(run, key=lambda entry: entry[0])))
            run, kind = [], which
        if which:
            run.append((call.task, type(call.outcome), call.outcome))
        else:
            run.append((call.task, call.action))
    made.append(tuple(sorted(run, key=lambda entry: entry[0])))
    return tuple(made)


class Checker:
    """Checks the histories of a search against one model, each different one once.

    `histories` is how many it was given, `distinct` how many were different.
    """

    def __init__(self, model: Model, budget: int = BUDGET, ended: bool = False) -> None:
        self.model = model
        self.budget = budget
        self.ended = ended
        self.histories = 0
        self.distinct = 0
        self._known: dict[Hashable, Answer] = {}

    def verdict(self, history: Sequence[Call]) -> Answer:
        """As `check`."""
        self.histories += 1
        try:
            name = key(history)
            known = self._known.get(name)
        except TypeError:  # a value without a hash: such histories are not remembered
            self.distinct += 1
            return check(history, self.model, self.budget, self.ended)
        if known is None:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self.distinct += 1
            known = self._known[name] = check(history, self.model, self.budget, self.ended)
        return known
