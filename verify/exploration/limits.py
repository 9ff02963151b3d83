"""Limits: what may stop a search before it is complete, each with a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verify.errors import UsageError

NO_LIMIT = "none"
"""What takes a limit away where limits are written down: on a command line, in a settings file."""


def as_written(limit: Any) -> Any:
    """The limit that was written down so; None if it is to be none."""
    return None if limit == NO_LIMIT else limit


@dataclass(frozen=True)
class Limits:
    """How far a search may go. None is no limit. UsageError for a limit that is not positive.

    `max_memory`, in megabytes, stops no search: see carrying.py.
    """

    max_executions: int | None = None
    max_seconds: float | None = None
    max_steps: int = 10_000
    max_memory: int = 256

    def __post_init__(self) -> None:
        for name in ("max_executions", "max_seconds", "max_steps", "max_memory"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise UsageError(f"{name} is {value}: it must be greater than 0")
