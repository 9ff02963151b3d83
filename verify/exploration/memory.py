"""Memory: how much the processes of one search take, and how much they may.

    look        what part of what they may take do they take? measured every now and then only
    measure     the same, measured now
    available   what this machine, or this container, still has to give

What a process takes is what it has in memory at present (its resident set): that is what the
kernel's killer goes by. What forked processes have in common counts for each. The process of the
search looks at its workers as well. Where there is no /proc, a process knows only of itself, and
the most that it has ever had: then each may take an equal part. Where not even that is known,
there is no bound.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from math import inf
from pathlib import Path

from verify.errors import UsageError

MEGABYTE = 1 << 20
EVERY = 0.05
"""Seconds between two looks."""
PART = 0.8
"""Of what there is to be had, where nobody says how much may be taken."""
CROWDED = 15 / 16
"""Of what may be taken: with more, there is little room left."""
ROOT = Path("/")
"""What /proc and /sys are below."""


class Memory:
    """What one search may take: so many megabytes, or a part of what there is when it begins.

    UsageError for a bound on what this system does not tell.
    """

    def __init__(self, megabytes: int | None) -> None:
        if megabytes is not None and resident() is None:
            raise UsageError(
                f"max_memory={megabytes} bounds what a process has in memory, which this system "
                "does not tell: leave it out"
            )
        self._bound = None if megabytes is None else float(megabytes * MEGABYTE)
        self._due = 0.0
        self._part = 0.0
        self.workers: Callable[[], Collection[int]] = tuple
        """The numbers of the processes that take part, beside that of the search."""

    def begin(self) -> None:
        """The search begins; it is looked at a little later: most are over by then."""
        self._due = time.perf_counter() + EVERY

    def become_a_worker(self) -> None:
        """This is now one of the workers: it leaves looking to the process of the search, if that
        can see it."""
        if _statm("self"):
            self._bound = inf

    @property
    def bound(self) -> float:
        """How many bytes may be taken in all."""
        if self._bound is None:
            own, more = resident(), available()
            self._bound = inf if own is None or more is None else own + PART * more
        return self._bound

    @property
    def taken(self) -> int | None:
        """How many bytes are taken in all, if that is known."""
        own = _statm("self")
        if own:
            return own + sum(_statm(str(worker)) for worker in self.workers())
        most = resident()
        return None if most is None else most * (1 + len(self.workers()))

    @property
    def reason(self) -> str:
        """What stops a search that has no room, in words."""
        megabytes = int(self.bound) // MEGABYTE
        return f"{megabytes} megabyte{'' if megabytes == 1 else 's'} (max_memory)"

    def look(self) -> float:
        """What part is taken of what may be, at present or a moment ago."""
        now = time.perf_counter()
        if now >= self._due:
            self._due = now + EVERY
            self.measure()
        return self._part

    @property
    def crowded(self) -> bool:
        """Whether what can be let go should be, before there is no room."""
        return self.look() > CROWDED

    def measure(self) -> None:
        """Look how much is taken now."""
        taken = self.taken
        self._part = 0.0 if taken is None else taken / self.bound


def resident() -> int | None:
    """How many bytes this process has in memory, or has had at most; None if nobody knows."""
    own = _statm("self")
    if own:
        return own
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _statm(process: str) -> int:
    """How many bytes a process has in memory; 0 if there is none, or no /proc."""
    text = _text(ROOT / "proc" / process / "statm")
    return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") if text else 0


def available() -> int | None:
    """How many bytes this process and its children can still get; None if nobody knows."""
    known = [*_of_the_machine(), *_of_the_container(), *_of_the_process()]
    return max(0, min(known)) if known else None


def _of_the_machine() -> Iterator[int]:
    for line in _text(ROOT / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024
            return
    with suppress(AttributeError, ValueError, OSError):  # what a system has no name for
        pages = os.sysconf("SC_PHYS_PAGES")
        if pages > 0:
            yield pages * os.sysconf("SC_PAGE_SIZE") - (resident() or 0)


def _of_the_container() -> Iterator[int]:
    """What the control groups allow that this process is in, each within the one above.

    In a container the groups are mounted from its own on, and the names in /proc may be those from
    outside: whatever is not there is passed over.
    """
    for line in _text(ROOT / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0":
            mounts = [ROOT / "sys/fs/cgroup", ROOT / "sys/fs/cgroup/unified"]
            names = "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            mounts = [ROOT / "sys/fs/cgroup/memory"]
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        for mount in mounts:
            inner = mount / path.lstrip("/")
            for group in (inner, *inner.parents):
                yield from _of_a_group(group, *names)
                if group == mount:
                    break


def _of_a_group(group: Path, limit: str, usage: str, cache: str) -> Iterator[int]:
    most, used = _text(group / limit).strip(), _text(group / usage).strip()
    if not (most.isdecimal() and used.isdecimal()):  # "max", or there is no such file
        return
    freed = 0  # what the kernel takes back of the files that it keeps in memory before it kills
    for line in _text(group / "memory.stat").splitlines():
        name, _, amount = line.partition(" ")
        if name == cache:
            freed = int(amount)
    yield int(most) - int(used) + freed


def _of_the_process() -> Iterator[int]:
    """What `ulimit -v` allows."""
    with suppress(ImportError, OSError):
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        statm = _text(ROOT / "proc/self/statm")
        if most != resource.RLIM_INFINITY and statm:
            yield most - int(statm.split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _text(path: Path) -> str:
    """What is in a file, as far as it can be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
