"""Stress on OS processes: the runner's side of a host (`host.py`) that carries the runs.

    run     asks the host for a run, waits for what comes of it, ends it when time is up
    close   lets the host end, and sees that it does

The host is forked when a run is asked for and there is none; one that died is a failure of the run,
and the next run gets a new one. All tasks die with their host.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from verify.scheduling.monitor import TaskFailure
from verify.scheduling.process_start import fork_to
from verify.scheduling.pthread import pthread
from verify.stressing.gate import Plan
from verify.stressing.host import FAREWELL, Host
from verify.stressing.process_end import ended_within
from verify.stressing.report import Run
from verify.stressing.watchdog import LOOK, PATIENCE


class OnProcesses:
    """Carries runs on OS processes. UsageError on a platform that cannot."""

    def __init__(
        self,
        program: Callable[[], object],
        seed: int,
        patience: float = PATIENCE,
    ) -> None:
        pthread()  # refuses the platform, if it must, before anything is started
        self._program = program
        self._seed = seed
        self._patience = patience
        self._pid = 0
        self._connection: Connection

    def run(self, number: int, over: Callable[[], bool], plan: Plan | None = None) -> Run:
        """Run the program once, by a plan if there is one; `over` is asked while it goes on, and
        ends it by force."""
        if not self._pid:
            self._start()
        self._connection.send((number, plan))
        try:
            while not self._connection.poll(LOOK):
                if over():
                    return self._cut()
            run: Run = self._connection.recv()
        except (EOFError, ConnectionResetError):
            return self._died()
        if run.stuck:
            self._reap()
        return run

    def close(self) -> None:
        """End the host; it has no run to carry."""
        if self._pid:
            self._connection.close()
            self._reap()

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        settings = self._program, self._seed, self._patience
        host = Host(*settings, theirs, self._connection)
        try:
            with warnings.catch_warnings():
                # Other threads of this process do not exist in the host, and hold nothing it needs.
                warnings.filterwarnings("ignore", r".*fork\(\)", DeprecationWarning)
                self._pid = fork_to(host)
        finally:
            theirs.close()
            host.close()

    def _cut(self) -> Run:
        """Time is up: ask the host to end the run, or end the host."""
        os.kill(self._pid, signal.SIGTERM)
        if self._connection.poll(2 * FAREWELL):
            run: Run = self._connection.recv()
            return run
        os.kill(self._pid, signal.SIGKILL)
        self._reap()
        return Run(cut=True, stuck=["main"])

    def _died(self) -> Run:
        code = self._reap()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return Run([TaskFailure("main", "exception", f"the main task's process ended {how}", "")])

    def _reap(self) -> int:
        """Wait for the host's end, not for ever; its exit code."""
        if not ended_within(self._pid, 2 * FAREWELL):
            os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        self._connection.close()
        return os.waitstatus_to_exitcode(status)
