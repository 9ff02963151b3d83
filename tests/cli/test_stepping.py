"""`verify replay TRACE --step` and `--pdb`: a replay that a person goes along with."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done, Write
from verify.commands import exit_codes

LOST = """\
import verify


@verify.model(expect="assertion")
def lost():
    counter = verify.Shared(0)

    def increment():
        seen = counter.value
        counter.value = seen + 1

    tasks = [verify.Thread(target=increment, name=name) for name in ("ada", "bob")]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    print("there are", counter.value)
    assert counter.value == 2, "an update was lost"
"""
"""Ten steps: two starts, two increments of two steps each that overlap, two joins, two reads. With
the fewest preemptions one task reads, the other one increments, and the first one writes."""
STEPS = 10


@pytest.fixture
def trace(call: Cli, write: Write) -> str:
    """A trace of models/lost.py, whose steps 3 to 6 are ada's read, bob's two, and ada's write."""
    write("models/lost.py", LOST)
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    return str(path)


def type_in(text: str | bytes, *arguments: str, **environment: str) -> Done:
    """Run a command with this on its standard input."""
    done = subprocess.run(
        [sys.executable, "-m", "verify", *arguments],
        input=text if isinstance(text, bytes) else text.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=60,
    )
    return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode())


def pages(out: str) -> list[str]:
    """The first line of each page, as "3 of 10"."""
    return re.findall(r"^step (\d+ of \d+)", out, re.MULTILINE)


# ---------------------------------------------------------------- --step


def test_next_back_to_and_the_end(trace: str) -> None:
    done = type_in("n\n\nn\nb\nto 5\n7\nend\nq\n", "replay", trace, "--step")
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert pages(done.out) == [f"{step} of {STEPS}" for step in (0, 1, 2, 3, 2, 5, 7, STEPS)]
    assert "REPRODUCED  models/lost.py::lost" in done.out.splitlines()[-2]
    assert "step>" not in done.out  # nobody is there to be prompted


def test_a_page_has_the_states_and_where_each_task_stands(trace: str) -> None:
    """After step 5 bob has written 1 and ended; ada is about to write what she computed from 0."""
    page = type_in("", "replay", trace, "--step", "--at", "5").out
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "state counter: 1" in lines
    at = lines.index("ada is at set counter 1 (models/lost.py:10)")
    assert lines[at + 1] == "counter.value = seen + 1"
    assert "bob has ended" in lines
    assert "main waits at join ada (models/lost.py:16)" in lines
    (last,) = [line for line in page.splitlines() if line.startswith("=>")]
    assert last.split() == ["=>", "5", "10", "set", "counter", "1"]


def test_the_next_step_of_a_task(trace: str) -> None:
    """Steps 3 and 6 are of one task, 4 and 5 of the other, all others of main."""
    done = type_in("task ada\ntask bob\ntask ada\ntask ada\n", "replay", trace, "--step")
    assert pages(done.out) == [f"{step} of {STEPS}" for step in (0, 3, 4, 6)]
    assert "ada takes no step after step 6" in done.out


@pytest.mark.parametrize(
    "command, answer",
    [
        ("task nobody", "no task is called nobody: there are main, ada and bob"),
        ("task", "which task: there are main, ada and bob"),
        ("11", f"there are steps 0 to {STEPS}"),
        ("to 99999999999999999999", "no command to 99999999999999999999; n or Enter"),
        ("b", "this is the beginning"),
        ("-1", "no command -1"),
        ("dance\x1b[2J", "no command dance\\x1b[2J"),
        ("help", "n or Enter: the next step"),
    ],
)
def test_what_cannot_be_obeyed_is_said_and_on_it_goes(
    trace: str, command: str, answer: str
) -> None:
    done = type_in(f"{command}\nn\n", "replay", trace, "--step")
    assert answer in " ".join(done.out.split())
    assert pages(done.out) == [f"0 of {STEPS}", f"1 of {STEPS}"]
    assert (done.code, done.err) == (exit_codes.REFUTED, "")


