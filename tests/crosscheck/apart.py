"""A search as several workers share it out, each with what it was told, in one process.

Tasks are handed out when they are issued, and explored when it is their turn to be committed: so
whoever explores one knows as little as can be of what has come of those before it.
"""

from __future__ import annotations

from collections import deque
from itertools import cycle
from typing import cast

from verify.exploration.case import Cases
from verify.exploration.encoding import Message, Receiver, Sender
from verify.exploration.frontier import Frontier
from verify.exploration.piece import Piece
from verify.exploration.pieces import Stint
from verify.exploration.strategy import Strategy
from verify.scheduling.event import Choice, Execution
from verify.scheduling.naming import Names
from verify.scheduling.view import View


class _Worker:
    """Both ends of its channel, and the search at the far one."""

    def __init__(self, names: Names) -> None:
        self.asks, self.hears = Sender(names), Receiver(names)
        self.answers, self.learns = Sender(names), Receiver(names)
        self.search = Piece()


def apart(frontier: Frontier, workers: int) -> Strategy:
    """Optimal DPOR by a few workers."""
    return cast(Strategy, _Apart(frontier, workers))


class _Apart:
    """The strategy; not by inheritance, which a compiled one would not have."""

    unplannable = False
    cases: Cases | None = None
    kept = 0  # of what this worker ran last, nothing is known to whoever runs the program

    def __init__(self, frontier: Frontier, workers: int) -> None:
        self._frontier = frontier
        self._count = workers
        self._names: Names | None = None
        self._asked: deque[tuple[_Worker, Message]] = deque()
        self._worker: _Worker | None = None  # whose turn it is, once there are any
        self._runs = 0
        first = frontier.issue(0)
        assert first is not None
        self._search = Piece()
        self._stint: Stint | None = Stint(first, self._search)

    def begin(self) -> bool:
        while True:
            if self._stint is None and not self._turn():
                return False
            stint = self._stint
            assert stint is not None
            if stint.begin():
                self._runs += 1
                return True
            self.cases = stint.cases
            if self.cases is not None:
                return False
            cuts = stint.cuts
            if self._worker is not None:
                answer = self._worker.answers.cuts(cuts, None)
                cuts, _ = self._worker.learns.cuts(answer)
            self._frontier.commit(cuts)
            self._stint = None

    def _turn(self) -> bool:
        """The next task, and who explores it; False if there is none."""
        names = self._names
        assert names is not None
        if self._worker is None:
            self._workers = cycle([_Worker(names) for _ in range(self._count)])
        while (task := self._frontier.issue(self._runs)) is not None:
            worker = next(self._workers)
            self._asked.append((worker, worker.asks.task(task)))
        if not self._asked:
            return False
        self._worker, message = self._asked.popleft()
        self._search = self._worker.search
        self._stint = Stint(self._worker.hears.task(message), self._search)
        return True

    def choose(self, view: View) -> Choice | None:
        self._names = view.names
        return self._search.choose(view)

    def end(self, execution: Execution) -> None:
        self._search.end(execution)
        self.unplannable = self._search.unplannable
        self.cases = self._search.cases
