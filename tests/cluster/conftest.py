"""What the tests of clusters share: one of two workers for all of them, and what must be gone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.cli.offspring import ended
from verify.cluster.cluster import Cluster
from verify.exploration import frontier

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
MARK = "VERIFY_TEST_CLUSTER"
"""A variable that all processes of a cluster inherit."""
EARLY = 20
"""Executions before a search is divided: more than are run before one is memoised."""


class Machines:
    """A scheduler and its workers. `shelf` is a directory from which the workers can import."""

    def __init__(self, shelf: Path, workers: int = 2, threads: int = 1) -> None:
        self.shelf = shelf
        self._mark = uuid4().hex
        for file in MODELS.glob("*.py"):
            if file.stem != "distributed":  # by that name dask's package is imported
                shutil.copy(file, shelf)
        path = os.pathsep.join(map(str, (ROOT, shelf)))
        self._environment = {
            **os.environ,
            "PYTHONPATH": path,
            "SHELF": str(shelf),
            MARK: self._mark,
        }
        self._enlisted: list[subprocess.Popen[bytes]] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.serving", str(workers), str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment,
        )
        assert self._process.stdout is not None
        self.address: str = json.loads(self._process.stdout.readline())

    def enlist(self) -> None:
        """One worker more, of one thread, that nobody starts again."""
        command = [sys.executable, "-m", "distributed.cli.dask_worker", self.address]
        options = ["--no-nanny", "--nthreads=1", "--no-dashboard", "--death-timeout=60"]
        self._enlisted.append(
            subprocess.Popen(
                [*command, *options],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
            )
        )

    def workers(self) -> list[int]:
        """The process numbers of the workers that explore at present."""
        stats = [_read(pid, "stat").split() for pid in self.explorers()]
        parents = {int(stat[3]) for stat in stats if stat}
        return sorted(parents & {*self._marked()})  # who is orphaned has another parent

    def explorers(self) -> list[int]:
        """The process numbers of the explorers beside them."""
        return [
            pid for pid in self._marked() if b"verify.cluster.explorer" in _read(pid, "cmdline")
        ]

    def _marked(self) -> list[int]:
        mark = f"{MARK}={self._mark}".encode()
        here = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
        return [pid for pid in here if mark in _read(pid, "environ")]

    def kill(self) -> None:
        """Switch everything off at once."""
        for pid in self._marked():
            os.kill(pid, signal.SIGKILL)

    def leave(self) -> None:
        """End, and demand that nobody stays."""
        everybody = self._marked()
        self.collect()
        assert all(map(ended, everybody))

    def collect(self) -> None:
        """Wait for the end; of dask's own, which may hang if a worker was killed as it began."""
        for worker in self._enlisted:
            worker.kill()
            worker.wait()
        try:
            self._process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.communicate()


def _read(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="package")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers of one thread, until the last of these tests: idle ones take time, too."""
    pytest.importorskip("distributed")
    made = Machines(tmp_path_factory.mktemp("shelf"))
    yield made
    made.leave()


@pytest.fixture(scope="module")
def cluster(machines: Machines) -> Iterator[Cluster]:
    """The same, connected."""
    with Cluster(machines.address) as connected:
        yield connected


@pytest.fixture
def divided_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide searches early."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
