"""The frontier: the leftmost subtree first; what nobody can ask for any more is let go."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from tests.broken.killers import KILLERS, Killer
from tests.broken.mistakes import Broken
from tests.broken.searches import DropsWhatIsPlanned, NothingElseBegins, TriesRacesOnce
from tests.counts import programs
from tests.crosscheck.apart import apart
from tests.crosscheck.comparing import difference, enumerated
from verify.build import compiled
from verify.exploration.frontier import Frontier
from verify.exploration.loop import Search
from verify.exploration.pieces import Pieces
from verify.exploration.strategies import STRATEGIES
from verify.exploration.strategy import Strategy
from verify.exploration.subtree import Fork, Subtree

SIZES = [(least, lanes) for least in (1, 2, 3) for lanes in (1, 64)]
"""After how many executions a subtree is cut, and how many are under way at once."""


def _forks() -> int:
    # By type alone: an object of another test may answer to `__class__` with an error.
    return sum(type(one) is Fork for one in gc.get_objects())


def _left_of_the_first(root: Fork | Subtree) -> list[object]:
    """What is kept to the left of the first subtree that has not been explored."""
    kept: list[object] = []
    fork = root if isinstance(root, Fork) else None
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
            kept for root in pieces.frontier._roots for kept in _left_of_the_first(root)
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


def by_workers(frontier: Frontier) -> Strategy:
    return apart(frontier, 2)


HOW = pytest.mark.parametrize("how", [Pieces, by_workers])


def wrong(
    killer: Killer, how: Callable[[Frontier], Strategy], made: Callable[[int, int], Frontier]
) -> list[str]:
    """How exploring a program in pieces differs from its enumeration, by their sizes."""
    expected = enumerated(killer.program, 3_000)
    return [
        difference(killer.program, expected, lambda seed, at=at: how(made(*at))) for at in SIZES
    ]


@HOW
@pytest.mark.parametrize("mistake", KILLERS, ids=lambda mistake: mistake.__name__)
def test_what_is_easily_explored_wrongly_is_right_in_pieces(
    mistake: type[Broken], how: Callable[[Frontier], Strategy]
) -> None:
    assert not any(wrong(KILLERS[mistake], how, Frontier))


@pytest.mark.skipif(compiled(), reason="the core is compiled")
@pytest.mark.parametrize(
    ("mistake", "how"),
    [
        (DropsWhatIsPlanned, Pieces),
        (NothingElseBegins, Pieces),
        (TriesRacesOnce, Pieces),
        (TriesRacesOnce, by_workers),
    ],
)
def test_a_race_that_is_dropped_as_soon_as_its_reversal_is_planned_loses_classes(
    mistake: type[Broken], how: Callable[[Frontier], Strategy]
) -> None:
    class DropsWhatIsPlannedAtForks(Frontier):
        def _insert(self, *wanted: Any) -> bool:
            super()._insert(*wanted)
            return True

    assert "classes lost" in str(wrong(KILLERS[mistake], how, DropsWhatIsPlannedAtForks))
