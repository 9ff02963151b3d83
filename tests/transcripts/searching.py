"""A search for the schedule that prints a text: depth first through all interleavings, turning back
at the first line that is not the text's."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

from verify.exploration.depth_first import BruteForce
from verify.exploration.follow import Follow
from verify.exploration.strategy import View
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored

Program = Callable[[], object]


class _Directed:
    """Every interleaving that begins as wanted and in which no time runs out; `found` is the first
    that printed all of it."""

    def __init__(self, wanted: str, screen: io.StringIO) -> None:
        self._all = BruteForce()
        self.found: tuple[Choice, ...] = ()
        self._wanted = wanted
        self._screen = screen

    def begin(self) -> bool:
        self._screen.seek(0)
        self._screen.truncate()
        return not self.found and self._all.begin()

    def choose(self, view: View) -> Choice | None:
        events = view.execution.events
        if events and events[-1].gave_up:
            return None
        if not self._wanted.startswith(self._screen.getvalue()):
            return None
        return self._all.choose(view)

    def end(self, execution: Execution) -> None:
        if self._screen.getvalue() == self._wanted:
            self.found = tuple((event.task, event.option) for event in execution.events)
        self._all.end(execution)


def schedule_that_prints(program: Program, wanted: str) -> tuple[Choice, ...]:
    """The schedule of an execution that prints exactly this from its beginning to its end.

    Empty if there is none.
    """
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        directed = _Directed(wanted, screen)
        _run(program, directed)
    return directed.found


def printed_along(program: Program, schedule: tuple[Choice, ...]) -> str:
    """What a schedule prints when it is followed."""
    with contextlib.redirect_stdout(io.StringIO()) as screen:
        _run(program, Follow(schedule))
    return screen.getvalue()


def _run(program: Program, strategy: _Directed | Follow) -> None:
    engine = Explored()
    while strategy.begin():
        strategy.end(engine.run(program, strategy.choose))
