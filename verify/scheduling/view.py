"""What a strategy sees of an engine before a step."""

from __future__ import annotations

from verify.errors import InternalFault
from verify.operation import Operation
from verify.scheduling.event import Execution
from verify.scheduling.naming import Names


class View:
    """An engine, as far as it is looked at.

    `ready` has the bits of the tasks that can go on, `local` of those whose next step others cannot
    tell (`Kind.local`), whether it can happen or not; `last` is the task that took the latest step,
    -1 before the first; `execution` has the events so far, each with its footprint; `names` has the
    order of the tasks.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.ready = 0
        self.local = 0
        self.last = -1
        self.execution = Execution()

    @property
    def enabled(self) -> list[int]:
        """The tasks that can go on, in their order (naming.py)."""
        raise InternalFault("an engine that cannot be looked at")

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        raise InternalFault("an engine that cannot be looked at")

    def options(self, task: int) -> int:
        """How many options the task has there: 1 but at a choice."""
        raise InternalFault("an engine that cannot be looked at")
