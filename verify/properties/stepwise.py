"""Stepwise: what the calls at some objects mean, told by the kinds of their operations alone.

A kind's `ready`, `step` and `give_up` are functions of states (operation.py), so they are already a
model of what happens when calls come one at a time:

    ready               the step is taken; if it raises, the states stay
    not ready           a call that waits cannot take effect here
                        a try, and a timed call that may, give up

The objects of one model are those under one guard, such as a condition and its lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from verify.operation import Kind, States
from verify.properties.linearizability import Model
from verify.scheduling.explored_task import BLOCKING, TIMED, TRY
from verify.values import in_words

_WAITING = {BLOCKING: "", TRY: " (not waiting)", TIMED: " (timed)"}


class Action(NamedTuple):
    """A call: the kind of operation, at which of the model's objects, with which argument."""

    kind: Kind
    at: tuple[int, ...]
    argument: Any
    mode: int  # whether it waits: BLOCKING, TRY or TIMED

    def __str__(self) -> str:
        shown = in_words(self.kind.shown(self.argument)) if self.kind.shows_argument else ""
        return f"{self.kind.name}{f' {shown}' if shown else ''}{_WAITING[self.mode]}"


class Gave(NamedTuple):
    """The outcome of a call that returned something."""

    result: Any

    def __str__(self) -> str:
        return f"gave {in_words(self.result)}"


class Raised(NamedTuple):
    """The outcome of a call that raised: errors are the same if they say the same."""

    error: str

    def __str__(self) -> str:
        return f"raised {self.error}"


def raised(error: Exception) -> Raised:
    """The outcome that an error is."""
    text = str(error)
    return Raised(f"{type(error).__name__}{f': {text}' if text else ''}")


def model(initial: States) -> Model:
    """The model of objects that begin in these states; its actions are `Action`."""
    return Model(initial, _step)


def _step(states: States, task: int, action: Action) -> Iterator[tuple[Gave | Raised, States]]:
    kind, at, argument, mode = action
    here = tuple([states[position] for position in at])
    if kind.ready(here, task, argument):
        carry_out = kind.step
    elif mode != BLOCKING and kind.may_give_up(here, task, argument):
        carry_out = kind.give_up
    else:
        return
    try:
        result, after = carry_out(here, task, argument)
    except Exception as error:
        yield raised(error), states
        return
    if after is not here:
        new = list(states)
        for position, state in zip(at, after, strict=True):
            new[position] = state
        states = tuple(new)
    yield Gave(result), states
