"""functools: a cached value that two threads ask for at once is computed twice.

**Promise.** `cached_property` computes a value once for each instance, `lru_cache` once for each
argument. The documentation of both says that another thread may get in between; until Python 3.11,
`cached_property` had a lock, and 3.12 took it out, for it was one lock for all instances.

**Bug.** It is the caller's: code that was written for 3.11, or that never read so far, and whose
computation has an effect (opens a connection, draws a number) must not be run twice.

**What the explorer shows.** Both threads find the cache empty. The cached property is proved on
3.11 and refuted from 3.12 on, with the same program.

**Fix.** A lock of one's own, with a second look under it.
"""

from __future__ import annotations

import threading
from functools import cached_property, lru_cache

from together import together


class Station:
    def __init__(self) -> None:
        self.opened = 0
        self._lock = threading.Lock()
        self._kept: int | None = None

    def open(self) -> int:
        self.opened += 1
        return self.opened

    @cached_property
    def link(self) -> int:
        return self.open()

    @property
    def locked_link(self) -> int:
        with self._lock:
            if self._kept is None:
                self._kept = self.open()
            return self._kept


def property_of_two() -> None:
    station = Station()
    together(lambda: station.link, lambda: station.link)
    assert station.opened == 1, "computed twice"


def locked_property_of_two() -> None:
    station = Station()
    together(lambda: station.locked_link, lambda: station.locked_link)
    assert station.opened == 1, "computed twice"


def cached_call_of_two() -> None:
    station = Station()

    @lru_cache
    def link(name: str) -> int:
        return station.open()

    together(lambda: link("north"), lambda: link("north"))
    assert station.opened == 1, "computed twice"


def locked_call_of_two() -> None:
    station = Station()
    lock = threading.Lock()

    @lru_cache
    def link(name: str) -> int:
        return station.open()

    def call() -> int:
        with lock:
            return link("north")

    together(call, call)
    assert station.opened == 1, "computed twice"
