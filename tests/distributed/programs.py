"""Programs that are started as a user starts them, each in a session of its own, and what they say.

A program that has something to say is waited for by reading its pipe. Whatever it starts is in its
session, so a look at that shows whether anything is left.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAMS = Path(__file__).parents[2] / "models" / "programs"
LONG = 60.0
"""Seconds after which a program that has not gone on is taken to hang, on the busiest machine."""


class Program:
    """A running program."""

    def __init__(self, name: str, *arguments: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / name), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.said = ""
        self.complained = ""

    def says(self, beginning: str) -> str:
        """Wait for a line that begins like this; the rest of the line."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        end = time.monotonic() + LONG
        while True:
            *lines, _ = self.said.split("\n")
            for line in lines:
                if line.startswith(beginning):
                    return line.removeprefix(beginning)
            readable, _, _ = select.select([pipe], [], [], end - time.monotonic())
            text = os.read(pipe, 1 << 16).decode() if readable else ""
            assert text, f"it never said {beginning!r}, but {self.said!r}"
            self.said += text

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self.ended()

    def pause(self) -> None:
        """Until it is resumed it does nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def ended(self, within: float = LONG) -> int:
        """Wait for its end; its exit code."""
        said, complained = self._process.communicate(timeout=within)
        self.said += said.decode()
        self.complained += complained.decode()
        return self._process.returncode

    def left(self) -> list[str]:
        """The processes of its session that there still are."""
        return [
            entry.name
            for entry in Path("/proc").iterdir()
            if entry.name.isdecimal() and _session(entry) == self._process.pid
        ]

    def close(self) -> None:
        """For a test that has failed: end everything."""
        for pid in self.left():
            os.kill(int(pid), signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


def _session(entry: Path) -> int:
    """The session of a process that lives; of one that does not, none."""
    try:
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has just ended
        return -1
    return int(fields[3]) if fields[0] != "Z" else -1


def is_open(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
