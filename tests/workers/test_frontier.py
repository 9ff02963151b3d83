"""The frontier: the leftmost subtree first; what nobody can ask for any more is let go."""

from __future__ import annotations

import gc

import pytest

from tests.counts import programs
from verify.exploration.frontier import Frontier
from verify.exploration.loop import Search
from verify.exploration.pieces import Pieces
from verify.exploration.strategies import STRATEGIES
from verify.exploration.subtree import Fork, Subtree


def _forks() -> int:
    return sum(isinstance(one, Fork) for one in gc.get_objects())


def _left_of_the_first(fork: Fork | None) -> list[object]:
    """What is kept to the left of the first subtree that has not been explored."""
    kept: list[object] = []
    while fork is not None:
        below: object = ()
        for below in fork.below:
            if isinstance(below, Subtree) or (isinstance(below, Fork) and below.open):
                break
            if below != ():
                kept.append(below)
        fork = below if isinstance(below, Fork) else None
    return kept


@pytest.mark.parametrize("lanes", [1, 3, 64])
def test_forks_are_let_go(monkeypatch: pytest.MonkeyPatch, lanes: int) -> None:
    pieces = Pieces(Frontier(1, lanes))
    left: list[object] = []
    monkeypatch.setitem(STRATEGIES, "dpor", lambda seed: pieces)
    monkeypatch.setattr(gc, "collect", lambda generation=2: 0)  # what is let go needs none
    before = _forks()
    search = Search(
        programs.lastzero(7),
        memoise=False,
        on_execution=lambda execution, names: left.extend(
            _left_of_the_first(pieces.frontier._root)
        ),
    )
    gc.disable()
    report = search.run()
    try:
        assert report.executions == 320
        assert not left
        assert _forks() - before <= report.steps  # those above the latest subtree
    finally:
        gc.enable()
