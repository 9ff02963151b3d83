"""A Process on the threads scheduler: a forked copy of this process that shares no object with it.

In the copy the harness's objects of the parent would be copies too, which nobody else could ever
release or wake. So the child lives on a scheduler of its own, and its parent's refuses it by name.
What it raises comes back through a pipe, and is there when the process has been joined.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from verify.errors import Misuse, UsageError
from verify.scheduling.monitor import Monitor, TaskFailure
from verify.scheduling.scheduler import Body, activate, run_to_end
from verify.scheduling.signalling import be_terminable, end_by, terminable

LONGEST = 7_000
"""Characters of a failure's message and traceback that are kept: at four bytes each, still less
than a pipe holds."""
PIPE = 60_000
"""Bytes that are sent at most: the child must never wait for its parent to read, which first waits
for the child to end."""


class ForkedTask:
    """A task carried by a forked process. Any thread of the parent may join it."""

    def __init__(self, scheduler: Monitor, number: int, body: Body, fresh: type[Monitor]) -> None:
        self.number = number
        self.name = body.name
        self._scheduler = scheduler
        self._body = body
        self._fresh = fresh
        self._code: int | None = None
        self._ending = threading.Lock()
        import multiprocessing  # here, because most programs that run on threads never need it

        if "fork" not in multiprocessing.get_all_start_methods():
            raise UsageError(
                f"{body.name} is a Process, and this platform cannot fork: make it a Thread, or "
                "explore the program"
            )
        reading, self._writing = os.pipe()
        self._reports = os.fdopen(reading, "rb")
        try:
            self._process = multiprocessing.get_context("fork").Process(
                target=self._run, name=body.name, daemon=body.daemon
            )
            with terminable():
                self._process.start()
        except BaseException:
            self._reports.close()
            raise
        finally:
            os.close(self._writing)

    def _run(self) -> None:
        """In the child."""
        be_terminable()
        parents = self._scheduler
        parents.before_operation = _refusing(self.name)
        own = self._fresh()
        activate(own)
        if parents.failures is not None:
            own.failures = []
        try:
            run_to_end(self._body)
        except BaseException as error:
            if not own.caught(self.name, error):
                raise
            data = b""
            for task, kind, message, text in own.failures or ():
                more = pickle.dumps((task, kind, message[:LONGEST], text[-LONGEST:]))
                if len(data) + len(more) <= PIPE:
                    data += more
            with open(self._writing, "wb", closefd=False) as pipe:
                pipe.write(data)
            sys.exit(1)

    def join(self, timeout: float | None = None) -> bool:
        """Sleep until the process has ended; False if `timeout` seconds passed first."""
        if self._code is None:
            with suppress(ValueError):  # another thread has just seen its end, and closed it
                self._process.join(timeout)
        return not self.alive()

    def alive(self) -> bool:
        """Whether it has not ended; once it has, its failures are among the scheduler's."""
        with self._ending:
            if self._code is not None:
                return False
            if self._process.is_alive():
                return True
            self._code = self._process.exitcode
            self._process.close()
        with self._reports as reports:
            os.set_blocking(reports.fileno(), False)  # a child of its own may hold the pipe
            data = reports.read() or b""
        stream = io.BytesIO(data)
        while stream.tell() < len(data):
            failure = TaskFailure(*pickle.load(stream))
            if self._scheduler.failures is not None:
                self._scheduler.failures.append(failure)
        return False

    def end_by(self, signal_number: int) -> None:
        """Send it a signal, and wait until it has ended; nothing if it has."""
        with self._ending:
            pid = self._process.pid if self._code is None else None
        if pid is not None:
            with suppress(ProcessLookupError):
                end_by(pid, signal_number)
        self.alive()

    def exit_code(self) -> int | None:
        """None while it runs; -N after signal N."""
        self.alive()
        return self._code


def refuse_given(body: Body, scheduler: Monitor) -> None:
    """Raise Misuse if a Process is given an object of its parent's, before it starts."""
    given = *getattr(body, "_args", ()), *getattr(body, "_kwargs", {}).values()
    if any(getattr(value, "_scheduler", None) is scheduler for value in given):
        raise _misuse(body.name, "is given")


def _misuse(name: str, how: str) -> Misuse:
    return Misuse(
        f"{name} is a Process, and {how} an object of its parent: on the threads scheduler objects "
        "live in one process alone. Create the object in the Process, or run the program with "
        "`verify stress --on processes`"
    )


def _refusing(name: str) -> Callable[[], None]:
    def refuse() -> NoReturn:
        raise _misuse(name, "uses")

    return refuse
