"""Programs of which nothing may be left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.distributed.programs import Program, is_open
from tests.processes.watching import until


class Stage:
    """Starts masters and workers, as many as a test wants."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.port = 0

    def master(self, *arguments: object) -> Program:
        """A master that listens; the workers that follow are its own."""
        master = self.start("task_master.py", "--port", 0, *arguments)
        self.port = int(master.says("Listening at 127.0.0.1:"))
        return master

    def worker(self, *arguments: object) -> Program:
        """A worker."""
        return self.start("task_worker.py", "--port", self.port, *arguments)

    def start(self, *arguments: object) -> Program:
        program = Program(*map(str, arguments))
        self.programs.append(program)
        return program


@pytest.fixture
def stage() -> Iterator[Stage]:
    """When the programs of a test have ended, no process of theirs is there, and no open port."""
    stage = Stage()
    try:
        yield stage
        for program in stage.programs:
            until(lambda program=program: not program.left())
        assert not is_open(stage.port)
    finally:
        for program in stage.programs:
            program.close()
