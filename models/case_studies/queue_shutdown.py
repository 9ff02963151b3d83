"""queue.Queue.shutdown, new in Python 3.13: whoever waits is told.

**Promise.** `shutdown` makes a queue refuse what is put, and makes all who wait, in `get` on an
empty queue or in `put` on a full one, raise `ShutDown`.

**Bug** (one that was not released). Without the lines of it that wake those who wait, the flag is
raised and nobody looks: a consumer that fell asleep before sleeps on (`NobodyTold`).

**What the explorer shows.** For the method without its wake-ups, a deadlock; for the queue as
released, a proof that all end, whether they come before the shutdown or after it.

The queue of the first two programs is the interpreter's own code (own_copy.py); that of the third
is `queue.Queue`, for which the explorer has a queue of its own.
"""

from __future__ import annotations

import queue
import sys

from own_copy import own_copy
from together import together

stock = own_copy(queue)


class NobodyTold(stock.Queue):  # type: ignore[misc,name-defined]
    def shutdown(self, immediate: bool = False) -> None:
        with self.mutex:
            self.is_shutdown = True


def _shut_down(jobs: queue.Queue[int], shut: type[Exception]) -> None:
    """A consumer and a producer who are still at it when the queue, of one place, shuts down."""
    ended: list[str] = []

    def consume() -> None:
        try:
            while True:
                jobs.get()
        except shut:
            ended.append("consumer")

    def produce() -> None:
        try:
            jobs.put(1)
            jobs.put(2)
        except shut:
            pass
        ended.append("producer")

    together(consume, produce, jobs.shutdown)  # type: ignore[attr-defined]
    assert sorted(ended) == ["consumer", "producer"]


if sys.version_info >= (3, 13):

    def nobody_told() -> None:
        _shut_down(NobodyTold(1), stock.ShutDown)

    def as_released() -> None:
        _shut_down(stock.Queue(1), stock.ShutDown)

    def standing_in() -> None:
        _shut_down(queue.Queue(1), queue.ShutDown)
