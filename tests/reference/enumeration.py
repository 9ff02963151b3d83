"""All runs of a program, and the classes they fall into.

`every_run` goes through every interleaving, one by one, each from its beginning, and knows nothing
of independence. `survey` merges *beginnings* of runs that are the same up to the order of
independent events (history.py), level by level, and so gets to the number of interleavings by
adding paths up instead of walking them. Whenever two beginnings are merged, all that the future
depends on is compared: a wrong idea of independence does not pass unnoticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.reference.history import Key
from tests.reference.world import Choice, Program, World


class TooMany(Exception):
    """The program has more different beginnings than the enumeration was allowed."""


class _Beginning(NamedTuple):
    world: World
    paths: int


@dataclass
class Ending:
    """A class of runs: how they end, and how many interleavings there are."""

    outcome: str
    finals: Hashable
    interleavings: int = 0


@dataclass
class Survey:
    """Everything a program can do."""

    classes: dict[Key, Ending] = field(default_factory=dict)

    @property
    def interleavings(self) -> int:
        """How many runs there are."""
        return sum(ending.interleavings for ending in self.classes.values())

    @property
    def outcomes(self) -> Counter[str]:
        """How many classes end in each way."""
        return Counter(ending.outcome for ending in self.classes.values())

    @property
    def outcomes_of_interleavings(self) -> Counter[str]:
        """How many runs end in each way."""
        counts: Counter[str] = Counter()
        for ending in self.classes.values():
            counts[ending.outcome] += ending.interleavings
        return counts

    @property
    def finals(self) -> set[Hashable]:
        """The states that runs can end in."""
        return {ending.finals for ending in self.classes.values()}


def every_run(program: Program) -> Iterator[World]:
    """Every interleaving, run to its end."""
    unfinished: list[tuple[Choice, ...]] = [()]
    while unfinished:
        schedule = unfinished.pop()
        world = World(program)
        for choice in schedule:
            world.step(*choice)
        while choices := world.choices():
            unfinished.extend((*schedule, other) for other in choices[1:])
            schedule = (*schedule, choices[0])
            world.step(*choices[0])
        yield world


def survey(program: Program, main_first: bool = False, limit: int = 1_000_000) -> Survey:
    """All classes of a program. TooMany if it has more different beginnings than the limit.

    With `main_first` (world.py) the interleavings are counted as if the tasks that the main task
    starts had no main task, and there are fewer beginnings.
    """
    found = Survey()
    start = World(program, main_first)
    level: dict[Key, _Beginning] = {start.history.key(): _Beginning(start, 1)}
    beginnings = 1
    while level:
        following: dict[Key, _Beginning] = {}
        for before, paths in level.values():
            choices = before.choices()
            if not choices:
                ending = Ending(before.outcome(), before.finals(), paths)
                found.classes[before.history.key()] = ending
            for choice in choices:
                world = before.copy()
                world.step(*choice)
                key = world.history.key()
                known = following.get(key)
                if known is None:
                    following[key] = _Beginning(world, paths)
                    beginnings += 1
                    if beginnings > limit:
                        raise TooMany(f"more than {limit} beginnings")
                else:
                    assert world.stands_like(known.world), "independent steps were none"
                    following[key] = known._replace(paths=known.paths + paths)
        level = following
    return found
