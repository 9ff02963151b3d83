"""Where a command runs: terminals, pipes, narrow and old ones, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ORDERED, Cli, Write
from verify.commands import exit_codes

EXPECTED = CROSSED.format(arguments='expect="deadlock"')
RIGHT = ORDERED.format(arguments="")

ENDLESS = """
import verify

@verify.model(expect="deadlock")
def endless():
    counter = verify.Shared(0)
    never = verify.Event()

    def work():
        for _ in range(20):
            counter.value += 1
        never.wait()

    for _ in range(4):
        verify.Thread(target=work).start()

@verify.model
def later():
    verify.Lock()
"""
"""Every execution deadlocks, and there are more classes than a machine could ever run."""


class Terminal:
    """A command whose standard error, or output too, is a terminal."""

    def __init__(self, *arguments: str, output: bool, **environment: str) -> None:
        self._read, write = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "verify", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=write if output else subprocess.PIPE,
            stderr=write,
            env={**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
        )
        os.close(write)

    def until(self, word: str) -> str:
        """What is shown up to where a word has come; all of it if it never comes."""
        shown = b""
        while word.encode() not in shown:
            try:
                read = os.read(self._read, 4096)
            except OSError:  # the terminal ends with its last writer
                break
            if not read:
                break
            shown += read
        return shown.decode()

    def end(self) -> tuple[int, str, str]:
        """Exit code, the rest of what is shown, standard output if it is no terminal."""
        shown = self.until("\0")
        out = ""
        if self.process.stdout is not None:
            with self.process.stdout as stdout:
                out = stdout.read().decode()
        code = self.process.wait(timeout=60)
        os.close(self._read)
        return code, shown, out


def test_ctrl_c_reports_what_was_found(write: Write) -> None:
    write("models/endless.py", ENDLESS)
    terminal = Terminal("check", "--all", "--max-seconds", "none", output=False)
    assert "executions" in terminal.until("executions")
    assert len(list(Path("traces").iterdir())) == 1  # on disk before anybody asks for the end
    terminal.process.send_signal(signal.SIGINT)
    code, _, out = terminal.end()
    assert code == exit_codes.UNDETERMINED
    assert "VIOLATED  endless" in out
    assert "1 not run (interrupted)" in out
    assert "Traceback" not in out


def test_ctrl_c_twice_breaks_into_the_running_execution(write: Write) -> None:
    """The program catches nothing, and never gets to another visible operation by itself."""
    write(
        "models/slow.py",
        "import pathlib, verify\n\n@verify.model\ndef slow():\n"
        "    print(flush=True)\n    pathlib.Path('begun').touch()\n    while True: pass\n",
    )
    terminal = Terminal("check", output=True)
    while not Path("begun").exists():
        assert terminal.process.poll() is None
    for _ in range(2):
        terminal.process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            terminal.process.wait(timeout=0.5)
    code, shown, _ = terminal.end()
    assert code in (exit_codes.UNDETERMINED, exit_codes.BAD_INPUT)
    assert "Traceback" not in shown


def test_progress_on_a_terminal_is_drawn_and_taken_away(write: Write) -> None:
    write("models/endless.py", ENDLESS)
    terminal = Terminal("check", "--max-seconds", "1", "--all", output=True)
    code, shown, _ = terminal.end()
    assert code == exit_codes.UNDETERMINED or code == exit_codes.AS_EXPECTED
    drawn = shown.count("[1/2] endless")
    assert 2 <= drawn <= 15  # ten a second at most
    assert "\x1b[2K" in shown
    assert "deep" in shown


def test_no_color(write: Write) -> None:
    write("models/ordered.py", RIGHT)
    _, colored, _ = Terminal("check", output=True).end()
    _, plain, _ = Terminal("check", output=True, NO_COLOR="1").end()
    assert "\x1b[32mPROVED" in colored
    assert "\x1b" not in plain
    assert "PROVED" in plain


def test_a_dumb_terminal_gets_no_control_characters(write: Write) -> None:
    write("models/endless.py", ENDLESS)
    terminal = Terminal("check", "--max-seconds", "1", output=True, TERM="dumb")
    assert "\x1b" not in terminal.end()[1]


def test_a_pipe_gets_no_control_characters(cli: Cli, write: Write) -> None:
    write("models/crossed.py", CROSSED.format(arguments=""))
    done = cli("check")
    assert all(sign.isprintable() or sign == "\n" for sign in done.out + done.err)


def test_forty_columns(cli: Cli, write: Write) -> None:
    write("models/crossed.py", CROSSED.format(arguments=""))
    write(
        "models/ordered.py", RIGHT.replace("ordered", "a_model_with_rather_a_long_name_of_its_own")
    )
    done = cli("check", COLUMNS="40")
    assert done.code == exit_codes.REFUTED
    too_long = [line for line in done.out.splitlines() if len(line) > 40]
    # A path, a command or a name is never broken, since it is there to be copied.
    assert all(len(line.split()) <= 6 for line in too_long)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_output_that_is_not_utf_8(cli: Cli, write: Write, encoding: str) -> None:
    write("models/crossed.py", CROSSED.format(arguments="").replace("crossed", "gekreuzt_ü"))
    done = cli("check", PYTHONIOENCODING=f"{encoding}:strict", PYTHONUTF8="0")
    assert done.code == exit_codes.REFUTED
    assert "Traceback" not in done.out + done.err
    assert done.out.isascii() or encoding != "ascii"
    assert "1 NOT as expected - 0 proved, 1 refuted" in done.out


@pytest.mark.parametrize("command", ["check", "list"])
def test_a_closed_pipe(write: Write, command: str) -> None:
    """`| head -1` leaves after the first line."""
    for number in range(30):
        write(f"models/m{number}.py", RIGHT)
    process = subprocess.Popen(
        [sys.executable, "-m", "verify", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(timeout=60)


def test_no_standard_output_at_all(write: Write) -> None:
    write("models/crossed.py", EXPECTED)
    command = f"{sys.executable} -m verify check >&- 2>&-"
    assert subprocess.run(command, shell=True, timeout=60).returncode == 0


def test_an_output_that_is_full(write: Write) -> None:
    write("models/ordered.py", RIGHT)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "verify", "check"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    assert done.returncode == exit_codes.BAD_INPUT
    (line,) = done.stderr.splitlines()
    assert "standard output cannot be written" in line


LENT = """
import os, sys
from verify.commands.console import Console

lend = os.dup2

def interrupted(one, other):
    lend(one, other)
    os.dup2 = lend
    raise KeyboardInterrupt

os.dup2 = interrupted
console = Console()
try:
    with console.children_kept_apart():
        pass
except KeyboardInterrupt:
    console.line("told")
"""


def test_output_comes_back_if_ctrl_c_comes_while_it_is_lent() -> None:
    done = subprocess.run([sys.executable, "-c", LENT], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("told\n", "")


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_ctrl_c_ends_a_stress(write: Write, on: str) -> None:
    write("models/a.py", RIGHT)
    write("models/b.py", RIGHT)
    terminal = Terminal("stress", "--on", on, "--seconds", "60", output=False)
    assert "ordered" in terminal.until(f"ordered on {on}")
    terminal.process.send_signal(signal.SIGINT)
    code, shown, out = terminal.end()
    assert code == exit_codes.UNDETERMINED
    assert "Traceback" not in shown + out
    assert "not run" in out
