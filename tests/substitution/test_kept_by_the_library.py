"""A lock that an object of the library's keeps for a program, from before it is explored.

Until Python 3.11 functools.cached_property had one. Real, it keeps no task out: all of them are one
thread to it.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

import verify

CACHED: Any = cached_property(len)
CACHED.guard = threading.RLock()


def test_it_is_explored() -> None:
    """Two tasks read and write under the lock: two orders, and no update is lost."""

    def program() -> None:
        count = verify.Shared(0)

        def increment() -> None:
            with CACHED.guard:
                count.value += 1

        threads = [threading.Thread(target=increment) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert count.value == 2

    real = CACHED.guard
    report = verify.explore(program, stop_at_first=False)
    assert report.outcomes == {"ok": 2}
    assert report.concerns == []
    assert CACHED.guard is real
