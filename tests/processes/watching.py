"""What the tests of the processes scheduler use to look at processes, and to end them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import verify
from verify.scheduling.monitor import TaskFailure
from verify.scheduling.processes import ProcessScheduler

SOON = 5.0
"""Seconds within which what must happen has happened, however busy the machine is."""


def open_files() -> set[str]:
    """What this process has open; "anon_inode" and memfd entries show by name."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{link.name} {link.readlink()}")
        except OSError:  # the one that listed the directory
            continue
    return found


def children() -> set[str]:
    """The living and the unreaped children of this process."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def mapped() -> int:
    """How many mappings of shared anonymous files this process has."""
    return Path("/proc/self/maps").read_text().count("memfd:verify")


def until(true: Callable[[], object]) -> None:
    """Let the others go on until something that they will bring about holds."""
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it did not happen"
        os.sched_yield()


def pid(scheduler: ProcessScheduler, process: verify.Thread) -> int:
    assert process.ident is not None
    return scheduler.pid(process.ident)


def kill(scheduler: ProcessScheduler, process: verify.Thread) -> None:
    os.kill(pid(scheduler, process), signal.SIGKILL)


def start(*targets: Callable[[], object]) -> list[verify.Process]:
    started = [verify.Process(target=target) for target in targets]
    for process in started:
        process.start()
    return started


def failures(scheduler: ProcessScheduler) -> list[TaskFailure]:
    found = scheduler.failures
    assert found is not None
    return found
