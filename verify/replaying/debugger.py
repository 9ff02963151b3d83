"""The debugger: pdb in the user's code, at one step of a replayed execution.

    watch         (before each step) recognises the moment just before the step, and opens pdb in
                  the frame that calls the operation; all tasks are parked
    interaction   (pdb's own, also at later stops) lets the person see and type, and nobody hurries

What a person types there is evaluated for that task, as an invariant is: to look at an object of
the harness is no step, anything else of it is refused. The harness's own frames are not shown.
After `n`, `s` or with a breakpoint pdb stops again in whichever task gets there.

Most frames are those of greenlets that are not running. For pdb to stop in them later, their code
must have begun under a trace function: from Python 3.12 on it is only then made ready for one.
"""

from __future__ import annotations

import pdb
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import greenlet

from verify.errors import UsageError
from verify.exploration.supervision import Supervision
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredTask
from verify.scheduling.sources import is_frame_of_ours, user_frame
from verify.traces.labels import Labels
from verify.traces.recording import shown_request
from verify.traces.trace import Trace


class Left(BaseException):
    """The person has left the debugger, and with it the replay."""


class Debugger:
    """Opens pdb before the step `at` of a trace; `say` prints a line."""

    def __init__(self, trace: Trace, at: int, say: Callable[[str], None]) -> None:
        self._events = trace.events
        self._at = at
        self._say = say
        self._pdb: _Pdb | None = None

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Everything that is run in the block can be stopped in."""
        before = sys.gettrace()
        sys.settrace(_pass)
        try:
            yield
        finally:
            sys.settrace(before)

    def watch(self, engine: Explored, supervision: Supervision) -> None:
        """Look whether the step is next. UsageError if no line of the user's is running there.

        Raises Left once the person has quit: not at that moment, since in the middle of the user's
        code it would leave `with` blocks, which are steps of the program.
        """
        step = len(engine.execution.events) + 1
        if step == self._at and self._pdb is None:
            event = self._events[step - 1]
            for task in engine.tasks:
                if engine.names.path(task.number) == event.path and task.enabled:
                    self._open(engine, supervision, task)
        if self._pdb is not None and self._pdb.left:
            raise Left

    def _open(self, engine: Explored, supervision: Supervision, task: ExploredTask) -> None:
        assert task.pending is not None
        what = f"{task.name}: {shown_request(task.pending, Labels(engine).object)}"
        frame = user_frame(_innermost(task))
        if frame is None:
            raise UsageError(
                f"step {self._at} ({what}) is called by no line of yours, where a debugger could "
                "stop: choose another one with --at"
            )
        with supervision.with_a_person():
            self._say(f"before step {self._at} of {len(self._events)}, by {what}")
            self._say("p looks, n goes on by a line, c to the end, q quits")
            self._pdb = _Pdb(engine, supervision)
        self._pdb.stop_in(frame, task)


def _innermost(task: ExploredTask) -> FrameType | None:
    """The frame in which a parked task stands; None if it has ended."""
    if task.carrier is greenlet.getcurrent():  # its own step came last, and it is us who look
        return sys._getframe()
    frame: FrameType | None = None if task.carrier is None else task.carrier.gr_frame
    return frame


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


class _Pdb(pdb.Pdb):
    """pdb in a program that is being replayed."""

    def __init__(self, engine: Explored, supervision: Supervision) -> None:
        super().__init__(nosigint=True)
        self._engine = engine
        self._supervision = supervision
        self._parked: ExploredTask | None = None
        self.left = False
        """The person has quit."""

    def stop_in(self, frame: FrameType, task: ExploredTask) -> None:
        """Stop in the frame of a parked task; then be asked, or not, at its next lines."""
        self.reset()
        *_, self.botframe = _outwards(frame)
        self._parked = task
        self.interaction(frame, None)
        self._parked = None
        to_the_end = self.stoplineno == -1 and not self.breaks
        if not to_the_end:
            for other in self._engine.tasks:
                for each in _outwards(_innermost(other)):
                    each.f_trace = self.trace_dispatch
            sys.settrace(self.trace_dispatch)

    def interaction(self, *arguments: Any) -> None:
        """Talk with the person."""
        parked = self._parked
        number = self._engine.current() if parked is None else parked.number
        with self._supervision.with_a_person():
            self._engine.look_as(number, lambda: super(_Pdb, self).interaction(*arguments))
        if self.quitting:
            self.left, self.quitting = True, False
            self.clear_all_breaks()
            self.set_continue()

    def stop_here(self, frame: FrameType) -> bool:
        """Whether to stop in a frame: only in the user's. In ours a task is between two states."""
        generated = frame.f_code.co_filename.startswith("<")
        return user_frame(frame) is frame and not generated and super().stop_here(frame)

    def get_stack(self, f: FrameType | None, t: Any) -> tuple[list[tuple[FrameType, int]], int]:
        """The frames that are the user's; those of the harness lie between and below them."""
        stack, _ = super().get_stack(f, t)
        own = [entry for entry in stack if not is_frame_of_ours(entry[0])] or stack
        return own, len(own) - 1


def _pass(frame: FrameType, event: str, argument: Any) -> None:
    """A trace function that looks at nothing."""
