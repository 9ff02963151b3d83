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
LONGEST_OPERATION = 10.0
"""Seconds after which a process counts as stuck in what it is busy with."""


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
    until = time.monotonic() + LONGEST_OPERATION
    try:
        while True:
            signal.pidfd_send_signal(descriptor, signal.SIGSTOP)
            while _state(pid) not in _HALTED:
                os.sched_yield()
            if not busy() or _state(pid) in _OVER or time.monotonic() >= until:
                break
            # It goes on until it is not busy. Stopped again sooner, on a machine with much to do,
            # it would never be given a turn.
            signal.pidfd_send_signal(descriptor, signal.SIGCONT)
            while busy() and _state(pid) not in _OVER and time.monotonic() < until:
                os.sched_yield()
        signal.pidfd_send_signal(descriptor, number)
        signal.pidfd_send_signal(descriptor, signal.SIGCONT)
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(PATIENCE * 1000))
    finally:
        os.close(descriptor)


_OVER = "ZX"
_HALTED = "Tt" + _OVER


def _state(pid: int) -> str:
    """What a process is at, in the letters of proc(5); "X" once there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "X"
    return status.rpartition(")")[2].split()[0]
