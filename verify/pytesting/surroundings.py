"""Surroundings: what of pytest and its plugins must be kept away from thousands of executions.

    outcomes_of_pytest  pytest.fail and the like are failures of a model; skip and xfail are not,
                        and come out of the search as they come out of any test
    alarms_apart        what a handler of SIGALRM raises (pytest-timeout's does) is no failure of
                        the task into which it happens to break, and comes out as TimeUp
    logs_kept_back      log records go where a model prints: shown for the counterexample, not kept
                        by pytest for every execution
    without_ours        a traceback without the frames of the harness
    misses_lines        whether coverage.py loses its way among tasks

Each is undone when a model is done.
"""

from __future__ import annotations

import bdb
import logging
import signal
import sys
import threading
import unittest
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType, TracebackType
from typing import Any

import pytest

from verify.scheduling.event import Place
from verify.scheduling.failing import outcomes
from verify.scheduling.sources import is_frame_of_ours, shown_place, user_frame
from verify.substitution.patches import really


def outcomes_of_pytest() -> AbstractContextManager[None]:
    """While the block runs, the exceptions by which tests end mean what they mean to pytest."""
    failed = (pytest.fail.Exception,)
    skipped = (pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest)
    not_failed = (*skipped, pytest.exit.Exception, bdb.BdbQuit)
    return outcomes(failed, not_failed)


class TimeUp(BaseException):
    """Carries what a handler of SIGALRM raised through a model, and the line where it broke in."""

    def __init__(self, error: BaseException, place: Place | None) -> None:
        self.error = error
        self.place = place

    def __str__(self) -> str:
        where = f", at {shown_place(self.place)}" if self.place is not None else ""
        return f"{self.error}{where}"


@contextmanager
def alarms_apart() -> Iterator[None]:
    """Raise TimeUp for whatever a handler of SIGALRM raises while the block runs."""
    handler = signal.getsignal(signal.SIGALRM)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_alarm(number: int, frame: FrameType | None) -> None:
        try:
            really(handler, number, frame)  # it breaks into a task, and is none of its code
        except BaseException as error:
            raise TimeUp(error, _place_in_model(frame)) from None

    signal.signal(signal.SIGALRM, on_alarm)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, handler)


def _place_in_model(frame: FrameType | None) -> Place | None:
    """The user's line in a task; None outside of tasks, where pytest is further out."""
    found = user_frame(frame)
    outermost = frame
    while outermost is not None and outermost.f_back is not None:
        outermost = outermost.f_back
    if found is None or outermost is None or not is_frame_of_ours(outermost):
        return None
    return Place(found.f_code.co_filename, found.f_lineno)


class _ToStandardError(logging.Handler):
    """Writes to what is standard error at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


@contextmanager
def logs_kept_back() -> Iterator[None]:
    """While the block runs, the root logger writes to standard error and nowhere else."""
    root = logging.getLogger()
    before = root.handlers[:]
    handler = _ToStandardError()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root.handlers[:] = [handler]
    try:
        yield
    finally:
        root.handlers[:] = before


def without_ours(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback that tells of the user's code alone; None if there is nothing of it."""
    frames = []
    while traceback is not None:
        if not is_frame_of_ours(traceback.tb_frame):
            frames.append(traceback)
        traceback = traceback.tb_next
    for frame, inner in zip(frames, [*frames[1:], None], strict=False):
        frame.tb_next = inner
    return frames[0] if frames else None


MISSES_LINES = (
    'coverage.py is not told of tasks and loses lines: set concurrency = ["greenlet", "thread"] '
    "in [tool.coverage.run]"
)


def misses_lines() -> bool:
    """Whether coverage.py traces calls and returns, and does not know that tasks are greenlets."""
    coverage: Any = sys.modules.get("coverage")
    current = None if coverage is None else coverage.Coverage.current()
    if current is None or "greenlet" in (current.get_option("run:concurrency") or ()):
        return False
    monitoring: Any = getattr(sys, "monitoring", None)  # from 3.12 on it may count lines by this
    return monitoring is None or monitoring.get_tool(monitoring.COVERAGE_ID) is None
