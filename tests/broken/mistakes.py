"""The frame for a search with one mistake in it.

A mistake is made where the real code would have it, in as little as possible: in one method of the
search, of its races or of the sequence that reverses one, or in a function that all of them call.
Compiled classes call each other directly and cannot be broken like that: the pure core only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

from verify.exploration.clocks import Mark
from verify.exploration.dpor import Dpor
from verify.exploration.races import Races
from verify.exploration.wakeup_tree import Reversal


class Endless(Exception):
    """The search goes on and on."""


class Broken(Dpor):
    """Optimal DPOR with parts that others may be put in for.

    It gives up after `most` executions, complete or not: some mistakes never come to an end.
    """

    races: ClassVar[type[Races]] = Races
    reversal: ClassVar[type[Reversal]] = Reversal
    replaced: ClassVar[tuple[tuple[ModuleType, str, Callable[..., Any]], ...]] = ()
    """Functions to be replaced, each under its name in a module that calls it."""

    def __init__(self, most: int = 20_000) -> None:
        super().__init__()
        self._races = self.races()
        self._reversal = self.reversal(self._races, self._race)
        self._left = most

    def begin(self) -> bool:
        self._left -= 1
        if self._left < 0:
            raise Endless
        return super().begin()

    @classmethod
    @contextmanager
    def made(cls) -> Iterator[None]:
        """The mistake is made in here."""
        with ExitStack() as stack:
            for module, name, function in cls.replaced:
                stack.enter_context(patch.object(module, name, function))
            yield


def before(mark: Mark) -> list[Mark]:
    """The history of an object before one event, from the latest on."""
    return [] if mark.earlier is None else [mark.earlier, *before(mark.earlier)]


@contextmanager
def hidden(things: Sequence[Any], name: str, value: Any) -> Iterator[None]:
    """All of these have this value for a while. None of them may be in there twice."""
    kept = [getattr(thing, name) for thing in things]
    for thing in things:
        setattr(thing, name, value)
    try:
        yield
    finally:
        for thing, was in zip(things, kept, strict=True):
            setattr(thing, name, was)