def test_a_program_that_was_changed(trace: str, write: Write) -> None:
    """The writes are another operation now: four steps match, the fifth, bob's write, is named."""
    write("models/lost.py", LOST.replace("counter.value = seen + 1", "verify.Lock().acquire()"))
    done = type_in("end\nn\n", "replay", trace, "--step")
    assert done.code == exit_codes.NONDETERMINISTIC
    assert pages(done.out) == ["0 of 4", "4 of 4"]
    words = " ".join(done.out.split())
    assert (
        "Here it leaves the trace: did not reproduce: it left the trace at step 5, which" in words
    )
    assert '"bob set counter" and is now "bob acquire' in words
    assert "this is the end, step 4" in words


def test_a_program_with_another_object(trace: str, write: Write) -> None:
    """The writes are still writes, but bob's is of something else: it is taken, and not shown."""
    changed = LOST.replace("    counter = ", "    other = verify.Shared(0)\n    counter = ")
    write("models/lost.py", changed.replace("counter.value = seen", "other.value = seen"))
    done = type_in("end\n", "replay", trace, "--step")
    assert done.code == exit_codes.NONDETERMINISTIC
    assert pages(done.out) == ["0 of 4", "4 of 4"]
    assert '"bob set counter" and is now "bob set other"' in " ".join(done.out.split())


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_narrow_terminal_that_shows_only_ascii(trace: str, encoding: str) -> None:
    done = type_in(
        b"end\n\xff\xfe\n", "replay", trace, "--step", COLUMNS="40", PYTHONIOENCODING=encoding
    )
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert max(len(line) for line in done.out.splitlines() if "::" not in line) <= 40
    assert done.out.isascii() or encoding != "ascii"
    assert f"{STEPS} of {STEPS}" in pages(done.out)


