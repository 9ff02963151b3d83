"""Bad input: always one clear line on standard error, never a traceback of ours, nothing lost."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ORDERED, Cli, Done, Write
from verify.commands import exit_codes
from verify.exploration import watchdog

EXPECTED = CROSSED.format(arguments='expect="deadlock"')
RIGHT = ORDERED.format(arguments="")


def refused(done: Done, *words: str) -> None:
    """One line that has these words, exit code 2, nothing on standard output."""
    (line,) = done.err.splitlines()
    assert line.startswith("verify: error: ")
    for word in words:
        assert word in line
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")


@pytest.mark.parametrize("command", ["check", "list", "stress"])
def test_no_such_path(call: Cli, command: str) -> None:
    refused(call(command, "nowhere.py"), "nowhere.py", "no such file")


def test_a_path_that_no_file_can_have(call: Cli) -> None:
    refused(call("check", "x" * 5000), "File name too long")


def test_a_file_without_models(call: Cli, write: Write) -> None:
    write("empty.py", "x = 1\n")
    refused(call("check", "empty.py"), "empty.py contains no models", "@verify.model")


def test_a_directory_without_models(call: Cli, write: Write) -> None:
    write("src/plain.py", "x = 1\n")
    refused(call("check", "src"), "src contains no models")


def test_a_file_that_is_not_python(call: Cli, write: Write) -> None:
    write("notes.txt", "verify")
    refused(call("check", "notes.txt"), "notes.txt is not a Python file")


def test_an_unknown_model_of_a_file(call: Cli, write: Write) -> None:
    write("ordered.py", RIGHT)
    refused(call("check", "ordered.py::missing"), "no model missing", "ordered")


def test_a_model_that_fails_to_import(cli: Cli, write: Write) -> None:
    """Its own traceback, then one line of ours; the other files are checked all the same."""
    write(
        "models/bad.py", "import verify\n\ndef helper():\n    return 1 / 0\n\nhelper()  # @model\n"
    )
    write("models/ordered.py", RIGHT)
    done = cli("check")
    assert done.code == exit_codes.BAD_INPUT
    lines = done.err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.split(", line ")[0] for line in lines if line.startswith("  File")] == [
        f'  File "{Path.cwd() / "models/bad.py"}"' for _ in range(2)
    ]
    assert lines[-2] == "ZeroDivisionError: division by zero"
    assert lines[-1].startswith("verify: error: models/bad.py cannot be imported: ZeroDivision")
    assert "  PROVED    ordered" in done.out
    assert "1 error" in done.out


def test_a_file_that_is_not_valid_python(call: Cli, write: Write) -> None:
    write("broken.py", "import verify\n@verify.model\ndef (:\n")
    done = call("check", "broken.py")
    assert done.code == exit_codes.BAD_INPUT
    assert "SyntaxError" in done.err
    assert done.err.splitlines()[-1].startswith("verify: error: broken.py cannot be imported")


def test_a_file_that_ends_the_interpreter(call: Cli, write: Write) -> None:
    write("leaving.py", "import sys, verify\nsys.exit(0)\n")
    assert call("check", "leaving.py").code == exit_codes.BAD_INPUT


def test_an_unknown_strategy(call: Cli, write: Write) -> None:
    write("ordered.py", RIGHT)
    done = call("check", "ordered.py", "--strategy", "luck")
    refused(done, "unknown strategy 'luck'", "dpor", "random")


@pytest.mark.parametrize("option", ["--max-executions", "--max-seconds", "--max-steps"])
@pytest.mark.parametrize("bound", ["-1", "0", "nan", "many"])
def test_an_impossible_bound(call: Cli, write: Write, option: str, bound: str) -> None:
    write("ordered.py", RIGHT)
    refused(call("check", "ordered.py", option, bound), option, bound)


def test_an_unknown_expectation(call: Cli, write: Write) -> None:
    write("odd.py", ORDERED.format(arguments='expect="luck"'))
    done = call("check", "odd.py")
    assert done.code == exit_codes.BAD_INPUT
    assert "expect='luck'" in done.err.splitlines()[-1]


def test_no_command_and_an_unknown_one(call: Cli) -> None:
    refused(call(), "which command?", "check")
    refused(call("chekc"), "chekc")
    refused(call("check", "--sed", "3"), "--sed")


def test_errors_are_in_the_document_too(call: Cli) -> None:
    done = call("check", "nowhere.py", "--json")
    document = json.loads(done.out)
    assert document["exit_code"] == done.code == exit_codes.BAD_INPUT
    assert "nowhere.py" in document["errors"][0]
    done = call("show", "nowhere.jsonl", "--json")
    assert "nowhere.jsonl" in json.loads(done.out)["error"]


# ------------------------------------------------------------------------------------ traces


@pytest.fixture
def trace(call: Cli, write: Write) -> Path:
    """A sound trace of models/crossed.py, which tests then damage."""
    write("models/crossed.py", EXPECTED)
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    return path


def test_the_trace_is_sound(call: Cli, trace: Path) -> None:
    assert call("replay", str(trace)).code == exit_codes.REFUTED


@pytest.mark.parametrize("command", ["replay", "show", "explain"])
def test_damaged_traces(call: Cli, trace: Path, command: str) -> None:
    whole = trace.read_bytes()
    damage = {
        "empty": b"",
        "truncated": whole[: len(whole) // 2],
        "without its last line": whole[: whole.rindex(b"\n", 0, -1) + 1],
        "changed": whole.replace(b"acquire", b"release", 1),
        "not ours": b'{"name": "something else"}\n',
        "no text": bytes(range(256)),
        "newer": whole.replace(b'"version":1', b'"version":999', 1),
    }
    for what, content in damage.items():
        assert content != whole, what
        trace.write_bytes(content)
        refused(call(command, str(trace)), str(trace))
    trace.write_bytes(damage["newer"])
    assert "999" in call(command, str(trace)).err


@pytest.mark.parametrize("command", ["replay", "show", "explain"])
def test_a_trace_of_a_hundred_megabytes(call: Cli, here: Path, command: str) -> None:
    """Refused by its size: it takes no time, and is never in memory."""
    path = here / "huge.jsonl"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    began = time.perf_counter()
    refused(call(command, "huge.jsonl"), "huge.jsonl", "100,000,000 bytes")
    assert time.perf_counter() - began < 1


def test_a_trace_that_is_not_there_or_no_file(call: Cli, here: Path) -> None:
    refused(call("replay", "missing.jsonl"), "missing.jsonl")
    refused(call("replay", "."), "not a file")


def test_a_trace_whose_model_is_not_found(call: Cli, trace: Path, write: Write) -> None:
    write("elsewhere.py", RIGHT)
    done = call("replay", str(trace), "elsewhere.py")
    refused(done, "models/crossed.py::crossed", "verify replay TRACE FILE")


def test_a_trace_whose_program_changed(call: Cli, trace: Path, write: Write) -> None:
    """Both tasks now take the locks in one order, so the second can only wait."""
    write("later/models/crossed.py", EXPECTED.replace("right, left)).start", "left, right)).start"))
    done = call("replay", str(trace), "later/models/crossed.py")
    assert done.code == exit_codes.NONDETERMINISTIC
    told = " ".join(done.out.split())
    assert "did not reproduce" in told
    assert "its source has changed since" in told


# ------------------------------------------------------------------------------ awkward models


def test_a_model_that_raises_before_its_first_task(call: Cli, write: Write) -> None:
    write("models/early.py", "import verify\n\n@verify.model\ndef early():\n    [][0]\n")
    write("models/ordered.py", RIGHT)
    done = call("check")
    assert done.code == exit_codes.BAD_INPUT
    (line,) = done.err.splitlines()
    assert "models/early.py::early failed before its first operation" in line
    assert "models/early.py:5" in line
    assert "IndexError" in line
    assert "  PROVED    ordered" in done.out


MANY = """
import verify

