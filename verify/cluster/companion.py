"""A companion: a process of ours beside this one, with an interpreter to itself.

The two talk through a pipe that nobody else has. Where one of them dies, the other one's end of the
pipe says so; a companion then ends at once, in the middle of whatever it does, and so does not stay
behind.

    Companion   the one who starts it
    talk        the companion's side
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Any

PATIENCE = 10.0
"""Seconds for a companion to end by itself."""


class Companion:
    """A process that runs `main` of a module of ours; with `path`, it can import what is there."""

    def __init__(self, module: str, path: Sequence[str] = (), hash_seed: str | None = None) -> None:
        self.connection, theirs = Pipe()
        environment = dict(os.environ)
        if path:
            environment["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, path))
        if hash_seed is not None:
            environment["PYTHONHASHSEED"] = hash_seed
        # What is run is not __main__: that would be taken for a part of the program.
        code = f"from {module} import main; main({theirs.fileno()})"
        self.process = Popen(
            [sys.executable, "-P", "-c", code],
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=DEVNULL,
            env=environment,
            pass_fds=(theirs.fileno(),),
            start_new_session=True,  # Ctrl-C at the terminal is not its business
        )
        theirs.close()

    def send(self, message: Any) -> bool:
        """Tell it something; False if it has ended."""
        try:
            self.connection.send(message)
        except OSError:
            return False
        return True

    def ask(self, question: Any) -> Any:
        """What it answers; None if it ends instead."""
        if not self.send(question):
            return None
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    def end(self) -> int:
        """Wait until it has ended; its exit code."""
        self.connection.close()
        try:
            return self.process.wait(PATIENCE)
        except TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def talk(
    descriptor: int, over: Callable[[SimpleQueue[Any]], None]
) -> tuple[Callable[[Any], None], SimpleQueue[Any]]:
    """What sends to the one who has started this process, and what comes from there.

    `over` is called with the latter, in another thread, when that process goes away.
    """
    connection = Connection(descriptor)
    inbox: SimpleQueue[Any] = SimpleQueue()

    def listen() -> None:
        with suppress(EOFError, OSError):
            while True:
                inbox.put(connection.recv())
        over(inbox)

    threading.Thread(target=listen, daemon=True).start()

    def send(message: Any) -> None:
        with suppress(OSError):  # then `over` is called
            connection.send(message)

    return send, inbox
