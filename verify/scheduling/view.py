"""What a strategy sees of an engine before a step."""

from __future__ import annotations

from verify.errors import InternalFault
from verify.operation import Operation
from verify.scheduling.event import Execution


class View:
    """An engine, as far as it is looked at.

    `enabled` are the tasks that can go on, in the order in which they were started; `last` the task
    that took the latest step, None before the first; `execution` has the events so far, each with
    its footprint; `several` says how many options a task has to choose from, if more than one.
    """

    def __init__(self) -> None:
        self.enabled: list[int] = []
        self.last: int | None = None
        self.execution = Execution()
        self.several: dict[int, int] = {}

    def pending(self, task: int) -> Operation | None:
        """What a task asks for; None once it has ended."""
        raise InternalFault("an engine that cannot be looked at")

    def options(self, task: int) -> int:
        """How many options that has."""
        return self.several.get(task, 1)
