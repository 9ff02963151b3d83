"""Programs that are sent to a cluster: at the top of a module, so that others can import them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

import verify
from tests.counts import programs

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


def _lost(final: int) -> None:
    counter = verify.Shared(0)

    def add() -> None:
        counter.value += 1

    programs.run_all(*[(add,)] * 4)
    assert counter.value != final


def lost_1() -> None:
    _lost(1)


def lost_2() -> None:
    _lost(2)


def lost_3() -> None:
    _lost(3)


def two_lost() -> None:
    counter = verify.Shared(0)

    def add() -> None:
        counter.value += 1

    programs.run_all(*[(add,)] * 3)
    if counter.value == 1:
        verify.cover("two are lost")


def shared_late() -> None:
    """Only where all three have been, and in one order, is anything but `turns` shared."""
    turns = verify.Shared(())
    box = [0]

    def take(number: int) -> None:
        turns.value = (*turns.value, number)
        if turns.value == (2, 0, 1):
            verify.invariant(lambda: turns.value != (2, 0, 1, 3), name="no fourth")
            box.append(number)

    programs.run_all(*((take, number) for number in range(3)))


def awaited_late() -> None:
    """Only where 2 and 0 are first does anybody await anything; an invariant comes later still."""
    turns, lock = verify.Shared(()), verify.Lock()

    def take(number: int) -> None:
        with lock:
            turns.value = (*turns.value, number)
        now = turns.value
        if now == (2, 0) and number == 0:
            while not turns.value[2:]:
                pass
        if now == (2, 1, 0) and number == 0:
            verify.invariant(lambda: len(turns.value) == 3, name="all three")

    programs.run_all(*((take, number) for number in range(3)))


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
