"""Looks: whether the code of a task that runs along a history awaits something in a loop.

A memoised search knows nothing of tasks that wait for a write (scheduling/await_loops.py): a
program that has one is re-executed.
"""

from __future__ import annotations

from verify.exploration.requests import Known, State
from verify.operation import Operation
from verify.scheduling.await_loops import same_question
from verify.scheduling.awaiting import Round, come_back
from verify.scheduling.explored_task import BLOCKING, ExploredCell
from verify.scheduling.life import CHOOSE, START

AWAITS = "it awaits in a loop"


class Looks:
    """The latest events of a task, as long as they were mere looks, and where it stood then."""

    def __init__(self) -> None:
        self._steps: list[Known] = []
        self._objects = 0  # the bits of what these name
        self._so_far: Round | None = None

    def add(self, step: Known) -> None:
        """One more event."""
        kind = step.request.kind
        if not (step.writes or kind is CHOOSE or kind is START):
            self._steps.append(step)
            self._objects |= _bits(step.request)
        elif self._steps:
            self._steps = []
            self._objects = 0
            self._so_far = None

    def repeat(self, operation: Operation, mode: int) -> bool:
        """Whether the running code, which asks for this, may only go through its looks again.

        On the side of yes: an object that was the same in two looks may have changed between them.
        It takes the second round of a loop for the first: some execution goes that far too, since
        nobody keeps the task from it here.
        """
        if not self._steps or (mode == BLOCKING and not operation.kind.looks):
            return False
        if _bits(operation) & ~self._objects:
            return False  # nobody has looked there
        if not any(same_question(step.request, operation) for step in self._steps):
            return False
        if self._so_far is None:
            self._so_far = Round()
        count = come_back(self._so_far, operation, mode, len(self._steps))
        seen: dict[int, State] = {}
        for step in self._steps[len(self._steps) - count :]:
            for number, state in zip(step.request.numbers, step.before, strict=True):
                if step.reads >> number & 1 and seen.setdefault(number, state) is not state:
                    return False
        return count > 0


def _bits(operation: Operation) -> int:
    """Those of the objects that an operation names."""
    found = 0
    for one in operation.cells:
        cell: ExploredCell = one
        found |= cell.bit
    return found
