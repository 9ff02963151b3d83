"""`verify check --engine dask`: what it does, and what it says where it cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.offspring import ended
from tests.cluster.conftest import ROOT, Machines
from verify.cli import main
from verify.cluster import cluster as clusters
from verify.cluster.cluster import Cluster

PROGRAM = """
import verify
from {helper} import times

@verify.model(classes=120)
def adding():
    total = verify.Atomic(0)
    tasks = [verify.Thread(target=total.add, args=(times(1),)) for _ in range(5)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
"""
"""Each order of five additions is a class: 5! of them."""
HELPER = "def times(number):\n    return number\n"
ENDLESS = """
import verify

@verify.model
def endless():
    total = verify.Atomic(0)
    tasks = [verify.Thread(target=lambda: [total.add(1) for _ in range(9)]) for _ in range(5)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
"""

pytestmark = pytest.mark.usefixtures("divided_early")


class Shelves:
    """A program here, and what the workers have of it."""

    def __init__(self, here: Path, there: Path, name: str) -> None:
        self.file = here / f"{name}.py"
        self.helper = f"{name}_helper"
        self._there = there
        self.put(here, self.file.name, PROGRAM.format(helper=self.helper))
        self.put(here, f"{self.helper}.py", HELPER)

    def put(self, shelf: Path, name: str, text: str) -> None:
        shelf.mkdir(exist_ok=True)
        (shelf / name).write_text(text)

    def there(self, program: str | None = None, helper: str = HELPER) -> None:
        """Install it there, perhaps another one."""
        text = PROGRAM if program is None else program
        self.put(self._there, self.file.name, text.format(helper=self.helper))
        self.put(self._there, f"{self.helper}.py", helper)


@pytest.fixture
def shelves(
    machines: Machines,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Shelves:
    """A program of a name that nobody has imported yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Shelves(tmp_path / "here", machines.shelf, request.node.name)


Check = Callable[[Path], tuple[int, str]]


@pytest.fixture
def check(machines: Machines, capsys: pytest.CaptureFixture[str]) -> Check:
    """Run the command; its exit code, and all that it prints."""

    def run(file: Path) -> tuple[int, str]:
        code = main(["check", str(file), "--engine", "dask", "--scheduler", machines.address])
        out, err = capsys.readouterr()
        return code, out + err

    return run


def test_a_model_that_is_installed_there(shelves: Shelves, check: Check) -> None:
    shelves.there()
    code, said = check(shelves.file)
    assert (code, "PROVED" in said) == (0, True), said


def test_a_model_that_is_not_installed_there(shelves: Shelves, check: Check) -> None:
    code, said = check(shelves.file)
    assert code == 2
    assert f"cannot import {shelves.file.stem}: ModuleNotFoundError" in said
    assert "pip install -e ." in said


def test_a_model_that_is_another_one_there(shelves: Shelves, check: Check) -> None:
    shelves.there(PROGRAM.replace("range(5)", "range(4)"))
    code, said = check(shelves.file)
    assert code == 2
    assert f"has another {shelves.file.stem} in " in said
    assert said.count("sha-256") == 1 and "than the search" in said


def test_a_module_of_the_program_that_is_another_one_there(shelves: Shelves, check: Check) -> None:
    shelves.there(helper=HELPER.replace("number\n", "2 * number\n"))
    code, said = check(shelves.file)
    assert code == 2
    assert f"has another {shelves.helper} (sha-256 " in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engine", "dask"], "--engine dask needs the address of a scheduler"),
        (["--scheduler", "tcp://here:1"], "--scheduler tcp://here:1 is for --engine dask"),
        (
            ["--engine", "dask", "--scheduler", "tcp://here:1", "--workers", "2"],
            "--workers are processes here",
        ),
        (
            ["--engine", "dask", "--scheduler", "here"],
            "no dask scheduler answers at here: missing port number in address 'here'",
        ),
        (
            ["--engine", "dask", "--scheduler", "tls://127.0.0.1:1"],
            "no dask scheduler answers at tls://127.0.0.1:1: TLS expects",
        ),
        pytest.param(
            ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"],
            "no dask scheduler answers at tcp://127.0.0.1:1: Timed out",
            marks=pytest.mark.nightly,  # it takes the ten seconds that a scheduler has to answer
        ),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    pytest.importorskip("distributed")
    assert main(["check", "nowhere.py", *options]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("verify: error: ") and err.count("\n") == 1
    assert said in err


def test_without_dask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "find_spec", lambda _: None)
    assert main(["check", "nowhere.py", "--engine", "dask", "--scheduler", "tcp://here:1"]) == 2
    assert "pip install 'verify-concurrency[dask]'" in capsys.readouterr().err


@pytest.mark.nightly
def test_a_scheduler_without_workers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machines = Machines(tmp_path, workers=0)
    code = main(["check", "nowhere.py", "--engine", "dask", "--scheduler", machines.address])
    assert code == 2
    assert f"has no workers: start some (dask worker {machines.address})" in capsys.readouterr().err
    machines.leave()


@pytest.mark.nightly
def test_a_scheduler_that_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machines = Machines(tmp_path)
    receive = Cluster.receive

    def receiving(of: Cluster, search: int, timeout: float) -> list[object] | None:
        told = receive(of, search, timeout)
        if told and machines.explorers():
            machines.kill()
        return told

    monkeypatch.setattr(Cluster, "receive", receiving)
    (tmp_path / "endless.py").write_text(ENDLESS)
    file = str(tmp_path / "endless.py")
    began = time.monotonic()
    code = main(["check", file, "--engine", "dask", "--scheduler", machines.address])
    assert code == 2
    err = capsys.readouterr().err
    assert f"the scheduler at {machines.address} is gone" in err
    assert err.count("\n") == 1
    assert time.monotonic() - began < 45
    machines.collect()


@pytest.mark.nightly
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_nobody_explores_when_the_command_has_ended(
    machines: Machines, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    (machines.shelf / "endless.py").write_text(ENDLESS)
    options = ["--engine", "dask", "--scheduler", machines.address, "--max-seconds", "none"]
    command = subprocess.Popen(
        [sys.executable, "-m", "verify", "check", str(tmp_path / "endless.py"), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    while not machines.explorers():
        with suppress(subprocess.TimeoutExpired):
            command.wait(0.1)
            raise AssertionError("it has ended before anybody explored")
    explorers = machines.explorers()
    command.send_signal(how)
    assert command.wait(60) == (3 if how is signal.SIGINT else -how)
    assert all(map(ended, explorers))
