"""Ctrl-C during a long run: the first asks for an end, a second one breaks in at once.

A run that is saved as it ends takes SIGTERM, which a system sends that is about to go down, for
Ctrl-C (`terminated_gently`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """`requested` once Ctrl-C was pressed; `first` is called on every signal and may raise.

    Signals arrive in the main thread only; elsewhere nothing is changed.
    """

    def __init__(self, first: Callable[[], None] | None = None) -> None:
        self._first = first
        self.requested = False

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch SIGINT while the block runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._first is not None:
            self._first()
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True


@contextmanager
def terminated_gently() -> Iterator[None]:
    """While the block runs, SIGTERM is Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
