"""What a new process has of its parent: everything, and nothing new (fork); nothing (exec, spawn).

Memory is measured by the kernel's own account of this process's pages (`smaps_rollup`), in a child
that tells its parent through a pipe.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from verify.scheduling.processes import ProcessScheduler

MEGABYTE = 1 << 20
MEMORY = 64
"""Megabytes that the parent has written to before it starts a child."""
TOUCHED = 16
"""Megabytes of them that the child writes to."""
SLACK = 12
"""Megabytes that an interpreter may write to for reasons of its own: counts of references."""


def pages() -> dict[str, int]:
    """What this process has in memory, in bytes: private and shared, clean and dirty."""
    found = {}
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        name, _, size = line.partition(":")
        if size.endswith(" kB"):
            found[name] = int(size.split()[0]) * 1024
    return found


def told_by_child(child: Callable[[], list[dict[str, int]]]) -> list[dict[str, int]]:
    """What a forked child has to say."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.write(writing, json.dumps(child()).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told: list[dict[str, int]] = json.load(pipe)
    assert os.waitpid(pid, 0)[1] == 0
    return told


@pytest.fixture
def memory() -> bytearray:
    """Megabytes of the parent's, each page of them written to."""
    return bytearray(b"\1") * (MEMORY * MEGABYTE)


def test_a_fork_copies_the_pages_that_are_written_to(
    memory: bytearray, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before the child writes, all of the parent's memory is shared; afterwards, all but what it
    has written to. The parent finds everything as it was."""

    def child() -> list[dict[str, int]]:
        gc.disable()  # it would write to every object that there is
        before = pages()
        for at in range(0, TOUCHED * MEGABYTE, os.sysconf("SC_PAGE_SIZE")):
            memory[at] = 2  # one by one: what is written from would be new memory, too
        return [before, pages()]

    before, after = told_by_child(child)
    assert before["Shared_Dirty"] >= MEMORY * MEGABYTE
    assert before["Private_Dirty"] <= SLACK * MEGABYTE
    copied = after["Private_Dirty"] - before["Private_Dirty"]
    assert TOUCHED <= copied / MEGABYTE <= TOUCHED + SLACK
    unshared = before["Shared_Dirty"] - after["Shared_Dirty"]
    assert TOUCHED <= unshared / MEGABYTE <= TOUCHED + SLACK
    assert set(memory[:: os.sysconf("SC_PAGE_SIZE")]) == {1}
    with capsys.disabled():
        print(
            f"\n  a fork shares {before['Shared_Dirty'] / MEGABYTE:.1f} MB, copies "
            f"{copied / MEGABYTE:.1f} MB when {TOUCHED} MB are written to"
        )


def test_another_program_has_nothing_of_its_parents(memory: bytearray) -> None:
    """A fork and an exec: a fresh interpreter, without the memory and without the descriptors."""
    reading, writing = os.pipe()
    code = (
        "import json, os; from tests.processes.test_starting import pages\n"
        "fd = '/proc/self/fd/'\n"
        f"open_there = [d for d in ({reading}, {writing}) if os.path.exists(fd + str(d))]\n"
        "print(json.dumps([pages(), open_there]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    os.close(reading)
    os.close(writing)
    found, open_there = json.loads(done.stdout)
    assert found["Rss"] < MEMORY * MEGABYTE
    assert open_there == []


def tell(told: verify.Queue[tuple[int, int]]) -> None:
    """What a spawned process has to say: who it is, and how much memory it has."""
    told.put((os.getpid(), pages()["Rss"]))


def test_a_spawned_process_has_nothing_but_what_it_is_passed(
    memory: bytearray, processes: Callable[..., ProcessScheduler]
) -> None:
    """A fresh interpreter, too, that shares verify's objects with its parent and nothing else."""
    processes("spawn")
    told = verify.Queue[tuple[int, int]]()
    child = verify.Process(target=tell, args=(told,))
    child.start()
    child.join()
    pid, resident = told.get()
    assert pid != os.getpid() and child.exitcode == 0
    assert resident < MEMORY * MEGABYTE <= pages()["Rss"]
