"""The counts can fail: explorers that are broken on purpose are found out by them.

Each break is a mistake that one could make, and is made in a subclass or by replacing one function.
A handful of the named programs (tests/counts) is enough to notice every one of these. Compiled
classes cannot be broken like that, so this is a test of the pure core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.broken.searches import ReversesOneRace
from tests.counts import exploring, programs
from tests.reference import enumeration, programs as reference_programs
from verify.build import compiled
from verify.exploration import depth_first
from verify.exploration.depth_first import Exhaustive
from verify.exploration.dpor import Dpor
from verify.exploration.races import Race
from verify.exploration.strategy import Strategy, View
from verify.exploration.validator import checking
from verify.operation import Footprint
from verify.scheduling.event import Choice, Execution

pytestmark = pytest.mark.skipif(compiled(), reason="the core is compiled")

PROGRAMS = (
    ("store_buffering", ()),
    ("racyinc", (2,)),
    ("readers", (2,)),
    ("writers", (3,)),
    ("buffer", (1, 1)),
    ("flagwait", (2, False)),
    ("dining", (3,)),
    ("lastzero", (3,)),
)


@pytest.fixture(autouse=True)
def unchecked() -> Iterator[None]:
    """The counts alone must notice, without the search's own checks."""
    checking(False)
    yield
    checking(True)


def noticed(strategy: Callable[[], Strategy]) -> str | None:
    """The first program on which a strategy's executions are not the classes, each once."""
    for name, arguments in PROGRAMS:
        reference = getattr(reference_programs, name)(*arguments)
        expected = enumeration.survey(reference, main_first=True)
        explored = exploring.survey(
            getattr(programs, name)(*arguments), reference, lambda seed, made=strategy: made()
        )
        if Counter(explored.keys) != Counter(expected.classes.keys()):
            return str(name)
    return None


@pytest.mark.parametrize("strategy", [Exhaustive, Dpor])
def test_nothing_is_noticed_when_nothing_is_broken(strategy: type[Strategy]) -> None:
    assert noticed(strategy) is None


class NeverWakes(Exhaustive):
    """Who sleeps stays asleep, whatever happens: classes are lost."""

    def _inherited(self, view: View) -> dict[Choice, Footprint]:
        return dict(self.path[-1].sleep) if self.path else {}


class WakesAtOnce(Exhaustive):
    """Nobody is still asleep at the next step: classes are run more than once."""

    def _inherited(self, view: View) -> dict[Choice, Footprint]:
        return {}


class NeverGoesBack(Exhaustive):
    """The last choice of every point is forgotten: classes are lost."""

    def end(self, execution: Execution) -> None:
        for node in self.path:
            del node.todo[2:]
        super().end(execution)


class ThinksAllIsCovered(Dpor):
    """No race is ever reversed: one execution, and it calls that a proof."""

    def _settle(self, race: Race) -> bool:
        return True


BROKEN = [NeverWakes, WakesAtOnce, NeverGoesBack, ReversesOneRace, ThinksAllIsCovered]


@pytest.mark.parametrize("strategy", BROKEN)
def test_a_broken_strategy_is_noticed(strategy: type[Strategy]) -> None:
    assert noticed(strategy) is not None


def _reads_do_not_count(a: Footprint, b: Footprint) -> bool:
    return bool(a.writes & b.writes)


def _one_way_only(a: Footprint, b: Footprint) -> bool:
    return bool(a.writes & (b.reads | b.writes))


def _everything_conflicts(a: Footprint, b: Footprint) -> bool:
    return True


@pytest.mark.parametrize("relation", [_reads_do_not_count, _one_way_only, _everything_conflicts])
def test_a_wrong_dependency_relation_is_noticed(
    relation: Callable[[Footprint, Footprint], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depth_first, "conflicts", relation)
    assert noticed(Exhaustive) is not None
