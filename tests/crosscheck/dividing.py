"""A search that is divided after a few executions, whatever that may be worth (case.py)."""

from __future__ import annotations

from typing import cast

from verify.exploration.case import Cases
from verify.exploration.division import by_orders
from verify.exploration.piece import Piece
from verify.exploration.strategy import Strategy
from verify.exploration.subtree import Subtree
from verify.scheduling.event import Choice, Execution
from verify.scheduling.view import View


def divided(after: int) -> Strategy:
    """Optimal DPOR, for so many executions."""
    return cast(Strategy, _Divided(after))


class _Divided:
    """The strategy; not by inheritance, which a compiled one would not have."""

    unplannable = False
    cases: Cases | None = None
    kept = 0

    def __init__(self, after: int) -> None:
        self._after = after
        self._search = Piece()
        self._search.turn_to(Subtree(None, 0, (), [], False))

    def begin(self) -> bool:
        if not self._search.begin():
            return False
        if self._after:
            self._after -= 1
            self.kept = self._search.kept
            return True
        self.cases = by_orders([order for order, _ in self._search.pairs or ()], 4)
        return False

    def choose(self, view: View) -> Choice | None:
        return self._search.choose(view)

    def end(self, execution: Execution) -> None:
        self._search.end(execution)
        self.unplannable = self._search.unplannable
