"""What every stress test checks on the side: nothing stays behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

ABSENT = "" if sys.platform == "linux" else "the processes scheduler needs Linux"


@pytest.fixture(params=["threads", "processes", "coroutines"])
def on(request: pytest.FixtureRequest) -> str:
    """Each real scheduler in turn."""
    if request.param == "processes" and ABSENT:
        pytest.skip(ABSENT)
    name: str = request.param
    return name


def children() -> set[int]:
    """The child processes of this one, zombies too."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No thread, no process, no descriptor, and every setting of the interpreter as it was."""
    threads, processes, files = threading.active_count(), children(), descriptors()
    interval, handler, output = sys.getswitchinterval(), signal.getsignal(signal.SIGINT), sys.stdout
    yield
    assert threading.active_count() == threads
    assert children() == processes
    assert descriptors() == files
    assert sys.getswitchinterval() == interval
    assert signal.getsignal(signal.SIGINT) is handler
    assert sys.stdout is output
