"""Ending a process of the operating system by a signal, and seeing its end.

The signal goes to the process that has the number now and to no later one: a pidfd stands for it.
Who must not be ended at every moment is stopped first and looked at, and goes on if this was one.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 1.0
"""Seconds that a process has to die of a signal. One that handles it takes as long as it likes, and
its ending is looked for elsewhere."""


@contextmanager
def terminable() -> Iterator[None]:
    """While a child is forked: what its parent does about SIGTERM is not the child's to do, so none
    comes before the child has said so (`be_terminable`)."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def be_terminable() -> None:
    """In the child: SIGTERM ends it from here on, and if one has come."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def end_by(pid: int, number: int, busy: Callable[[], object] = lambda: False) -> bool:
    """Send a signal that ends a process, and wait for its end; False if it lives on for now.

    Not while it is `busy`, which is asked while it is stopped; but for ever it cannot be. Raises
    ProcessLookupError if it has ended, and been reaped, before.
    """
    descriptor = os.pidfd_open(pid)
    until = time.monotonic() + PATIENCE
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
        while _runs(pid) or (busy() and time.monotonic() < until):
            if not _runs(pid):
                signal.pidfd_send_signal(descriptor, signal.SIGCONT)
                os.sched_yield()
                signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
            os.sched_yield()
        signal.pidfd_send_signal(descriptor, number)
        signal.pidfd_send_signal(descriptor, signal.SIGCONT)
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(PATIENCE * 1000))
    finally:
        os.close(descriptor)


def _runs(pid: int) -> bool:
    """Whether a process has neither been stopped nor ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "TtZX"
