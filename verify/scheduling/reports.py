"""Uncaught exceptions on their way from a task to the root: a list of blocks in the arena.

They are there when the task's end is, however soon its process exits afterwards.
"""

from __future__ import annotations

import pickle

from verify.scheduling.arena import FAILURES, Arena
from verify.scheduling.monitor import TaskFailure

LONGEST = 16_000
"""Characters of a message, and of a traceback, that are kept: the first and the last ones."""

_HEADER = 24  # the next block's offset, this one's size, how many bytes are used


class Reports:
    """The failures that the root has not collected yet."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def post(self, failure: TaskFailure) -> None:
        """Leave one for the root."""
        arena = self._arena
        task, kind, message, text = failure
        data = pickle.dumps((task, kind, message[:LONGEST], text[-LONGEST:]))
        offset, size = arena.allocate(_HEADER + len(data))
        at = offset >> 3
        arena.words[at + 1], arena.words[at + 2] = size, len(data)
        arena.memory[offset + _HEADER : offset + _HEADER + len(data)] = data
        arena.push(FAILURES, offset, 0)

    def collect(self) -> list[TaskFailure]:
        """Take all, the oldest first."""
        arena = self._arena
        found: list[TaskFailure] = []
        offset = arena.take_all(FAILURES)
        while offset:
            at = offset >> 3
            following, size, length = arena.words[at], arena.words[at + 1], arena.words[at + 2]
            data = arena.memory[offset + _HEADER : offset + _HEADER + length]
            found.append(TaskFailure(*pickle.loads(data)))
            arena.release(offset, size)
            offset = following
        return found[::-1]
