"""Outcomes: what may come of a task that was sent to a cluster, as the first of a tuple."""

from __future__ import annotations

DONE = "done"
"""What came of it, and how many seconds it took."""
REFUSED = "refused"
"""Why it cannot be explored there."""
DIFFERS = "differs"
"""What the program did otherwise there."""
FAULT = "fault"
"""What was wrong with verify."""
DIED = "died"
"""The exit code of the explorer that died of it."""
OVER = "over"
"""Nobody wants to know any more."""

GONE_HOME = 93
"""The exit code of an explorer that has nothing more to do."""
LOST = "lost"
"""Why no more will come of any, as a broker tells it."""
ANY = 0
"""Instead of the number of a search: each of them is meant."""
