"""Running a program along turns written down by hand, so that no strategy has a say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from verify.scheduling.event import Choice, Place
from verify.scheduling.explored import Explored
from verify.scheduling.sources import shown_place
from verify.traces.recording import record_on
from verify.traces.trace import Trace


def trace_along(
    program: Callable[[], object], turns: Iterable[str] = (), model: str = "program"
) -> Trace:
    """The trace of a run whose steps belong to these tasks, by name; then of the plainest run.

    The plainest run stays with a task while it can go on, and then takes the one started first.
    """
    left = list(turns)

    def choose(engine: Explored) -> Choice:
        if left:
            name = left.pop(0)
            return next(task.number for task in engine.tasks if task.name == name), 0
        if engine.last in engine.enabled:
            return engine.last, 0
        return engine.enabled[0], 0

    return record_on(Explored(1000, recording=True), program, choose, model, {})


def places(file: Path) -> dict[str, str]:
    """The lines of a file that end in a comment like `# (here)`, as a report writes them."""
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        mark = re.search(r"# .*\((.+)\)$", line)
        if mark:
            found[mark[1]] = shown_place(Place(str(file), number))
    return found
