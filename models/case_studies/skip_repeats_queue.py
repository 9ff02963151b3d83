"""watchdog 6.0.0: an event that is put twice in a row is delivered twice.

**Promise.** `SkipRepeatsQueue` is a thread-safe queue that drops an item which equals the one that
was put last.

**Bug.** `put` compares with the last item before it takes the queue's lock. Two producers with the
same event both find that it is a new one.

**What the explorer shows.** Both compare, then both put. Nothing hangs and nothing is raised: a
race on a plain attribute, and a queue with two items.

**Fix** (7.1.0): a lock of the producers, held from the comparison until the item is in.
"""

from __future__ import annotations

from together import together
from watchdog.utils.bricks import SkipRepeatsQueue


def same_event_twice() -> None:
    events = SkipRepeatsQueue()

    def report() -> None:
        events.put("modified")

    together(report, report)
    assert events.qsize() == 1, "a repeated event was kept"
