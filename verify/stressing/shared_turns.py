"""The turns of a guided run on processes: the position in memory that all share, and a semaphore
for each step. The host makes them before the run and closes them after it."""

from __future__ import annotations

import ctypes
import mmap
import os
import time
from typing import Any

from verify.scheduling.pthread import SEMAPHORE_BYTES, pthread
from verify.stressing.mailbox import Mailbox

_POSITION, _OPEN, _FIRST = range(3)
_WORDS = SEMAPHORE_BYTES // 8


class SharedTurns:
    """As `Turns`; a refusal goes into the mailbox."""

    def __init__(self, steps: int, mailbox: Mailbox) -> None:
        self._memory = mmap.mmap(-1, (_FIRST + (steps + 1) * _WORDS) * 8)
        self._words = memoryview(self._memory).cast("q")
        self._anchor: Any = ctypes.c_char.from_buffer(self._memory)
        self._address = ctypes.addressof(self._anchor)
        self._pthread = pthread()
        self._mailbox = mailbox
        for step in range(steps + 1):
            self._pthread.new_semaphore(self._semaphore(step))

    @property
    def position(self) -> int:
        """The step whose turn it is."""
        return self._words[_POSITION]

    @position.setter
    def position(self, position: int) -> None:
        self._words[_POSITION] = position

    @property
    def open(self) -> bool:
        """Whether nobody has to wait any more."""
        return bool(self._words[_OPEN])

    @open.setter
    def open(self, is_open: bool) -> None:
        self._words[_OPEN] = is_open

    def sleep(self, step: int, seconds: float) -> None:
        """Until somebody wakes for this step, or for so long."""
        self._pthread.wait(self._semaphore(step), time.monotonic() + seconds)

    def wake(self, step: int) -> None:
        """Wake one who sleeps until this step."""
        self._pthread.post(self._semaphore(step))

    def refuse(self, why: str) -> None:
        """The plan cannot be carried out."""
        self._mailbox.post("unforced", os.getpid(), why)

    def close(self) -> None:
        """Unmap them in this process."""
        self._words.release()
        del self._anchor
        self._memory.close()

    def _semaphore(self, step: int) -> int:
        return self._address + (_FIRST + step * _WORDS) * 8
