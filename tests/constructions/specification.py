"""Specification: what can be asked of a construction means what the house's own primitive means.

The primitive's code is run with a scheduler that carries nothing out: `Script` answers its first
operations with outcomes that are known, and stops it at the next one. So what a call asks for
follows from what it has been told, and what an operation does is told by its kind (stepwise.py).
Nothing is stated twice.

    specification   the model of a menu's calls: an initial state, and a step
    _Specification.step   the call's next operation, if it can happen; GOES_ON unless it is the last

A state is the states of the primitive's objects, and for each task that is in a call the outcomes
that the call has had so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.internal.menus import Action, Menu
from verify.operation import Kind, States
from verify.properties import stepwise
from verify.properties.linearizability import GOES_ON, Model
from verify.properties.stepwise import Gave, Raised, raised
from verify.scheduling.explored_task import BLOCKING, TIMED, TRY
from verify.scheduling.scheduler import activate

Outcome = Gave | Raised
UnderWay = tuple[tuple[int, tuple[Outcome, ...]], ...]
"""By task, in their order: the outcomes of the operations of the call that it is in."""
State = tuple[States, UnderWay]


def specification(menu: Menu) -> Model:
    """What the actions of a menu mean for its primitive; an action is known by its name."""
    meaning = _Specification(menu)
    return Model((tuple(meaning.script.initial), ()), meaning.step)


class _Stopped(BaseException):
    """The code has come to an operation whose outcome is not known."""


class _StepRaised(Exception):
    def __init__(self, outcome: Raised) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class Script:
    """A scheduler for one primitive and one call at a time."""

    def __init__(self) -> None:
        self.initial: list[Any] = []
        self.asked: stepwise.Action | None = None
        self._known: Iterator[Outcome] = iter(())

    def process(self) -> int:
        return 0

    def cell(self, state: Any, beside: Any = None, shared: bool = True, of: Any = None) -> int:
        self.initial.append(state)
        return len(self.initial) - 1

    def call(
        self,
        kind: Kind,
        cell: int,
        argument: Any = None,
        blocking: object = True,
        timeout: float | None = None,
        beside: int | None = None,
    ) -> Any:
        if self.asked is None:
            outcome = next(self._known, None)
            if isinstance(outcome, Gave):
                return outcome.result
            if outcome is not None:
                raise _StepRaised(outcome)
            at = (cell,) if beside is None else (cell, beside)
            mode = TRY if not blocking else BLOCKING if timeout is None else TIMED
            self.asked = stepwise.Action(kind, at, argument, mode)
        raise _Stopped  # and again, if the code asks for more as it is unwound

    def follow(
        self, call: Callable[[], object], known: tuple[Outcome, ...]
    ) -> stepwise.Action | Outcome:
        """The operation that a call asks for after these outcomes, or what it then comes to."""
        self.asked, self._known = None, iter(known)
        try:
            return Gave(call())
        except _Stopped:
            assert self.asked is not None
            return self.asked
        except _StepRaised as error:
            return error.outcome
        except Exception as error:
            return raised(error)


class _Specification:
    def __init__(self, menu: Menu) -> None:
        self.script = Script()
        self._actions: dict[str, Action] = menu.actions
        self._known: dict[tuple[str, tuple[Outcome, ...]], stepwise.Action | Outcome] = {}
        before = activate(self.script)  # type: ignore[arg-type]
        self._primitive = menu.make()
        activate(before)
        self._model = stepwise.model(tuple(self.script.initial))

    def step(self, state: State, task: int, name: str) -> Iterator[tuple[Any, State]]:
        states, under_way = state
        known = dict(under_way).get(task, ())
        others = tuple(one for one in under_way if one[0] != task)
        asked = self._following(name, known)
        if not isinstance(asked, stepwise.Action):  # it asks for nothing at all
            yield asked, state
            return
        for outcome, after in self._model.step(states, task, asked):
            so_far = (*known, outcome)
            following = self._following(name, so_far)
            if isinstance(following, stepwise.Action):
                yield GOES_ON, (after, tuple(sorted((*others, (task, so_far)), key=_of_task)))
            else:
                yield following, (after, others)

    def _following(self, name: str, known: tuple[Outcome, ...]) -> stepwise.Action | Outcome:
        key = name, known
        found = self._known.get(key)
        if found is None:
            action = self._actions[name]
            found = self._known[key] = self.script.follow(lambda: action(self._primitive), known)
        return found


def _of_task(entry: tuple[int, Any]) -> int:
    return entry[0]
