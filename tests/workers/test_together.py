"""Several processes explore together: what comes out is what one of them would have found.

Searches are made to be divided early, so that programs of some hundred classes are shared out.
"""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

import verify
from tests.counts import programs
from tests.workers.divided import EARLY
from tests.workers.programs import awaited_late, lost, shared_late, two_lost
from tests.workers.telling import told
from verify.collection import collect
from verify.errors import InternalFault, UsageError
from verify.exploration import frontier
from verify.exploration.exploring import explore
from verify.exploration.loop import Search
from verify.exploration.report import Verdict
from verify.exploration.workers import MOST_DEATHS, Crew

MODELS = Path(__file__).resolve().parents[2] / "models"
FILES = ("dining_philosophers.py", "lock_rules.py", "semaphore_bounds.py")


@pytest.fixture(autouse=True)
def divided_early(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Divide searches early, and demand that no process is left."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
    yield
    assert not active_children()


@pytest.mark.parametrize("workers", [2, 3, 8])
@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize(
    ("program", "classes"),
    [
        (programs.lastzero(7), 320),
        (programs.racyinc(4), 576),
        (programs.lockinc(5), 120),
        (programs.readers(7), 128),
    ],
)
def test_each_class_is_run_once(
    program: Callable[[], object], classes: int, memoise: bool, workers: int
) -> None:
    report = explore(program, memoise=memoise, workers=workers)
    assert report.verdict is Verdict.PROVED
    assert (report.executions, report.blocked_executions) == (classes, 0)


@pytest.mark.parametrize("file", FILES)
def test_models(file: str) -> None:
    compare_models(file, (2, 3))


@pytest.mark.nightly
@pytest.mark.parametrize("file", sorted(path.name for path in MODELS.glob("*.py")))
def test_all_models(file: str) -> None:
    compare_models(file, (2, 3, 8))


def compare_models(file: str, counts: tuple[int, ...]) -> None:
    """Those with classes=… go on after a failure, the others stop at the first."""
    for model in collect([str(MODELS / file)]):
        alone = told(model.search().run())
        for workers in counts:
            assert told(model.search(workers=workers).run()) == alone, (model.key, workers)


def test_the_same_counterexample() -> None:
    """The first in the order of the frontier, also if it takes a while to get there."""
    late = 0
    for final in (1, 2, 3, 4):
        alone = explore(lost(final))
        assert alone.verdict is Verdict.VIOLATED
        late += alone.executions > EARLY
        for workers in (2, 3, 8):
            assert told(explore(lost(final), workers=workers)) == told(alone)
    assert late


@pytest.mark.parametrize("most", [EARLY - 1, EARLY, EARLY + 1, 100, 575, 576])
def test_a_limit_is_met_to_the_execution(most: int) -> None:
    program = programs.racyinc(4)
    alone, together = (explore(program, max_executions=most, workers=count) for count in (1, 2))
    assert together.executions == min(most, 576)
    assert told(together) == told(alone)


def test_a_goal_is_reached_in_a_worker() -> None:
    alone, together = (explore(two_lost, workers=count) for count in (1, 2))
    assert told(together) == told(alone)
    assert together.covered == {"two are lost": True}


def test_what_is_shared_late_begins_the_search_again() -> None:
    assert told(explore(shared_late, workers=2)) == told(explore(shared_late))


def test_what_is_shared_after_something_was_awaited_begins_the_search_again() -> None:
    """A worker that knows of the awaiting finds the invariant, and says what of the two it was."""
    assert told(explore(awaited_late, workers=2)) == told(explore(awaited_late))


@pytest.mark.parametrize("memoise", [True, False])
def test_a_worker_that_dies_loses_nothing(monkeypatch: pytest.MonkeyPatch, memoise: bool) -> None:
    """Each of the first workers is killed in the middle of its first task."""
    killed: set[int] = set()
    hand_out = Crew._hand_out

    def handing_out(self: Crew) -> None:
        hand_out(self)
        for worker in self._workers:
            if worker.task is not None and len(killed) < 3:
                killed.add(worker.process.pid or 0)
                worker.process.kill()

    alone = explore(programs.racyinc(4), memoise=memoise)
    monkeypatch.setattr(Crew, "_hand_out", handing_out)
    together = explore(programs.racyinc(4), memoise=memoise, workers=2)
    assert len(killed) == 3
    assert told(together) == told(alone)
    assert together.executions == 576


def test_a_task_that_kills_whoever_explores_it() -> None:
    library = ctypes.CDLL(None)  # os.getpid is the explorer's while something is explored
    here = library.getpid()

    def program() -> None:
        total = verify.Atomic(0)

        def add() -> None:
            total.add(1)
            if library.getpid() != here:
                library["raise"](signal.SIGKILL.value)

        programs.run_all(*[(add,)] * 5)

    with pytest.raises(InternalFault, match=f"{MOST_DEATHS + 1} worker processes in turn died"):
        explore(program, memoise=False, workers=2)


@pytest.mark.nightly  # it takes the watchdog's patience
def test_an_error_in_a_worker_is_told_as_it_is() -> None:
    library = ctypes.CDLL(None)
    here = library.getpid()

    def program() -> None:
        total = verify.Atomic(0)

        def add() -> None:
            if total.add(1) == 2 and library.getpid() != here:
                while True:
                    pass

        programs.run_all(*[(add,)] * 5)

    with pytest.raises(verify.errors.ModelError, match="ran on without any visible operation"):
        explore(program, memoise=False, workers=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "workers=0 is not a whole number from 1"),
        ({"workers": "all"}, "workers='all' is not a whole number from 1"),
        ({"workers": 2, "strategy": "random"}, "workers=2 share out a complete search"),
        ({"workers": 2, "preemptions": 1}, "workers=2 share out a complete search"),
    ],
)
def test_bad_input(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Search(programs.racyinc(2), **settings)


def test_as_many_as_there_are_cores() -> None:
    assert told(explore(programs.racyinc(4), workers="auto")) == told(explore(programs.racyinc(4)))
    assert Search(programs.racyinc(2), workers="auto", strategy="random").workers == 1
