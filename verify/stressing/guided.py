"""A scheduler whose tasks do what a plan says, in its order: see gate.py.

Time means nothing in such a run: a sleep takes none, and a call with a time limit gives up at once
where the plan says that it does.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from verify.operation import Kind
from verify.scheduling.life import CHOOSE, NAP
from verify.stressing.gate import Gate
from verify.stressing.noting import Noting


class Guided(Noting):
    """Lets operations happen when it is their turn. Whoever makes one gives it its `gate`."""

    gate: Gate

    def path(self, task: int) -> tuple[int, ...]:
        """The path of the calling task from the main task."""
        raise NotImplementedError

    def perform(
        self,
        kind: Kind,
        cells: tuple[Any, ...],
        argument: Any,
        blocking: object,
        timeout: float | None,
    ) -> Any:
        task = self.current()
        if self._is_noted(kind, task):
            step = self.gate.enter(self.path(task), kind.name)
            if step is not None and step.gave_up and blocking:
                timeout = 0.0
        return super().perform(kind, cells, argument, blocking, timeout)

    def _note(self, kind: Kind, task: int, cells: tuple[Any, ...]) -> None:
        super()._note(kind, task, cells)
        if self._is_noted(kind, task):
            self.gate.leave(self.path(task))

    def _is_noted(self, kind: Kind, task: int) -> bool:
        return not kind.local and kind is not NAP and task not in self._looking

    def choose(self, options: Sequence[Any]) -> Any:
        task = self.current()
        step = self.gate.enter(self.path(task), CHOOSE.name)
        option = self.random.randrange(len(options))
        if step is not None and step.option < len(options):
            option = step.option
        self.account.note(task, CHOOSE.name, (), option)
        self.gate.leave(self.path(task))
        return options[option]

    def sleep(self, seconds: float) -> None:
        time.sleep(0)

    def abort(self) -> None:
        super().abort()  # type: ignore[safe-super]
        self.gate.let_go()
