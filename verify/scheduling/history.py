"""Histories of objects of the user's: when each call was invoked and returned, as events.

Executions of one class agree about the order of events that conflict, and no others. Whether a call
had returned before another was invoked is thus the same in all of them only if the two moments
conflict; else the one execution that is run would speak for others with another history. So

    invoke    reads a slot for each task
    respond   writes the slot of its own task

and an invocation conflicts with every response, whereas two invocations do not conflict, nor do two
responses: their order is nobody's business (linearizability.key). Every order that matters is so
explored, and each once. There are only so many slots; tasks that share one have their responses put
in order as well, which is no mistake but adds classes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Final

from verify.operation import Access, Kind, Operation, Outcome, States
from verify.properties.histories import finding
from verify.properties.linearizability import Call, Checker
from verify.scheduling.event import Finding
from verify.scheduling.explored_task import BLOCKING

SLOTS = 4


def _nothing(states: States, task: int, argument: Any) -> Outcome:
    return None, states


INVOKE: Final = Kind(
    "invoke", _nothing, footprint=(Access.READ,) * SLOTS, shows_argument=True, steady=True
)
RESPOND: Final = Kind("respond", _nothing, shows_argument=True, steady=True)


class Slot:
    """What the further slots of a history are called after: nothing, see labels.py."""


class History:
    """The calls at one object in one execution; `what` it is called."""

    def __init__(self, engine: Any, checker: Checker, what: str) -> None:
        self._engine = engine
        self._checker = checker
        self._what = what
        self._slots = tuple(
            [engine.cell(None, of=Slot if number else History) for number in range(SLOTS)]
        )
        self._calls: list[Call] = []
        self._busy: set[int] = set()

    @property
    def busy(self) -> bool:
        """Whether the running task is in a call already: what it calls there is part of that."""
        return self._engine.current() in self._busy

    def invoke(self, action: Hashable) -> Call:
        """The running task calls."""
        task: int = self._engine.current()
        self._engine.ask(Operation(INVOKE, self._slots, str(action)), BLOCKING)
        call = Call(task, action, len(self._engine.execution.events))
        self._calls.append(call)
        self._busy.add(task)
        return call

    def respond(self, call: Call, outcome: Any) -> None:
        """The running task's call has come to this."""
        self._busy.discard(call.task)
        slot = self._slots[call.task % SLOTS]
        self._engine.ask(Operation(RESPOND, (slot,), f"{call.action} {outcome}"), BLOCKING)
        call.outcome = outcome
        call.returned = len(self._engine.execution.events)

    def finding(self) -> Finding | None:
        """What is wrong with it at the end; None if nothing is."""
        return finding(self._calls, self._checker, self._what, self._name) if self._calls else None

    def _name(self, task: int) -> str:
        name: str = next(one.name for one in self._engine.tasks if one.number == task)
        return name

    @staticmethod
    def show(state: None, name: Callable[[int], str]) -> str:
        """Its state says nothing."""
        return ""

    @staticmethod
    def holders(state: None) -> tuple[int, ...]:
        """Nobody can hold it."""
        return ()
