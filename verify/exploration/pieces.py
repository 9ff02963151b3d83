"""A search in pieces: optimal DPOR, one subtree after the other (frontier.py).

Stint      the subtrees of one task; when it has nothing left to run, `cuts` is what came of it
Begun      how far a task has come, so that it can go on elsewhere
Pieces     all tasks, each explored when it is its turn to be committed
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from verify.exploration.division import Pairs
from verify.exploration.frontier import Frontier, Task
from verify.exploration.piece import Piece
from verify.exploration.strategy import Strategy, View
from verify.exploration.subtree import Cut, Stage
from verify.scheduling.event import Choice, Execution


class Begun(NamedTuple):
    """How far a task has come: subtrees done, whose plans have been made, and executions run; the
    next subtree goes on in `stages`, if it has been begun. `pairs` is what is known so far of how
    the program could be divided (division.py)."""

    done: int
    runs: int
    stages: list[Stage]
    choosing: bool
    pairs: Pairs | None


NOT_BEGUN = Begun(0, 0, [], False, None)
NOTHING_LEFT = Cut([], [], [], False)


class Stint(Strategy):
    """The executions of one task, by a search that has done others before."""

    exhaustive: ClassVar[bool] = True
    local_first: ClassVar[bool] = True

    def __init__(self, task: Task, search: Piece, begun: Begun = NOT_BEGUN) -> None:
        self.cuts: list[Cut] = [NOTHING_LEFT] * begun.done
        self._task = task
        self._search = search
        self._runs = begun.runs
        self._failed = False  # what is found again may be behind a limit then
        search.go_on(task.subtrees[begun.done], begun.stages, begun.choosing, begun.pairs)
        if begun is not NOT_BEGUN:
            search.kept = 0  # maybe nothing has been run in this process

    @property
    def begun(self) -> Begun:
        """How far it has come, when an execution has been begun and not run."""
        search = self._search
        runs, pairs = self._runs - 1, None if self._failed else search.pairs
        return Begun(len(self.cuts), runs, search.standing(), search.choosing, pairs)

    def begin(self) -> bool:
        search = self._search
        while len(self.cuts) < len(self._task.subtrees):
            full = self._runs >= self._task.quota
            if search.begin() and not (full and search.splits):
                self._runs += 1
                self.kept = search.kept
                return True
            if full and not self._failed:
                search.divide(self._runs)
                self.cases = search.cases
                if self.cases is not None:
                    return False
            self.cuts.append(search.cut())
            if full:
                return False
            if len(self.cuts) < len(self._task.subtrees):
                search.turn_to(self._task.subtrees[len(self.cuts)])
        return False

    def choose(self, view: View) -> Choice | None:
        return self._search.choose(view)

    def end(self, execution: Execution) -> None:
        self._failed |= bool(execution.failures)
        self._search.end(execution)
        self.unplannable = self._search.unplannable
        self.cases = self._search.cases


class Pieces(Strategy):
    """Optimal DPOR, in the order in which the frontier commits its tasks."""

    exhaustive: ClassVar[bool] = True
    local_first: ClassVar[bool] = True

    def __init__(
        self, frontier: Frontier | None = None, runs: int = 0, begun: Begun = NOT_BEGUN
    ) -> None:
        """`runs` executions have been run before, and the first task has come so far."""
        self.frontier = Frontier() if frontier is None else frontier
        self._search = Piece(self.frontier)
        self.taken_up = begun
        self._runs = runs
        self._stint = self._next(begun)

    def _next(self, begun: Begun = NOT_BEGUN) -> Stint | None:
        if begun is NOT_BEGUN:
            while self.frontier.issue(self._runs) is not None:
                pass
        task = self.frontier.first
        return None if task is None else Stint(task, self._search, begun)

    @property
    def begun(self) -> Begun:
        """How far the first task has come, when an execution has been begun and not run."""
        return NOT_BEGUN if self._stint is None else self._stint.begun

    def begin(self) -> bool:
        stint = self._stint
        while stint is not None and not stint.begin():
            if stint.cases is not None:
                self.cases = stint.cases
                return False
            self.frontier.commit(stint.cuts)
            stint = self._stint = self._next()
        if stint is None:
            return False
        self._runs += 1
        self.kept = stint.kept
        return True

    def choose(self, view: View) -> Choice | None:
        return self._search.choose(view)

    def end(self, execution: Execution) -> None:
        stint = self._stint
        assert stint is not None
        stint.end(execution)
        self.unplannable = stint.unplannable
        self.cases = stint.cases
