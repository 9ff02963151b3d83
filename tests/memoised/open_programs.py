"""Programs whose tasks share something that the harness does not see.

Most would give a wrong proof if they were memoised: a task's code would run once where each
execution runs it anew, and not in the order in which they run it.
"""

from __future__ import annotations

from tests.memoised import open_corners, open_objects, open_outside, open_variables
from tests.memoised.hiding import OPEN

SOURCES = (open_corners, open_objects, open_outside, open_variables)

__all__ = ["OPEN", "SOURCES"]
