"""Processes that a command starts: waiting for the first, and for its end."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from verify.stressing.process_end import ended_within

CHILDREN = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")


def children(parent: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    try:
        text = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(word) for word in text.split()]


def first_child(of: subprocess.Popen[bytes]) -> int:
    """The first process that one starts, as soon as it has."""
    for _ in range(6_000):
        found = children(of.pid)
        if found:
            return found[0]
        with suppress(subprocess.TimeoutExpired):
            of.wait(0.01)
            break
    raise AssertionError("it has started none")


def ended(process: int) -> bool:
    """Whether a process ends, within a minute; nobody may have asked for its exit code yet."""
    return ended_within(process, 60)
