"""Process queues: `multiprocessing`'s Queue, JoinableQueue and SimpleQueue.

A put is one step, and what was put can be taken at once: there is no thread that feeds a pipe, so
nothing is seen of what depends on it (that an item is late, that a process cannot end before others
have taken what it has put). What is put is copied.
"""

from __future__ import annotations

from typing import Any

from verify.substitution.pipes import copied
from verify.substitution.process_locks import waits
from verify.sync.queues import Queue as _Queue


class Queue:
    """`multiprocessing.Queue`, as a process has it."""

    def __init__(self, maxsize: int = 0) -> None:
        self._queue: _Queue[Any] = _Queue(maxsize)
        self._closed = False

    def _open(self) -> _Queue[Any]:
        if self._closed:
            raise ValueError(f"{type(self).__name__} is closed")
        return self._queue

    def put(self, obj: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a copy of an object in, sleeping while the queue is full."""
        self._open().put(copied(obj), *waits(block, timeout))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next item out, sleeping while there is none."""
        return self._open().get(*waits(block, timeout))

    def put_nowait(self, obj: Any) -> None:
        """`put` that raises queue.Full instead of sleeping."""
        self.put(obj, False)

    def get_nowait(self) -> Any:
        """`get` that raises queue.Empty instead of sleeping."""
        return self.get(False)

    def qsize(self) -> int:
        """How many items there are at this moment."""
        return self._queue.qsize()

    def empty(self) -> bool:
        """Whether there is no item at this moment."""
        return self._queue.empty()

    def full(self) -> bool:
        """Whether there is no room at this moment."""
        return self._queue.full()

    def close(self) -> None:
        """Put and take nothing more in this process."""
        self._closed = True

    def join_thread(self) -> None:
        """Wait for the thread that feeds the pipe: there is none."""
        if not self._closed:
            raise AssertionError(f"{type(self).__name__} not closed")

    def cancel_join_thread(self) -> None:
        """Do not wait for it."""


class JoinableQueue(Queue):
    """`multiprocessing.JoinableQueue`."""

    def task_done(self) -> None:
        """Report one item done. ValueError if more are reported than were put."""
        self._queue.task_done()

    def join(self) -> None:
        """Sleep until every item ever put has been reported done."""
        self._queue.join()


class SimpleQueue:
    """`multiprocessing.SimpleQueue`."""

    def __init__(self) -> None:
        self._queue: _Queue[Any] = _Queue()

    def put(self, obj: Any) -> None:
        """Put a copy of an object in."""
        self._queue.put(copied(obj))

    def get(self) -> Any:
        """Take the next item out, sleeping while there is none."""
        return self._queue.get()

    def empty(self) -> bool:
        """Whether there is no item at this moment."""
        return self._queue.empty()

    def close(self) -> None:
        """Give it up in this process."""
