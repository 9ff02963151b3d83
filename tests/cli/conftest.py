"""What the tests of the command line share: a directory of one's own, and two ways to run it.

`cli` runs a command in another process, as a person does; `call` runs it in this one, which is
quicker and lets a test replace a part of the harness.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from verify.cli import main

ROOT = Path(__file__).resolve().parents[2]

LONG = """
import verify

@verify.model()
def long():
    cells = [verify.Shared(0) for _ in range(12)]

    def move(cell):
        cell.value += 1

    for cell in cells:
        for _ in range(2):
            verify.Thread(target=move, args=(cell,)).start()
"""
"""Twelve pairs of increments: 4^12 classes, 16 777 216."""

CROSSED = """
import verify

@verify.model({arguments})
def crossed():
    left, right = verify.Lock(), verify.Lock()

    def move(first, second):
        with first, second:
            pass

    verify.Thread(target=move, args=(left, right)).start()
    verify.Thread(target=move, args=(right, left)).start()
"""
"""Two locks taken in either order: a deadlock. Three classes: one task wholly before the other,
the other way round, or each holding one lock."""

ORDERED = """
import verify

@verify.model({arguments})
def ordered():
    lock = verify.Lock()

    def move():
        with lock:
            pass

    verify.Thread(target=move).start()
    verify.Thread(target=move).start()
"""
"""One lock, two tasks: right. Two classes: who comes first."""


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Cli = Callable[..., Done]
Write = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory to stand in, and surroundings that do not leak in."""
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "NO_COLOR", "VERIFY_DEBUG", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.fixture
def write(here: Path) -> Write:
    """Write a file below the directory here."""

    def write_file(name: str, text: str) -> Path:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def cli() -> Cli:
    """Run a command in another process."""

    def run(*arguments: str, **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "verify", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())

    return run


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command in this process."""

    def run(*arguments: str) -> Done:
        code = main(arguments)
        return Done(code, *capsys.readouterr())

    return run
