"""`check --checkpoint` and `resume`: what a person sees, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ORDERED, Cli, Write
from verify.checkpoints import format
from verify.checkpoints.format import read
from verify.commands import exit_codes

LONG = """
import verify
import helping

@verify.model(classes=576)
def long():
    counter = verify.Shared(0)

    def add():
        counter.value = helping.one_more(counter.value)

    tasks = [verify.Thread(target=add) for _ in range(4)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
"""
"""Each of four tasks reads and then writes: 4!² classes."""
HELPING = "def one_more(number):\n    return number + 1\n"
SECOND = ORDERED.format(arguments="")


kept: list[bytes] = []
"""The file that the first check below writes: where it is written, makes no difference."""


@pytest.fixture
def stopped(cli: Cli, write: Write) -> Path:
    """The checkpoint of a check of two models that was stopped in the first."""
    write("helping.py", HELPING)
    write("m.py", LONG + SECOND.replace("import verify", ""))
    if kept:
        Path("kept").write_bytes(kept[0])
        return Path("kept")
    done = cli("check", "m.py", "--checkpoint", "kept", "--max-executions", "100")
    assert done.code == exit_codes.UNDETERMINED
    assert done.out.endswith("To go on from here: verify resume kept m.py\n")
    kept.append(Path("kept").read_bytes())
    return Path("kept")


def test_it_goes_on_and_tells_the_whole(cli: Cli, stopped: Path) -> None:
    """The limit may be given anew; afterwards the file still has the results."""
    done = cli("resume", "kept", "m.py")
    assert done.code == exit_codes.UNDETERMINED and "100 executions" in done.out
    for _ in range(2):
        done = cli("resume", "kept", "m.py", "--max-executions", "none", "--workers", "2")
        assert done.code == exit_codes.AS_EXPECTED, done
        assert "576 classes" in done.out and "2 proved" in done.out
        assert "To go on" not in done.out
        assert read(Path(stopped)).over


def test_a_check_writes_over_no_file_but_one_that_is_over(cli: Cli, stopped: Path) -> None:
    before = stopped.read_bytes()
    done = cli("check", "m.py", "--checkpoint", "kept")
    assert done.code == exit_codes.BAD_INPUT
    assert "go on with verify resume kept, or remove it" in done.err
    assert stopped.read_bytes() == before
    source = Path("m.py").read_bytes()
    done = cli("check", "m.py", "--checkpoint", "m.py")
    assert done.code == exit_codes.BAD_INPUT and "remove it, or name another file" in done.err
    assert Path("m.py").read_bytes() == source
    assert cli("resume", "kept", "m.py", "--max-executions", "none").code == exit_codes.AS_EXPECTED
    assert cli("check", "m.py", "--checkpoint", "kept").code == exit_codes.AS_EXPECTED


@pytest.mark.parametrize("file", ["m.py", "helping.py"])
def test_another_program_is_refused(cli: Cli, stopped: Path, file: str) -> None:
    """Also if what has changed is a module that the model uses."""
    before = stopped.read_bytes()
    with Path(file).open("a") as opened:
        opened.write("\n")
    done = cli("resume", "kept", "m.py")
    assert done.code == exit_codes.BAD_INPUT
    assert "kept is of another program: m.py::" in done.err and "begin again with" in done.err
    assert stopped.read_bytes() == before


def test_a_model_that_is_not_there_is_refused(cli: Cli, stopped: Path, write: Write) -> None:
    write("other.py", CROSSED.format(arguments=""))
    done = cli("resume", "kept", "other.py")
    assert done.code == exit_codes.BAD_INPUT
    assert "m.py::long, which is not among the 1 models in other.py" in done.err


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("python", "3.10", "was written on Python 3.10, and this is 3."),
        ("tool", "0.0.9", "is of verify 0.0.9, and this is "),
        ("sources", "0" * 64, "is of another build of verify"),
    ],
)
def test_another_verify_or_python_is_refused(
    cli: Cli, stopped: Path, name: str, value: str, reason: str
) -> None:
    line, _, rest = stopped.read_bytes()[: -format.TRAILER_BYTES].partition(b"\n")
    header = {**format._parsed(line), name: value}
    data = format._line(header) + rest
    stopped.write_bytes(data + format.trailer(data))
    done = cli("resume", "kept", "m.py")
    assert done.code == exit_codes.BAD_INPUT
    assert reason in done.err and "go on with that one, or begin again" in done.err


def test_a_search_without_a_frontier_is_refused(cli: Cli, write: Write) -> None:
    write("m.py", SECOND)
    for given in (("--strategy", "random"), ("--preemptions", "2")):
        done = cli("check", "m.py", "--checkpoint", "kept", *given)
        assert done.code == exit_codes.BAD_INPUT and "which cannot be saved" in done.err
    assert not Path("kept").exists()


def test_a_file_that_cannot_be_written_costs_a_line(cli: Cli, write: Write) -> None:
    write("m.py", SECOND)
    missing = os.path.join("nowhere", "kept")
    done = cli("check", "m.py", "--checkpoint", missing)
    assert done.code == exit_codes.AS_EXPECTED
    assert done.err.count("the checkpoint cannot be written as") == 1
    assert "1 proved" in done.out
