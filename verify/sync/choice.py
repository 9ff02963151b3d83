"""choose, sleep, now, invariant, note, cover: what is asked of a scheduler without any object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from verify.scheduling.scheduler import current

T = TypeVar("T")


def choose(options: Sequence[T]) -> T:
    """One of the options: explored, every one in turn; for real, a seeded one.

    ValueError if there is none.
    """
    options = tuple(options)
    if not options:
        raise ValueError("choose needs at least one option")
    chosen: T = current().choose(options)
    return chosen


def sleep(seconds: float) -> None:
    """Let time pass: virtual when explored (other tasks may go first), real otherwise."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    current().sleep(seconds)


def now() -> float:
    """Seconds: explored, the largest total of sleeps along any path that leads here."""
    return current().now()


def invariant(predicate: Callable[[], object], name: str | None = None) -> None:
    """Demand that a predicate over the program's objects holds, now and after every event.

    The predicate may only look (`value`, `qsize`, `locked`, …). On real threads and processes,
    which cannot be stopped between two events, it is checked now and when the program has ended.
    """
    if name is None:
        name = str(getattr(predicate, "__name__", "invariant"))
    current().invariant(predicate, name)


def note(value: object) -> None:
    """Tell the reader of a counterexample something: it is shown where it was said.

    A text as it is, any other value as its repr. No operation, and nothing while no counterexample
    is recorded; on real threads and processes, and for runs that are no counterexample, it is
    dropped.
    """
    current().note(value)


def cover(goal: str) -> None:
    """Some execution must come here: else a search that has run them all is a disappointment.

    `goal` says what it means to be here. It is written as a text in the call, so that it is known
    of a goal that is never reached: what a model's code reaches is searched for such calls. Whether
    a task comes here must follow from its own steps and what they gave. On real threads and
    processes it is nothing.
    """
    current().cover(goal)
