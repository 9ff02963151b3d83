"""Stepping: what goes over a container, or into one, step by step.

    Steps        an iterator over a container: each step is announced
    Taken        what a container takes in one by one, while code runs that computes it
    taking_back  the same for a list that is sorted by what is computed

Between its steps a task may lose its turn; so what a step does to a container is announced behind
whatever else the step does.
"""

from __future__ import annotations

import gc
import operator
from collections.abc import Callable, Iterator
from typing import Any

from verify.instrumentation.containers import VIEWS, layout_of
from verify.scheduling.plain_data import Touched
from verify.scheduling.plain_names import STRUCTURE
from verify.scheduling.scheduler import here


def listener() -> Any:
    """Whom to tell; None if the calling thread runs no explored task."""
    return getattr(here.scheduler, "plain", None)


def whole(value: Any) -> Any:
    """All of something is about to be looked at."""
    plain = listener()
    if plain is not None:
        look_at(plain, value)
    return value


def look_at(plain: Any, *values: Any) -> None:
    """All that is in those that are containers is about to be looked at."""
    touched = looks(*values)
    if touched:
        plain.access_all(touched)


def looks(*values: Any) -> tuple[Touched, ...]:
    """Looks at all that is in those that are containers."""
    found = [under(value) for value in values]
    return tuple((one, (STRUCTURE,), ()) for one in found if layout_of(type(one)) is not None)


def under(value: Any) -> Any:
    """The container that something is a view of, or an iterator over."""
    if type(value) in VIEWS:
        return next(iter(gc.get_referents(value)), value)
    return value


class Steps:
    """An iterator over a container: each step is announced.

    A loop takes its first step right after it has made its iterator, with nothing in between: so
    the iterator is made behind the announcement of that step.
    """

    def __init__(self, container: Any, value: Any) -> None:
        self._container = container
        self._value = value
        self._steps: Iterator[Any] | None = None

    def __iter__(self) -> Steps:
        return self

    def __next__(self) -> Any:
        whole(self._container)
        if self._steps is None:
            self._steps = iter(self._value)
            self._value = None
        return next(self._steps)

    def __length_hint__(self) -> int:
        return operator.length_hint(self._value if self._steps is None else self._steps)


def is_computed(value: Any) -> bool:
    """Whether it is an iterator that may run code as it goes."""
    return hasattr(type(value), "__next__") and type(value) not in VIEWS


class Taken:
    """An iterator whose values go into a container, each as it comes, or all at its end."""

    def __init__(self, container: Any, values: Any) -> None:
        self._container = container
        self._values = values

    def __iter__(self) -> Taken:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._values)
        finally:
            _change(self._container)


def taking_back(container: Any, key: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A key to sort a list by, which is empty meanwhile, and gets back behind the last call what
    was in it.
    """

    def key_of(value: Any) -> Any:
        found = key(value)
        _change(container)
        return found

    return key_of


def _change(container: Any) -> None:
    plain = listener()
    if plain is not None:
        plain.access_all(((container, (), (STRUCTURE,)),))