@verify.model(expect={expect!r})
def many():
    lock = verify.Lock()

    def work():
        with lock:
            {inside}

    for _ in range(200):
        verify.Thread(target=work).start()
"""


def test_a_model_that_starts_200_tasks(cli: Cli, write: Write) -> None:
    """200! orders are too many: it stops at a limit, and says so."""
    write("many.py", MANY.format(expect="proved", inside="pass"))
    done = cli("check", "many.py", "--max-executions", "10")
    assert (done.code, done.err) == (exit_codes.UNDETERMINED, "")
    assert "not refuted within 10 executions" in done.out


def test_a_deadlock_of_200_tasks_is_readable(cli: Cli, write: Write) -> None:
    """The first to enter waits for itself, and 199 wait for it."""
    write("many.py", MANY.format(expect="proved", inside="lock.acquire()"))
    done = cli("check", "many.py")
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert "deadlock" in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 250
    assert "Traceback" not in done.out


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("os.read(os.pipe()[0], 1)", "stuck.py:6"),
        ("while True: pass", "stuck.py:6"),
    ],
    ids=["a call that blocks", "a loop without visible operation"],
)
def test_a_task_that_is_stuck(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch, body: str, line: str
) -> None:
    """The watchdog names the line; its patience is shortened here, which changes nothing else."""
    monkeypatch.setattr(watchdog.Watchdog.__init__, "__defaults__", (0.3,))
    write(
        "models/stuck.py",
        "import os, verify\n\n@verify.model\ndef stuck():\n    def work():\n"
        f"        {body}\n    verify.Thread(target=work).start()\n",
    )
    write("models/xordered.py", RIGHT)
    done = call("check")
    assert done.code == exit_codes.BAD_INPUT
    (told,) = done.err.splitlines()
    assert "without any visible operation" in told
    assert line in told
    assert "  PROVED    ordered" in done.out
