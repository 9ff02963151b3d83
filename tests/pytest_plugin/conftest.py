"""What the tests of the pytest plugin share: a directory of one's own, and runs of pytest in it.

Most runs share this process, which is quicker; the modules of the harness are imported here, before
any of them, because pytester forgets what is first imported during a run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from verify import model as model, pytest_plugin
from verify.pytesting import running as running
from verify.stressing import runner as runner

Run = Callable[..., pytest.RunResult]
Write = Callable[[str], Path]

LOST = """
import verify

def adding(count):
    cell = verify.Shared(0)
    def add():
        cell.value += 1
    tasks = [verify.Thread(target=add) for _ in range(count)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert cell.value == count, "an addition was lost"
"""
"""Tasks that each read a cell and then write it: right alone, wrong as soon as there are two."""

ENDLESS = """
import verify

@verify.model({arguments})
def test_endless():
    cell = verify.Shared(0)
    def add():
        for _ in range(9):
            cell.value += 1
    for _ in range(5):
        verify.Thread(target=add).start()
"""
"""Right, with more classes than a machine could ever run."""


@pytest.fixture(autouse=True)
def surroundings(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings from outside; a directory that is nobody's project."""
    for name in ("CI", "COLUMNS", "NO_COLOR", "FORCE_COLOR", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini("[pytest]\nfilterwarnings = default\n")  # not the error of our own


@pytest.fixture
def write(pytester: pytest.Pytester) -> Write:
    """Write the test file, test_it.py."""

    def write_file(text: str) -> Path:
        path = pytester.path / "test_it.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest in this process, with this plugin alone: looking for others takes a second."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run_here(*arguments: str) -> pytest.RunResult:
        arguments = ("-p", "no:cacheprovider", *arguments)
        return pytester.runpytest_inprocess(*arguments, plugins=[pytest_plugin])

    return run_here


@pytest.fixture
def run_apart(pytester: pytest.Pytester) -> Run:
    """Run pytest in a process of its own."""

    def run_there(*arguments: str, stdin: bytes = b"") -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return run_there


def traces() -> list[str]:
    """The names of the saved counterexamples, without the digits."""
    return sorted(path.stem.rpartition("-")[0] for path in Path("traces").glob("*.jsonl"))


def section(result: pytest.RunResult, title: str) -> list[str]:
    """The lines of one section of pytest's output, without those that are empty."""
    lines = result.outlines
    begin = next(i for i, line in enumerate(lines) if line.strip("=_ ") == title)
    rest = lines[begin + 1 :]
    end = next((i for i, line in enumerate(rest) if line.startswith(("====", "____"))), len(rest))
    return [line for line in rest[:end] if line]
