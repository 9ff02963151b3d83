"""Schedulers that must leave nothing behind: no process, no open file, no shared memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes.watching import children, mapped, open_files
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate


@pytest.fixture
def processes() -> Iterator[Callable[..., ProcessScheduler]]:
    """Makes schedulers; afterwards nothing of them may be left."""
    files, born, names = open_files(), children(), set(Path("/dev/shm").iterdir())
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
    assert set(Path("/dev/shm").iterdir()) == names
    assert mapped() == 0


@pytest.fixture
def scheduler(processes: Callable[..., ProcessScheduler]) -> ProcessScheduler:
    return processes()
