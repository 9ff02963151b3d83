"""The watchdog of an exploration: notices a task that runs on without any visible operation.

Such a task computes for ever, or sleeps in something the explorer does not see (a real lock, a
socket); since all tasks share one OS thread, nothing else moves either. The watchdog looks at the
engine's progress from a thread of its own. When there has been none for PATIENCE seconds it notes
the line where the task is and raises `Stuck` there: in the main thread through a signal, which
also reaches a call that blocks; elsewhere asynchronously, which reaches a loop only. A task in
which a person looks around with a debugger is left alone.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from verify.scheduling.event import Place
from verify.scheduling.sources import is_ours

PATIENCE = 5.0
"""Seconds without a visible operation before a task counts as stuck."""


class Stuck(BaseException):
    """Raised in a task that runs on without a visible operation."""


class Watchdog:
    """Watches one exploring thread; `place` is where it was stuck, if it was."""

    def __init__(self, progress: Callable[[], int], patience: float = PATIENCE) -> None:
        self.progress = progress
        self._patience = patience
        self._thread_id = threading.get_ident()
        self._over = threading.Event()
        self._rests = 0
        self._resting = False
        self.place: Place | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch while the block runs."""
        thread = threading.Thread(target=self._watch, name="verify-watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Look away while the block runs: a person thinks."""
        self._resting = True
        try:
            yield
        finally:
            self._rests += 1
            self._resting = False

    def _watch(self) -> None:
        seen = self.progress(), self._rests
        looked = time.monotonic()
        while not self._over.wait(self._patience):
            now = self.progress(), self._rests
            waited = time.monotonic() - looked
            suspended = waited >= 2 * self._patience  # all of us were
            if now == seen and not suspended and not self._resting:
                self._interrupt()
            seen = now
            looked = time.monotonic()

    def raise_if_stuck(self) -> None:
        """Called on a signal, which may be the watchdog's own: then raise Stuck right there."""
        if self.place is not None:
            raise Stuck

    def _interrupt(self) -> None:
        frame = sys._current_frames().get(self._thread_id)
        if _is_debugged(frame):
            return
        while frame is not None and is_ours(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is None:
            return
        self.place = Place(frame.f_code.co_filename, frame.f_lineno)
        if self._thread_id == threading.main_thread().ident:
            signal.pthread_kill(self._thread_id, signal.SIGINT)
        else:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread_id), ctypes.py_object(Stuck)
            )


def _is_debugged(frame: FrameType | None) -> bool:
    """Whether a debugger is at work further out; all of them are built on the library's bdb."""
    while frame is not None:
        if frame.f_globals.get("__name__") == "bdb":
            return True
        frame = frame.f_back
    return False
