"""fasteners 0.16.3: a writer that reads waits for a writer that waits for it.

**Promise.** `ReaderWriterLock` lets many readers in, or one writer; and who has the write lock may
take the read lock as well.

**Bug.** A new reader waits while writers are pending, so that these are not starved. In 0.16.3 this
holds for the writer itself, too: it waits for a writer who waits for it.

**What the explorer shows.** A deadlock of two threads, within a few executions: the second writer
has to come while the first one has the write lock and not yet the read lock.

**Fix** (0.17.3): the condition asks first whether the reader is the writer.
"""

from __future__ import annotations

from fasteners import ReaderWriterLock
from together import together


def writer_that_reads() -> None:
    lock = ReaderWriterLock()
    done: list[str] = []

    def write_and_read() -> None:
        with lock.write_lock(), lock.read_lock():
            done.append("read")

    def write() -> None:
        with lock.write_lock():
            done.append("wrote")

    together(write_and_read, write)
    assert sorted(done) == ["read", "wrote"]
