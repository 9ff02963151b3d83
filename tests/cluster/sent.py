"""Programs that are sent to a cluster: at the top of a module, so that others can import them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import verify
from tests.counts import programs
from tests.workers.programs import lost, reads_or_not

LIBRARY = ctypes.CDLL(None)  # what os has is the explorer's while something is explored
ELSEWHERE = "verify.cluster.explorer" in sys.modules
"""Whether this is explored by a worker of the cluster."""
SHELF = Path(os.environ.get("SHELF", "/nowhere"))


def lastzero() -> None:
    programs.lastzero(7)()


def racyinc() -> None:
    programs.racyinc(4)()


def lockinc() -> None:
    programs.lockinc(5)()


def readers() -> None:
    programs.readers(7)()


def in_cases() -> None:
    programs.lastzero(9)()


def not_in_cases() -> None:
    reads_or_not(10, "reads")()


def lost_1() -> None:
    lost(1)()


def lost_2() -> None:
    lost(2)()


def lost_3() -> None:
    lost(3)()


def _takes(ticket: str) -> bool:
    return ELSEWHERE and LIBRARY.unlink(str(SHELF / ticket).encode()) == 0


def _total(tasks: int, happens: str) -> None:
    total = verify.Atomic(0)

    def add() -> None:
        total.add(1)
        if _takes(f"{happens}"):
            whom = LIBRARY.getppid() if happens == "worker" else LIBRARY.getpid()
            LIBRARY.kill(whom, signal.SIGKILL.value)

    programs.run_all(*[(add,)] * tasks)


def explorer_dies() -> None:
    """Where there is a ticket, whoever explores it is killed, in the middle of a task."""
    _total(5, "explorer")


def worker_dies() -> None:
    """The same, but it is the worker of dask's that is killed."""
    _total(5, "worker")


def deadly() -> None:
    """Kills whoever explores it, but for the search itself."""
    total = verify.Atomic(0)

    def add() -> None:
        total.add(1)
        if ELSEWHERE:
            LIBRARY.kill(LIBRARY.getpid(), signal.SIGKILL.value)

    programs.run_all(*[(add,)] * 5)


def differs() -> None:
    """One task more than where it comes from."""
    programs.racyinc(4 + ELSEWHERE)()
