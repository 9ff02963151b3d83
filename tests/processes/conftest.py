"""Schedulers that must leave nothing behind: no process, no open file, no shared memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes.watching import children, mapped, open_files
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate


def shared_memory() -> set[Path]:
    """What has a name there, but for semaphores of `multiprocessing`: other tests' that run now."""
    return {path for path in Path("/dev/shm").iterdir() if not path.name.startswith("sem.mp-")}


@pytest.fixture
def processes() -> Iterator[Callable[..., ProcessScheduler]]:
    """Makes schedulers; afterwards nothing of them may be left."""
    files, born, names = open_files(), children(), shared_memory()
    made: list[ProcessScheduler] = []

    def make(start_method: str = "fork", seed: int | None = 1) -> ProcessScheduler:
        scheduler = ProcessScheduler(seed, start_method)
        scheduler.failures = []
        made.append(scheduler)
        activate(scheduler)
        return scheduler

    yield make
    activate(None)
    for scheduler in made:
        scheduler.close()
    assert open_files() == files
    assert children() == born
    assert shared_memory() <= names
    assert mapped() == 0


@pytest.fixture
def scheduler(processes: Callable[..., ProcessScheduler]) -> ProcessScheduler:
    return processes()
