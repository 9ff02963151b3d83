"""Race lines: which two lines of source a data race is between.

The search tells races by field and tasks, since exploring notes no lines; a person wants to read of
two lines once, however many objects and tasks come by. So an execution with a race that is new to
the search is run once more, with eyes open.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.exploration.follow import Follow
from verify.scheduling.event import Execution, Place, Race
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names

MOST_RACES = 500
"""Races of one search that are looked up; more, and they are of very many objects."""

Key = tuple[int, ...]


class RaceLines:
    """The pairs of lines of the races of one search."""

    def __init__(self, program: Callable[[], object], names: Names) -> None:
        self._program = program
        self._names = names
        self._looked_up: set[Key] = set()
        self._pairs: set[frozenset[Place | None]] = set()

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self._pairs)

    def clear(self) -> None:
        """Forget them: the search begins again."""
        self._looked_up.clear()
        self._pairs.clear()

    def new(self, execution: Execution, known: int = 0) -> list[Race]:
        """Those races of an execution that are the first between their lines.

        The first `known` of them have been asked about.
        """
        looked_up = self._looked_up
        found = []
        for race in [race for race in execution.races[known:] if race.between not in looked_up]:
            if race.between not in looked_up and len(looked_up) < MOST_RACES:
                looked_up.add(race.between)
                found.append(race)
        if not found:
            return []
        there = self._with_lines(execution)
        first = []
        for race in found:
            pair = frozenset({there.events[race.early].place, there.events[race.late].place})
            if pair not in self._pairs:
                self._pairs.add(pair)
                first.append(race)
        return first

    def _with_lines(self, execution: Execution) -> Execution:
        engine = Explored(len(execution.events) + 1, recording=True, names=self._names)
        try:
            return engine.run(self._program, Follow(execution.schedule).choose)
        finally:
            engine.close()
