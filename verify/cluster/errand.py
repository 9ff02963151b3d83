"""An errand: what a worker of dask's is asked to do: have some tasks of a search explored.

It is a pure function of its message, so it may be sent twice, and to anybody. For each thread of
the worker that is at an errand there is an explorer (explorer.py), which is kept for the next one.

    run      an errand
    forget   a search is over: its explorers end, and so does whatever waits for them
"""

from __future__ import annotations

import sys
from threading import Lock
from typing import Any

from verify.cluster.companion import Companion
from verify.cluster.outcome import DIED, DONE, GONE_HOME, OVER


class Errand:
    """Some tasks of a search; dask does not look into it."""

    __slots__ = ("description", "search", "tasks")

    def __init__(self, search: str, description: dict[str, Any], tasks: list[Any]) -> None:
        self.search = search
        self.description = description
        self.tasks = tasks


class _Explorers:
    """The explorers of one search, beside this worker."""

    def __init__(self) -> None:
        self.over = False
        self._idle: list[Companion] = []
        self._busy: set[Companion] = set()

    def taken(self, description: dict[str, Any]) -> Companion | None:
        """One that is free; None if the search is over."""
        with _guard:
            if self.over:
                return None
            if self._idle:
                companion = self._idle.pop()
            else:
                companion = Companion("verify.cluster.explorer", sys.path, description["hash seed"])
                companion.send(description)
            self._busy.add(companion)
        return companion

    def put_back(self, companion: Companion) -> None:
        """It has done a task."""
        with _guard:
            self._busy.remove(companion)
            self._idle.append(companion)

    def buried(self, companion: Companion) -> int:
        """It has ended; its exit code."""
        with _guard:
            self._busy.remove(companion)
        return companion.end()

    def end(self) -> None:
        """Send everybody home."""
        with _guard:
            self.over = True
            for companion in self._busy:
                companion.process.kill()  # whoever waits for it will notice
            for companion in self._idle:
                companion.end()
            self._idle.clear()


_guard = Lock()
_explorers: dict[str, _Explorers] = {}


def run(errand: Errand) -> tuple[str, list[tuple[Any, ...]]]:
    """The address of this worker, and what came of the tasks, up to the first that was not done."""
    from distributed import get_worker

    explorers = _explorers.setdefault(errand.search, _Explorers())
    outcomes = []
    for task in errand.tasks:
        outcomes.append(_outcome(explorers, errand.description, task))
        if outcomes[-1][0] != DONE:
            break
    return get_worker().address, outcomes


def forget(search: str) -> None:
    """A search is over."""
    _explorers.setdefault(search, _Explorers()).end()


def _outcome(explorers: _Explorers, description: dict[str, Any], task: Any) -> tuple[Any, ...]:
    while (explorer := explorers.taken(description)) is not None:
        answer: tuple[Any, ...] | None = explorer.ask(task)
        if answer is not None:
            explorers.put_back(explorer)
            return answer
        code = explorers.buried(explorer)
        if code != GONE_HOME and not explorers.over:
            return DIED, code
    return (OVER,)