def test_a_reader_that_has_left(trace: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "verify", "replay", trace, "--step"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(b"n\n" * 2_000)
    process.stdin.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == exit_codes.UNDETERMINED


def test_no_standard_input_at_all(trace: str) -> None:
    command = f"{sys.executable} -m verify replay {trace} --step <&-"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (exit_codes.REFUTED, "")


def test_a_terminal_is_prompted(trace: str) -> None:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "verify", "replay", trace, "--step"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(terminal)
    os.write(keyboard, b"\nq\n")
    out, _ = process.communicate(timeout=60)
    os.close(keyboard)
    assert process.returncode == exit_codes.REFUTED
    assert out.count("step> ") == 2


@pytest.mark.parametrize(
    "options, words",
    [
        (("--step", "--json"), "leave one out"),
        (("--pdb", "--json"), "leave one out"),
        (("--step", "--pdb"), "not allowed with"),
        (("--at", "3"), "give one of the two"),
        (("--step", "--at", "11"), "the trace has steps 0 to 10"),
        (("--pdb", "--at", "0"), "the trace has steps 1 to 10"),
        (("--pdb", "--at", "x"), "not a whole number"),
    ],
)
def test_what_does_not_go_together(
    call: Cli, trace: str, options: tuple[str, ...], words: str
) -> None:
    done = call("replay", trace, *options)
    assert done.code == exit_codes.BAD_INPUT
    (line,) = done.err.splitlines()
    assert words in line


# ---------------------------------------------------------------- --pdb


def answers(out: str) -> list[str]:
    """What pdb said after each prompt, in one line each."""
    return [" ".join(part.split()) for part in out.split("(Pdb)")[1:]]


def test_pdb_stops_before_the_failing_step(trace: str) -> None:
    """The last read: everything has been printed, and kept back, but the assertion is to come."""
    done = type_in("p counter.value\nw\nc\n", "replay", trace, "--pdb")
    assert done.code == exit_codes.REFUTED
    assert f"before step {STEPS} of {STEPS}, by main: get counter" in done.out
    value, where, rest = answers(done.out)
    assert value == "1"
    assert "models/lost.py(18)lost()" in where and "assert counter.value == 2" in where
    assert "/verify/" not in where
    assert "It printed: there are 1" in rest and "REPRODUCED" in rest
    assert done.out.index("(Pdb)") < done.out.index("there are 1")


@pytest.mark.parametrize(
    "at, value, line",
    [
        (3, "0", "seen = counter.value"),
        (5, "0", "counter.value = seen + 1"),
        (6, "1", "counter.value = seen + 1"),
    ],
)
def test_pdb_stops_at_a_step_of_any_task(trace: str, at: int, value: str, line: str) -> None:
    """Step 5 is bob's write of 1, and step 6 ada's: the value there is what it was before it."""
    done = type_in("p counter.value\nc\n", "replay", trace, "--pdb", "--at", str(at))
    assert f"-> {line}" in done.out
    assert answers(done.out)[0] == value
    assert done.code == exit_codes.REFUTED


def test_pdb_goes_on_by_a_line_and_to_a_breakpoint(trace: str) -> None:
    """From ada's read to her write: bob has run meanwhile, as in the trace. Then main's print."""
    typed = "n\np seen, counter.value\nb 17\nc\np counter.value\nc\n"
    done = type_in(typed, "replay", trace, "--pdb", "--at", "3")
    after, values, _, at_print, value, rest = answers(done.out)
    assert "increment() -> counter.value = seen + 1" in after
    assert values in ("(0, 0)", "(0, 1)")  # where n stops first is bob's business, or ada's
    assert 'lost() -> print("there are", counter.value)' in at_print
    assert value == "1"
    assert "REPRODUCED" in rest
    assert done.code == exit_codes.REFUTED


def test_pdb_goes_straight_to_a_breakpoint_of_another_task(trace: str) -> None:
    done = type_in("b 17\nc\np counter.value\nc\n", "replay", trace, "--pdb", "--at", "3")
    _, at_print, value, _ = answers(done.out)
    assert 'lost() -> print("there are", counter.value)' in at_print
    assert value == "1"


def test_looking_is_no_step_and_changing_is_refused(trace: str) -> None:
    typed = "counter.value = 7\np counter.value\np counter.value\nc\n"
    done = type_in(typed, "replay", trace, "--pdb", "--at", "1")
    refused, first, second, rest = answers(done.out)
    assert "may only look" in refused
    assert (first, second) == ("0", "0")
    assert "REPRODUCED" in rest


@pytest.mark.parametrize("typed", ["q\n", "", "n\nq\n", "s\ns\n"])
def test_leaving_pdb(trace: str, typed: str) -> None:
    done = type_in(typed, "replay", trace, "--pdb", "--at", "4")
    assert (done.code, done.err) == (exit_codes.UNDETERMINED, "")
    assert done.out.splitlines()[-1].endswith("left models/lost.py::lost before its end")
    assert "Traceback" not in done.out


def test_leaving_pdb_in_the_middle_leaves_no_with_block(call: Cli, write: Write) -> None:
    """Else its lock would be released, which is a step, and not one of the trace."""
    write(
        "models/lost.py",
        LOST.replace("        seen =", "        with verify.Lock():\n            seen =").replace(
            "        counter.value = seen", "            counter.value = seen"
        ),
    )
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    done = type_in("n\nq\n", "replay", str(path), "--pdb", "--at", "4")
    assert (done.code, done.err) == (exit_codes.UNDETERMINED, "")
    assert "REPRODUCED" not in done.out


def test_pdb_in_an_invariant(call: Cli, write: Write) -> None:
    """Its look at the counter is no step, also when a person goes through it by hand."""
    invariant = "    verify.invariant(lambda: counter.value != 2, 'never two')\n    tasks ="
    write(
        "models/lost.py", LOST.replace("    tasks =", invariant).replace("assertion", "invariant")
    )
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    done = type_in("s\n" * 3 + "c\n", "replay", str(path), "--pdb")
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert "<lambda>()" in done.out


def test_pdb_and_a_program_that_left_the_trace_before(trace: str, write: Write) -> None:
    write("models/lost.py", LOST.replace("seen = counter.value", "seen = 0"))
    done = type_in("c\n", "replay", trace, "--pdb")
    assert done.code == exit_codes.NONDETERMINISTIC
    assert "(Pdb)" not in done.out
    assert "it left the trace at step 3" in " ".join(done.out.split())


def test_a_step_that_no_line_of_the_users_calls(call: Cli, write: Write) -> None:
    write(
        "models/waiting.py",
        "import verify\n\n@verify.model(expect='deadlock')\ndef waiting():\n"
        "    verify.Thread(target=verify.Event().wait, name='sleeper').start()\n",
    )
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    done = call("replay", str(path), "--pdb")
    assert done.code == exit_codes.BAD_INPUT
    assert "step 2 (sleeper: wait event) is called by no line of yours" in done.err
