"""The memory that all processes of one scheduler share, and who gets which part of it.

One memfd, mapped by all: inherited through fork, handed to spawned children as a descriptor. It
has no name, so nothing can be left behind once the last process has ended. The file is sparse;
only what is touched takes memory.

    words 0…     header: alarms, the allocator, the list of failures
    TASKS…       the task table (`task_table.py`)
    HEAP…        blocks of 128 bytes times a power of two, one free list for each size

Memory is seen as 64-bit words, whose single reads and writes are indivisible. The allocator's lists
change by one such write, so a process that dies in the middle can lose a block but not a list.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import context, reduction
from typing import Any

from verify.errors import Misuse
from verify.scheduling.pthread import MUTEX_BYTES, mutex_at, pthread

SIZE = 1 << 28
"""Bytes that all objects of one scheduler may take."""

ALARM = 0  # set for good once ABORTED is, or some object is broken: look closer at every entry
ABORTED = 1
FAILURES = 2
MADE_BY_CHILDREN = 3
TASK_COUNT = 4
_NEXT_BLOCK = 5
NOWHERE = 6  # what is written here is of no interest to anybody
NOTED = 7  # the latest block of what tasks have noted of what they did, if anybody wants to know
_MUTEX = 8
_FREE = 16
_SIZES = 32

TASKS = 64
MAX_TASKS = 4096
TASK_WORDS = 48
_HEAP = (TASKS + MAX_TASKS * TASK_WORDS) * 8

_SMALLEST = 7  # a block has 1 << 7 bytes at least


class NotPassedOn(Misuse):
    """An object of verify would go to another process within a value."""


class Arena:
    """The shared memory of one scheduler, as one process sees it."""

    def __init__(self, handle: Any = None) -> None:
        self.pthread = pthread()
        if handle is None:
            self.fd = os.memfd_create("verify")
            os.ftruncate(self.fd, SIZE)
        else:
            self.fd = handle.detach()
        self.memory = mmap.mmap(self.fd, SIZE)
        self._anchor: Any = ctypes.c_char.from_buffer(self.memory)
        self.address = ctypes.addressof(self._anchor)
        self.words = memoryview(self.memory).cast("q")
        self._mutex = mutex_at(self.address + _MUTEX * 8)
        if handle is None:
            self.words[_NEXT_BLOCK] = _HEAP
            self.pthread.new_mutex(self._mutex)

    def __reduce__(self) -> tuple[Any, ...]:
        if context.get_spawning_popen() is None:
            raise NotPassedOn(
                "an object of verify: other processes get these as they are started, as arguments, "
                "in closures or as globals"
            )
        return Arena, (reduction.DupFd(self.fd),)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The allocator and the task table to oneself."""
        if self.pthread.lock(self._mutex) == errno.EOWNERDEAD:
            self.pthread.make_consistent(self._mutex)  # lists change by one write: nothing is torn
        try:
            yield
        finally:
            self.pthread.unlock(self._mutex)

    def allocate(self, size: int) -> tuple[int, int]:
        """A zeroed block of at least `size` bytes: its offset and its true size in bytes."""
        power = max(_SMALLEST, (size - 1).bit_length())
        words, free = self.words, _FREE + power
        with self.locked():
            offset = words[free]
            if offset:
                words[free] = words[offset >> 3]
            else:
                offset = words[_NEXT_BLOCK]
                if offset + (1 << power) > SIZE:
                    raise Misuse(
                        f"the program's objects take more than {SIZE >> 20} MiB of shared memory: "
                        "create fewer of them, or keep less in them"
                    )
                words[_NEXT_BLOCK] = offset + (1 << power)
        ctypes.memset(self.address + offset, 0, 1 << power)
        return offset, 1 << power

    def release(self, offset: int, size: int) -> None:
        """Give a block back; `size` as `allocate` said it."""
        free = _FREE + size.bit_length() - 1
        with self.locked():
            self.words[offset >> 3] = self.words[free]
            self.words[free] = offset

    @property
    def used(self) -> int:
        """Bytes of the heap that have ever been given out; free blocks are among them."""
        return self.words[_NEXT_BLOCK] - _HEAP

    def push(self, head: int, offset: int, link: int) -> None:
        """Put a block in front of a list whose first offset stands in the word `head`."""
        with self.locked():
            self.words[(offset >> 3) + link] = self.words[head]
            self.words[head] = offset

    def take_all(self, head: int) -> int:
        """Empty a list; its first block's offset, 0 if there is none."""
        with self.locked():
            first: int = self.words[head]
            self.words[head] = 0
        return first

    def write_text(self, word: int, text: str, size: int) -> None:
        """Put text, cut to `size` bytes, into the words from `word` on."""
        data = text.encode("utf-8", "replace")[:size]
        self.memory[word * 8 : word * 8 + size] = data.ljust(size, b"\0")

    def read_text(self, word: int, size: int) -> str:
        return self.memory[word * 8 : word * 8 + size].rstrip(b"\0").decode("utf-8", "replace")

    def close(self) -> None:
        """Unmap; whatever is mapped elsewhere lives on there."""
        self.words.release()
        del self._anchor
        self.memory.close()
        os.close(self.fd)


assert _MUTEX * 8 + MUTEX_BYTES <= _FREE * 8 and _FREE + _SIZES <= TASKS
