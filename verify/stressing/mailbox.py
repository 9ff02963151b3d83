"""What the processes of a run leave for the one that watches: counts and messages.

Counts lie in memory that all share, a word for each task's operations, so that the watchdog sees
progress at no cost. Messages are lines of a file without a name, appended whole; nobody waits for
anybody, and what a process left is there also when it dies right afterwards.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
from collections.abc import Iterator, MutableMapping
from typing import Any

from verify.scheduling.arena import MAX_TASKS


class SharedCounts(MutableMapping[int, int]):
    """Numbers by task, shared with all processes forked later; 0 for a task unheard of.

    Two tasks that did not live at the same time may have the same place.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, MAX_TASKS * 8)
        self._words = memoryview(self._memory).cast("q")

    def close(self) -> None:
        """Unmap them in this process."""
        self._words.release()
        self._memory.close()

    def __getitem__(self, task: int) -> int:
        return self._words[task % MAX_TASKS]

    def __setitem__(self, task: int, count: int) -> None:
        self._words[task % MAX_TASKS] = count

    def __delitem__(self, task: int) -> None:
        self[task] = 0

    def __iter__(self) -> Iterator[int]:
        return iter(range(MAX_TASKS))

    def __len__(self) -> int:
        return MAX_TASKS


class Mailbox:
    """Messages to whoever reads them first: the main process, or its watching thread."""

    def __init__(self) -> None:
        self._fd = os.memfd_create("verify-stress")
        fcntl.fcntl(self._fd, fcntl.F_SETFL, os.O_APPEND)

    def post(self, *message: Any) -> None:
        """Leave a message of plain data."""
        os.write(self._fd, json.dumps(message).encode() + b"\n")

    def messages(self) -> list[list[Any]]:
        """All messages so far, in order."""
        size = os.fstat(self._fd).st_size
        lines = os.pread(self._fd, size, 0).rpartition(b"\n")[0]  # the last one may be half there
        return [json.loads(line) for line in lines.split(b"\n") if line]

    def close(self) -> None:
        """Close the file in this process."""
        os.close(self._fd)

    def empty(self) -> None:
        """Forget everything; nobody may be posting."""
        os.ftruncate(self._fd, 0)
