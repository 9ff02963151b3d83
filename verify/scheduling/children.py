"""The processes that this process started: reaping them, and what they died of.

Only a parent is told how a child ended. It writes that into the task table; until it has, the
others can read it from the zombie.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from verify.scheduling.task_table import TaskTable


class Children:
    """The children of the calling process that have not been reaped: pid by task."""

    def __init__(self, table: TaskTable) -> None:
        self._table = table
        self._pids: dict[int, int] = {}

    def add(self, number: int, pid: int) -> None:
        self._pids[number] = pid

    def forget(self) -> None:
        """After a fork: they are the parent's."""
        self._pids = {}

    def reap(self, number: int, options: int = 0) -> None:
        """Let the system forget a child that has ended; nothing for anybody else's."""
        pid = self._pids.get(number)
        if pid is None:
            return
        try:
            found, status = os.waitpid(pid, options)
        except ChildProcessError:  # somebody else in this process has reaped it
            del self._pids[number]
            return
        if found:
            self._table.set_exit_code(number, os.waitstatus_to_exitcode(status))
            del self._pids[number]

    def reap_ended(self) -> None:
        """Those who have ended by now."""
        for number in list(self._pids):
            self.reap(number, os.WNOHANG)

    def reap_all(self) -> None:
        """All, waiting for each."""
        for number in list(self._pids):
            self.reap(number)

    def code_of_dead(self, number: int) -> int:
        """The exit code of a task that died: -N for signal N. -SIGKILL if nobody knows, because
        its parent has ended too."""
        self.reap(number)
        code = self._table.exit_code(number)
        if code is None:
            code = _code_of_zombie(self._table.pid(number))
        return -signal.SIGKILL if code is None else code


def _code_of_zombie(pid: int) -> int | None:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = status.rpartition(")")[2].split()
        return os.waitstatus_to_exitcode(int(fields[-1])) if fields[0] == "Z" else None
    except (OSError, ValueError):
        return None


class Ends:
    """Waits for the ends of processes, anybody's children, that live when it is created."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._descriptors: list[int] = []
        for pid in pids:
            with suppress(ProcessLookupError):
                self._descriptors.append(os.pidfd_open(pid))

    def wait(self) -> None:
        """Sleep until all have ended."""
        for descriptor in self._descriptors:
            ended = select.poll()
            ended.register(descriptor, select.POLLIN)
            ended.poll()
            os.close(descriptor)
