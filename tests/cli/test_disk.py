"""A disk that is full, or a place that cannot be written to: the result is told all the same.

The error is one line, the exit code that of the result, and no half of a file is left.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, Cli, Write
from verify.commands import exit_codes

UNEXPECTED = CROSSED.format(arguments="")
FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def trace(call: Cli, write: Write) -> Path:
    """A counterexample that was kept when there still was room."""
    write("crossed.py", UNEXPECTED)
    assert call("check", "crossed.py").code == exit_codes.REFUTED
    (path,) = Path("traces").iterdir()
    return path


@pytest.fixture(params=["fsync", "replace"])
def full(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on there is no room, which shows so."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, FULL)

    monkeypatch.setattr(os, request.param, fail)


def files() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("as_json", [False, True])
def test_a_counterexample_that_cannot_be_kept(call: Cli, write: Write, as_json: bool) -> None:
    write("crossed.py", UNEXPECTED)
    done = call("check", "crossed.py", *["--json"] * as_json)
    assert done.code == exit_codes.REFUTED
    (line,) = done.err.splitlines()
    assert line.startswith("verify: error: the counterexample cannot be kept as traces/crossed-")
    assert FULL in line
    assert "deadlock" in done.out
    assert ('"trace": null' in done.out) == as_json
    assert list(files()) == ["crossed.py"]


def test_one_that_is_kept_already_needs_no_room(call: Cli, trace: Path, full: None) -> None:
    before = files()
    done = call("check", "crossed.py")
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert str(trace) in done.out
    assert files() == before


def test_a_file_in_the_way_of_the_traces(call: Cli, write: Write) -> None:
    write("crossed.py", UNEXPECTED)
    write("traces", "notes")
    done = call("check", "crossed.py")
    assert done.code == exit_codes.REFUTED
    assert len(done.err.splitlines()) == 1
    assert "deadlock" in done.out
    assert Path("traces").read_text() == "notes"


def test_a_real_limit_of_what_may_be_written(write: Write) -> None:
    """In the middle of the trace, in a process that may write files of so many bytes."""
    write("crossed.py", UNEXPECTED)
    limited = f"ulimit -f 1; exec {sys.executable} -B -m verify check crossed.py"
    done = subprocess.run(
        ["bash", "-c", limited], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == exit_codes.REFUTED, done
    (line,) = done.stderr.splitlines()
    assert os.strerror(errno.EFBIG) in line
    assert "1 model: 0 as expected, 1 NOT as expected" in done.stdout
    assert list(files()) == ["crossed.py"]


WRITTEN = [
    (["check", "crossed.py", "--junit", "out.file"], "the JUnit report cannot be written", True),
    (["show", "TRACE", "--html", "out.file"], "the page cannot be written", False),
]


@pytest.mark.parametrize(("command", "message", "told"), WRITTEN)
def test_another_file_that_finds_no_room(
    call: Cli, trace: Path, full: None, command: list[str], message: str, told: bool
) -> None:
    Path("out.file").write_text("older")
    before = files()
    done = call(*[str(trace) if word == "TRACE" else word for word in command])
    assert done.code == exit_codes.BAD_INPUT
    (line,) = done.err.splitlines()
    assert message in line
    assert FULL in line
    assert ("1 NOT as expected" in done.out) == told
    assert files() == before


@pytest.mark.parametrize(("command", "message", "told"), WRITTEN)
@pytest.mark.parametrize("place", [".", "missing/file", "crossed.py/file", "n" * 300, "/dev/full"])
def test_a_place_for_no_file(
    call: Cli, trace: Path, command: list[str], message: str, told: bool, place: str
) -> None:
    before = files()
    words = {"TRACE": str(trace), "out.file": place}
    done = call(*[words.get(word, word) for word in command])
    assert done.code == exit_codes.BAD_INPUT
    assert len(done.err.splitlines()) == 1
    assert message in done.err or "is a directory" in done.err
    assert files() == before
    assert not Path("/dev/full").is_file()


@pytest.mark.usefixtures("full")
def test_a_picture_that_finds_no_room(call: Cli, write: Write) -> None:
    write("crossed.py", UNEXPECTED)
    write("crossed-crossed.dot", "older")
    before = files()
    done = call("graph", "crossed.py")
    assert done.code == exit_codes.BAD_INPUT
    (line,) = done.err.splitlines()
    assert f"crossed-crossed.dot: {FULL}" in line
    assert files() == before


COMMANDS = [
    ["check", "crossed.py"],
    ["check", "crossed.py", "--json"],
    ["list", "crossed.py"],
    ["show", "TRACE"],
    ["explain", "TRACE"],
    ["replay", "TRACE", "crossed.py"],
    ["outcomes", "crossed.py"],
    ["graph", "crossed.py"],
    ["stress", "crossed.py", "--iterations", "1"],
]


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_output_that_is_full(trace: Path, command: list[str]) -> None:
    words = [str(trace) if word == "TRACE" else word for word in command]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "verify", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == exit_codes.BAD_INPUT
    (line,) = done.stderr.splitlines()
    assert line == f"verify: error: standard output cannot be written: {FULL}"
