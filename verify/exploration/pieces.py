"""A search in pieces: optimal DPOR, one subtree after the other (frontier.py).

Stint      the subtrees of one task; when it has nothing left to run, `cuts` is what came of it
Pieces     all tasks, each explored when it is its turn to be committed
"""

from __future__ import annotations

from typing import ClassVar

from verify.exploration.frontier import Frontier, Task
from verify.exploration.piece import Piece
from verify.exploration.strategy import Strategy, View
from verify.exploration.subtree import Cut
from verify.scheduling.event import Choice, Execution


class Stint(Strategy):
    """The executions of one task, by a search that has done others before."""

    exhaustive: ClassVar[bool] = True
    local_first: ClassVar[bool] = True

    def __init__(self, task: Task, search: Piece) -> None:
        self.cuts: list[Cut] = []
        self._task = task
        self._search = search
        self._runs = 0
        search.turn_to(task.subtrees[0])

    def begin(self) -> bool:
        search = self._search
        while len(self.cuts) < len(self._task.subtrees):
            full = self._runs >= self._task.quota
            if search.begin() and not (full and search.splits):
                self._runs += 1
                self.kept = search.kept
                return True
            self.cuts.append(search.cut())
            if full:
                return False
            if len(self.cuts) < len(self._task.subtrees):
                search.turn_to(self._task.subtrees[len(self.cuts)])
        return False

    def choose(self, view: View) -> Choice | None:
        made = self._search.choose(view)
        self.unplannable = self._search.unplannable
        return made

    def end(self, execution: Execution) -> None:
        self._search.end(execution)
        self.unplannable = self._search.unplannable


class Pieces(Strategy):
    """Optimal DPOR, in the order in which the frontier commits its tasks."""

    exhaustive: ClassVar[bool] = True
    local_first: ClassVar[bool] = True

    def __init__(self, frontier: Frontier | None = None) -> None:
        self.frontier = Frontier() if frontier is None else frontier
        self._search = Piece(self.frontier)
        self._runs = 0
        self._stint = self._next()

    def _next(self) -> Stint | None:
        while self.frontier.issue(self._runs) is not None:
            pass
        task = self.frontier.first
        return None if task is None else Stint(task, self._search)

    def begin(self) -> bool:
        stint = self._stint
        while stint is not None and not stint.begin():
            self.frontier.commit(stint.cuts)
            stint = self._stint = self._next()
        if stint is None:
            return False
        self._runs += 1
        self.kept = stint.kept
        return True

    def choose(self, view: View) -> Choice | None:
        made = self._search.choose(view)
        self.unplannable = self._search.unplannable
        return made

    def end(self, execution: Execution) -> None:
        self._search.end(execution)
        self.unplannable = self._search.unplannable
