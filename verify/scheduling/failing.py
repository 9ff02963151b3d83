"""Failures: what an uncaught exception of a task, or a standstill, counts as."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from verify.errors import Misuse
from verify.scheduling import sources
from verify.scheduling.event import Failure


class InvariantBroken(AssertionError):
    """An invariant of real tasks was looked at and did not hold."""


_failed: tuple[type[BaseException], ...] = ()
_not_failed: tuple[type[BaseException], ...] = ()


@contextmanager
def outcomes(
    failed: tuple[type[BaseException], ...], not_failed: tuple[type[BaseException], ...]
) -> Iterator[None]:
    """While the block runs, these exceptions are failures of a program or, stronger, are not."""
    global _failed, _not_failed
    before = _failed, _not_failed
    _failed, _not_failed = failed, not_failed
    try:
        yield
    finally:
        _failed, _not_failed = before


def is_failure(error: BaseException) -> bool:
    """Whether an exception that a task does not catch is a failure of the program.

    Any other one ends not only the task but the whole search, and comes out of it.
    """
    return isinstance(error, (Exception, *_failed)) and not isinstance(error, _not_failed)


def without_addresses(text: str) -> str:
    """A text without the addresses of objects, which differ from run to run."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def failure_of(error: BaseException, task: int, step: int) -> Failure:
    """The failure that a task's uncaught exception is, after so many events."""
    if isinstance(error, Misuse):
        kind, message = "misuse", str(error)
    elif isinstance(error, (AssertionError, *_failed)):
        kind, message = "assertion", str(error)
    else:
        kind, message = "exception", f"{type(error).__name__}: {error}"
    place = sources.innermost_user_line(error)
    if not message:
        message = sources.source_line(place)
    return Failure(kind, without_addresses(message), task, step, place)


def deadlock_of(names: list[str], first: int, step: int) -> Failure:
    """The failure that it is when nobody can go on and these tasks have not ended."""
    return Failure("deadlock", _for_ever(names, "wait"), first, step, None)


def livelock_of(spinning: list[str], waiting: list[str], first: int, step: int) -> Failure:
    """The failure that it is when nobody is left to end the loops of these tasks."""
    message = _for_ever(spinning, "spin")
    if waiting:
        message += f", and {_for_ever(waiting, 'wait')}"
    return Failure("livelock", message, first, step, None)


def _for_ever(names: list[str], verb: str) -> str:
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{who} {verb}{'s' if len(names) == 1 else ''} for ever"
