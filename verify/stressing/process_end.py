"""Waiting for the end of a process, anybody's child, without polling and not for ever."""

from __future__ import annotations

import os
import select


def ended_within(pid: int, seconds: float | None) -> bool:
    """Whether a process has ended by then; None waits as long as it takes."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(None if seconds is None else seconds * 1000))
    finally:
        os.close(descriptor)
