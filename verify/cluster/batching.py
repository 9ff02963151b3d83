"""Batching: how many tasks are sent in one call.

A call costs some milliseconds, so it is to last for a second at least. But the tasks under way are
limited (frontier.py): where there are more places than these suffice for, calls are shorter, since
a place that has nothing to do costs more than a call. Which tasks there are, and what counts, does
not depend on how they are batched.
"""

from __future__ import annotations

import math

SECONDS = 1.0
"""How long a call is to last."""
CALLS = 2
"""For each place: one that is under way, and one that waits there."""


class Batching:
    """The batches of one search."""

    def __init__(self) -> None:
        self._seconds = SECONDS  # of one task: at first one is tried

    def took(self, seconds: float) -> None:
        """A task took so long; tasks get longer as the search goes on."""
        self._seconds += 0.25 * (seconds - self._seconds)

    def size(self, tasks: int, places: int) -> int:
        """Of so many tasks, waiting or under way, how many are to be sent at once."""
        share = tasks // (CALLS * places)
        return max(1, min(share, math.ceil(SECONDS / max(self._seconds, 1e-6))))
