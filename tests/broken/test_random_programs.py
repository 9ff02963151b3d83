"""The random programs can fail: searches with one mistake each are found out by them.

On one task every broken explorer is right, and calls it a proof. Each is wrong on one small program
that was random once (killers.py); the nightly run finds one for each again, among the first twenty
thousand (finding.py). The checks of the search's own data are off, so that what is counted alone
must notice.

Three mistakes are tempting, because they save work and pass every named program of tests/counts:
to cut the sequence that reverses a race at its late event, to look at a race in one run only, and
to be done with it as soon as its reversal is planned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

import verify
from tests.broken.finding import first_wrong, found_wrong, reduced
from tests.broken.killers import KILLERS
from tests.broken.mistakes import Broken
from tests.broken.orders import ReadsRaceWithNothing
from tests.broken.searches import CutsAtTheLateEvent, DropsWhatIsPlanned, TriesRacesOnce
from tests.counts import exploring, programs
from tests.counts.test_named_programs import KNOWN, Known
from tests.crosscheck import as_verify
from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.generator import Description
from tests.reference import enumeration, programs as reference_programs
from verify.build import compiled
from verify.exploration.report import Verdict
from verify.exploration.strategies import STRATEGIES
from verify.exploration.validator import checking

pytestmark = pytest.mark.skipif(compiled(), reason="the core is compiled")

MOST_CLASSES = 100
"""Of a named program that is small enough to be searched by all."""

TRAPS = [CutsAtTheLateEvent, TriesRacesOnce, DropsWhatIsPlanned]

# Something of everything, in an order in which no step has to wait for another task.
ONE_TASK = Description(
    tuple("xamcsepq"),
    1,
    "all",
    (
        [
            *(("bump", "x"), ("if", "x", 1, [("add", "a", 1)], [])),
            ("with", "m", [("notify", "c", 1), ("try", "m", []), ("wait", "c", True)]),
            *(("try", "m", [("exchange", "a", 1, 0, [])]), ("locked", "m")),
            *(("down", "s"), ("try down", "s", []), ("up", "s"), ("await", "e", True)),
            *(("set", "e"), ("await", "e", False), ("deliver", "p"), ("await", "p", True)),
            *(("put", "q", 1), ("try put", "q", 2), ("get", "q"), ("try get", "q"), ("sleep",)),
        ],
    ),
)


@pytest.fixture(autouse=True)
def unchecked() -> Iterator[None]:
    """What is counted alone must notice, without the search's own checks."""
    checking(False)
    yield
    checking(True)


def test_there_are_many_mistakes_and_the_traps_among_them() -> None:
    assert len({explorer.__doc__ for explorer in KILLERS}) == len(KILLERS) >= 16
    assert set(TRAPS) <= KILLERS.keys()


def test_one_task_has_one_class() -> None:
    assert len(enumerated(ONE_TASK).classes) == 1


@pytest.mark.parametrize("explorer", KILLERS)
def test_one_task_is_searched_right(
    explorer: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STRATEGIES, "dpor", lambda seed: explorer())
    with explorer.made():
        report = verify.explore(as_verify.program(ONE_TASK))
    assert (report.verdict, report.executions) == (Verdict.PROVED, 1)


@pytest.mark.parametrize("explorer", KILLERS)
def test_a_small_program_is_searched_wrong(explorer: type[Broken]) -> None:
    known = KILLERS[explorer]
    expected = enumerated(known.program)
    assert difference(known.program, expected) == ""
    assert found_wrong(Broken, known.program, expected) == ""
    assert known.by in found_wrong(explorer, known.program, expected)


@pytest.mark.parametrize("known", [one for one in KNOWN if one.classes <= MOST_CLASSES], ids=repr)
def test_the_named_programs_do_not_find_the_traps(known: Known) -> None:
    reference = getattr(reference_programs, known.name)(*known.arguments)
    expected = enumeration.survey(reference, main_first=True)
    for explorer in TRAPS:
        program = getattr(programs, known.name)(*known.arguments)
        found = exploring.survey(program, reference, lambda seed, made=explorer: made())
        assert Counter(found.keys) == Counter(expected.classes.keys())
        assert (found.outcomes, found.redundant) == (expected.outcomes, 0)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("seed", "spinning"), sorted({(known.seed, known.spinning) for known in KILLERS.values()})
)
def test_random_programs_find_each_mistake(seed: int, spinning: bool) -> None:
    wanted = {
        explorer: known.by
        for explorer, known in KILLERS.items()
        if (known.seed, known.spinning) == (seed, spinning) and known.number is not None
    }
    found = {explorer for explorer, *_ in first_wrong(wanted, seed, spinning)}
    assert found == wanted.keys()


def test_finding_leads_to_a_kept_program() -> None:
    """The command that killers.py is made with, on the mistake that is found first."""
    explorer = ReadsRaceWithNothing
    known = KILLERS[explorer]
    [(found, number, description)] = first_wrong({explorer: known.by}, known.seed)
    assert (found, number) == (explorer, known.number)
    small = reduced(explorer, description, known.by)
    assert known.by in found_wrong(explorer, small, enumerated(small))
    assert len(repr(small)) <= len(repr(known.program))
