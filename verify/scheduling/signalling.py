"""Ending a process of the operating system by a signal, and seeing its end.

The signal goes to the process that has the number now and to no later one: a pidfd stands for it.
"""

from __future__ import annotations

import os
import select
import signal

PATIENCE = 1.0
"""Seconds that a process has to die of a signal. One that handles it takes as long as it likes, and
its ending is looked for elsewhere."""


def end_by(pid: int, number: int) -> bool:
    """Send a signal that ends a process, and wait for its end; False if it lives on for now.

    ProcessLookupError if it has ended, and been reaped, before.
    """
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, number)
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(PATIENCE * 1000))
    finally:
        os.close(descriptor)
