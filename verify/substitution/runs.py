"""Runs: what is kept for as long as one execution runs, and how its tasks are told apart.

What the library keeps in module globals and class attributes (a counter of names, the hidden
generator of `random`, which processes there are) would lead from one execution into the next. While
something is explored it is kept here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from verify.substitution.patches import explored
from verify.substitution.twins import of_this_run

T = TypeVar("T")


def run_number() -> int:
    """Which execution the calling task belongs to; 0 outside any."""
    scheduler: Any = explored()
    return 0 if scheduler is None else scheduler.run_number


def kept(make: Callable[[], T], *key: Any) -> T:
    """What this execution keeps under a key, made by `make` when it is first asked for."""
    things: dict[Any, T] = of_this_run(dict)
    name = (make, *key)
    if name not in things:
        things[name] = make()
    return things[name]


def task_path() -> tuple[int, ...]:
    """The calling task's name that holds in any search: the indices from main down to it."""
    scheduler: Any = explored()
    engine: Any = getattr(scheduler, "engine", scheduler)
    path: tuple[int, ...] = engine.names.path(engine.current())
    return path


class Count:
    """Counts from 1."""

    def __init__(self) -> None:
        self._latest = 0

    def next(self) -> int:
        """The next number."""
        self._latest += 1
        return self._latest


def serial(of: str) -> tuple[int, ...]:
    """The name of the next thing of its kind that the calling task makes: the same in every
    interleaving of one equivalence class, in any search."""
    path = task_path()
    return (*path, kept(Count, of, path).next())
