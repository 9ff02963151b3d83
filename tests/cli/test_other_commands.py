"""`verify replay`, `show`, `list`, `stress`, `--version`, and `python -m verify`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import verify
from tests.cli.conftest import CROSSED, ORDERED, Cli, Write
from verify.commands import exit_codes

EXPECTED = CROSSED.format(arguments='expect="deadlock"')
RIGHT = ORDERED.format(arguments="")


@pytest.fixture
def trace(call: Cli, write: Write) -> str:
    """A trace of models/crossed.py."""
    write("models/crossed.py", EXPECTED)
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    return str(path)


def test_version(cli: Cli) -> None:
    core = verify.build.in_words()
    assert cli("--version") == (0, f"verify {verify.__version__}, {core}\n", "")


def test_replay_reproduces(call: Cli, trace: str) -> None:
    """Refuted again, so the exit code is 1: a replay is never a pass."""
    done = call("replay", trace)
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert "REPRODUCED  models/crossed.py::crossed" in done.out
    document = json.loads(call("replay", trace, "--json").out)
    assert document["reproduced"] is True
    assert (document["kind"], document["exit_code"]) == ("deadlock", exit_codes.REFUTED)


def test_replay_of_a_program_that_was_mended(call: Cli, trace: str, write: Write) -> None:
    """The same locks in one order: the second task cannot take what the trace says it took."""
    write("models/crossed.py", EXPECTED)
    elsewhere = write(
        "mended/crossed.py", EXPECTED.replace("(right, left)).start", "(left, right)).start")
    )
    done = call("replay", trace, str(elsewhere))
    assert done.code == exit_codes.NONDETERMINISTIC
    assert "NOT REPRODUCED" in done.out
    document = json.loads(call("replay", trace, str(elsewhere), "--json").out)
    assert document["reproduced"] is False
    assert document["source_changed"] is True
    assert document["diverged"]["step"] >= 1


def test_replay_from_another_directory(
    call: Cli, trace: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key has another path there; the file that is given holds the model all the same."""
    trace = str(here / trace)
    monkeypatch.chdir(here / "models")
    assert call("replay", trace, "crossed.py").code == exit_codes.REFUTED


def test_files_of_one_name_are_kept_apart(
    call: Cli, here: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from elsewhere both models have one key; both are checked, and a replay asks which."""
    paths = [str(write(f"{name}/crossed.py", EXPECTED)) for name in ("first", "second")]
    monkeypatch.chdir(write("elsewhere/empty.txt", "").parent)
    assert "2 models: 2 as expected" in call("check", *paths).out
    (trace,) = Path("traces").iterdir()
    done = call("replay", str(trace), *paths)
    assert done.code == exit_codes.BAD_INPUT
    assert "2 among the 2 models" in done.err
    assert call("replay", str(trace), paths[1]).code == exit_codes.REFUTED


def test_replay_imports_nothing_that_a_trace_names(call: Cli, write: Write) -> None:
    """The trace's model lies in a file that leaves a mark when it is imported."""
    marked = "import pathlib\npathlib.Path('imported').touch()\n" + EXPECTED
    write("marked.py", marked)
    write("other.py", RIGHT)
    assert call("check", "marked.py").code == 0
    (path,) = Path("traces").iterdir()
    Path("imported").unlink()
    assert call("replay", str(path), "other.py").code == exit_codes.BAD_INPUT
    assert call("show", str(path)).code == 0
    assert not Path("imported").exists()


def test_show(call: Cli, trace: str) -> None:
    done = call("show", trace)
    assert (done.code, done.err) == (0, "")
    assert "deadlock" in done.out
    assert f"verify replay {trace}" in done.out
    document = json.loads(call("show", trace, "--json").out)
    assert document["trace"]["model"] == "models/crossed.py::crossed"
    assert document["trace"]["events"]


def test_list(call: Cli, write: Write) -> None:
    write("models/crossed.py", EXPECTED)
    write("models/ordered.py", ORDERED.format(arguments="classes=2"))
    done = call("list")
    assert done.code == 0
    assert [line.split(maxsplit=1) for line in done.out.splitlines()] == [
        ["models/crossed.py::crossed", "deadlock"],
        ["models/ordered.py::ordered", "proved, 2 classes"],
    ]
    listed = json.loads(call("list", "--json").out)["models"]
    assert [model["classes"] for model in listed] == [None, 2]


def test_list_under_headings(call: Cli, write: Write) -> None:
    """In the order of their numbers, which is not that of their letters or of the files."""
    for file, heading in {"a": "2.10 Later", "b": "", "c": "Of no number", "d": "2.9 Lock"}.items():
        write(f"models/{file}.py", (f'HEADING = "{heading}"' if heading else "") + RIGHT)
    lines = [line.split()[0] if "::" in line else line for line in call("list").out.splitlines()]
    assert lines == [
        "2.9 Lock",
        "models/d.py::ordered",
        "2.10 Later",
        "models/a.py::ordered",
        "Of no number",
        "models/c.py::ordered",
        "Others",
        "models/b.py::ordered",
    ]
    listed = json.loads(call("list", "--json").out)["models"]
    assert [model["heading"] for model in listed] == ["2.10 Later", "", "Of no number", "2.9 Lock"]


def test_stress(cli: Cli, write: Write) -> None:
    """A right model shows nothing; of a wrong one nothing or its bug is welcome."""
    write("models/crossed.py", EXPECTED)
    write("models/ordered.py", RIGHT)
    done = cli("stress", "--iterations", "20", "--seed", "3")
    assert (done.code, done.err) == (0, "")
    assert "2 models: 2 as expected" in done.out
    assert "20 runs on threads" in done.out
    document = json.loads(cli("stress", "--iterations", "20", "--json").out)
    assert [model["runs"] for model in document["models"]] == [20, 20]
    assert document["exit_code"] == 0


def test_stress_that_finds_what_nobody_expects(cli: Cli, write: Write) -> None:
    """Every run asserts what is false, whatever the timing."""
    write(
        "wrong.py",
        "import verify\n\n@verify.model\ndef wrong():\n"
        "    shared = verify.Shared(0)\n    assert shared.value == 1, 'never so'\n",
    )
    done = cli("stress", "wrong.py", "--iterations", "3")
    assert done.code == exit_codes.REFUTED
    assert "NOT AS EXPECTED" in done.out
    assert "never so" in done.out


@pytest.mark.parametrize("on", ["processes", "coroutines"])
def test_stress_on_others(cli: Cli, write: Write, on: str) -> None:
    write("models/ordered.py", RIGHT)
    done = cli("stress", "--on", on, "--iterations", "2", "--json")
    document = json.loads(done.out)
    assert document["errors"] == []
    assert document["models"][0]["on"] == on
    assert done.code == document["exit_code"]


@pytest.mark.parametrize("option", ["--seconds", "--iterations"])
def test_stress_refuses_impossible_numbers(call: Cli, option: str) -> None:
    done = call("stress", option, "-1")
    assert done.code == exit_codes.BAD_INPUT
    assert option in done.err
