"""Programs that share plain data, memoised: the same executions, in the same order, as for real."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterable

import pytest

from tests.plain_data.comparing import MOST, PROGRAMS_PER_RUN, SEED
from tests.plain_data.memoised_programs import rewritten, source_of
from tests.plain_data.sharing_programs import MEMOISED, REFUSED
from verify.exploration import carrying
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report, Verdict
from verify.operation import bits
from verify.scheduling.event import Event, Execution
from verify.scheduling.naming import Names

RACES = ("data_race",)


@pytest.fixture(autouse=True)
def _worthwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short searches, too."""
    monkeypatch.setattr(carrying, "WORTHWHILE", 1)


class Executions:
    """All that a search tells of its executions, one after another."""

    def __init__(
        self,
        program: Callable[[], object],
        strategy: str = "dpor",
        memoise: bool = False,
        suppress: tuple[str, ...] = RACES,
    ) -> None:
        self.told: list[Hashable] = []
        self.ends: Counter[Hashable] = Counter()
        self._search = Search(
            program,
            strategy=strategy,
            limits=Limits(MOST),
            stop_at_first=False,
            minimise=False,
            memoise=memoise,
            suppress=list(suppress),
            on_execution=self._tell,
        )
        self._latest = self._search.report
        self.report: Report = self._search.run()

    def _tell(self, execution: Execution, names: Names) -> None:
        if self._search.report is not self._latest:
            self._latest = self._search.report
            self.told.clear()
            self.ends.clear()
        races = [(race.early, race.late, names.object_path(race.field)) for race in execution.races]
        failures = [(one.kind, one.step) for one in execution.failures]
        events = [_told(event, names) for event in execution.events]
        self.told.append((tuple(events), execution.outcome, tuple(races), tuple(failures)))
        stores = [
            repr((names.path(event.task), event.argument))
            for event in execution.events
            if event.kind.name == "set" and not event.kind.plain
        ]
        self.ends[execution.outcome, tuple(sorted(stores))] += 1


def _told(event: Event, names: Names) -> Hashable:
    """An event, with the names of the objects: their numbers are those of one search."""

    def paths(numbers: Iterable[int]) -> list[tuple[object, ...]]:
        return [names.object_path(number) for number in numbers]

    return (
        names.path(event.task),
        event.option,
        event.kind.name,
        tuple(paths(cell.number for cell in event.cells)),
        frozenset(paths(bits(event.step.reads))),
        frozenset(paths(bits(event.writes))),
    )


def same_both_ways(program: Callable[[], object], suppress: tuple[str, ...] = RACES) -> Report:
    """The report of a search that was allowed to memoise, and has found what the other one has."""
    real = Executions(program, suppress=suppress)
    found = Executions(program, memoise=True, suppress=suppress)
    assert found.told == real.told
    assert found.report.verdict is real.report.verdict
    assert found.report.outcomes == real.report.outcomes
    assert found.report.allowed_races == real.report.allowed_races
    assert [one.message for one in found.report.failures] == [
        one.message for one in real.report.failures
    ]
    assert [one.trace.events for one in found.report.failures] == [
        one.trace.events for one in real.report.failures
    ]
    return found.report


def test_random_programs() -> None:
    memoised = 0
    for number in range(PROGRAMS_PER_RUN):
        source = source_of(number, SEED)
        program = rewritten(source, "memoised_program")
        where = f"program {number} of seed {SEED}:\n{source}"
        real = Executions(program)
        found = Executions(program, memoise=True)
        assert found.told == real.told, where
        assert found.report.verdict is real.report.verdict, where
        assert found.report.allowed_races == real.report.allowed_races, where
        reason = found.report.carrier_reason
        assert "when it was run again" not in reason, f"{reason}: {where}"
        memoised += found.report.carrier == carrying.MEMOISED
    assert memoised >= PROGRAMS_PER_RUN // 3


def test_small_random_programs() -> None:
    """All orders of all accesses to what is shared end as the executions do that are memoised."""
    compared = 0
    for number in range(PROGRAMS_PER_RUN):
        source = source_of(number, SEED, small=True)
        program = rewritten(source, "memoised_program")
        found = Executions(program, memoise=True)
        if found.report.carrier == carrying.MEMOISED:
            every = Executions(program, "brute_force")
            if every.report.complete:
                assert every.ends.keys() == found.ends.keys(), f"program {number}:\n{source}"
                compared += 1
    assert compared >= PROGRAMS_PER_RUN // 4


@pytest.mark.parametrize("name", MEMOISED)
def test_what_is_memoised(name: str) -> None:
    report = same_both_ways(rewritten(MEMOISED[name], "memoised_program"))
    assert (report.carrier, report.carrier_reason) == (carrying.MEMOISED, "")


@pytest.mark.parametrize("strategy", ["source_dpor", "exhaustive", "brute_force"])
def test_whatever_the_strategy(strategy: str) -> None:
    source = MEMOISED["lost update"].replace("range(3)", "range(2)")
    program = rewritten(source, "memoised_program")
    real, found = Executions(program, strategy), Executions(program, strategy, memoise=True)
    assert found.told == real.told
    assert found.report.carrier == carrying.MEMOISED


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not(name: str) -> None:
    reason, source = REFUSED[name]
    report = same_both_ways(rewritten(source, "memoised_program"))
    assert report.carrier == carrying.RE_EXECUTED
    assert reason in report.carrier_reason


@pytest.mark.parametrize("name", ["lost update", "locked", "a global", "slots, deleted"])
def test_data_races_are_found(name: str) -> None:
    """As failures, with the same traces; there are none where a lock is held."""
    report = same_both_ways(rewritten(MEMOISED[name], "memoised_program"), suppress=())
    assert report.carrier == carrying.MEMOISED
    assert ("race" in report.outcomes) == (name != "locked")


def test_what_was_there_before_the_search_is_there_again() -> None:
    program = rewritten(MEMOISED["a global"], "memoised_program")
    module = sys.modules["memoised_program"]
    module.n = 7  # type: ignore[attr-defined]
    Executions(program, memoise=True)
    assert type(module.n) is int  # type: ignore[attr-defined]


def test_other_code_that_looks_is_seen() -> None:
    """A function that was not rewritten finds whatever is there: it must not be memoised."""
    program = rewritten(MEMOISED["lost update"], "memoised_program")
    module = sys.modules["memoised_program"]
    module.look = lambda counter: counter.n  # type: ignore[attr-defined]
    source = MEMOISED["lost update"].replace("counter.n == 3", "look(counter) == 3")
    program = rewritten(source, "memoised_program")
    vars(sys.modules["memoised_program"])["look"] = lambda counter: counter.n
    report = same_both_ways(program)
    assert "is not instrumented" in report.carrier_reason
    assert report.verdict is Verdict.VIOLATED


def test_what_the_runs_leave_behind_is_still_found() -> None:
    """The third execution, and all after it, are told by what the ones before have left."""
    source = MEMOISED["a global"].replace("    n = 0\n", "", 1).replace("n == 3", "n < 9")
    report = Executions(
        rewritten(source.replace("    n = 0\n", ""), "memoised_program"), memoise=True
    ).report
    assert report.verdict is Verdict.NONDETERMINISTIC
