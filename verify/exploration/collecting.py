"""Collecting garbage, while a search has it left alone otherwise (supervision.py).

By the interpreter's own thresholds it would cost most of the time.
"""

from __future__ import annotations

import gc

EVERY = 2_000
"""Executions between two collections."""
EVERYTHING = 100_000
"""Executions between two that look at everything, also at what was there before the search."""
EVERY_MEMOISED = 100_000
"""The same where next to no garbage is made, and much is kept."""


def collect(executions: int, memoised: bool) -> bool:
    """Collect garbage if it is time, after so many executions; whether it was."""
    if executions % (EVERY_MEMOISED if memoised else EVERY):
        return False
    everything = not memoised and executions % EVERYTHING == 0
    gc.collect(2 if everything else 1)  # what was kept once will be again
    return True
