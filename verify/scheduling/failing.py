"""Failures: what an uncaught exception of a task counts as."""

from __future__ import annotations

from verify.errors import Misuse
from verify.scheduling import sources
from verify.scheduling.event import Failure


def failure_of(error: Exception, task: int, step: int) -> Failure:
    """The failure that a task's uncaught exception is, after so many events."""
    if isinstance(error, Misuse):
        kind, message = "misuse", str(error)
    elif isinstance(error, AssertionError):
        kind, message = "assertion", str(error)
    else:
        kind, message = "exception", f"{type(error).__name__}: {error}"
    place = sources.innermost_user_line(error)
    if not message:
        message = sources.source_line(place)
    return Failure(kind, message, task, step, place)
