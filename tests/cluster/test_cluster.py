"""A search on a cluster of separate processes: what comes out is what one process would have found.

Searches are divided early, so that programs of some hundred classes are shared out.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cli.offspring import ended
from tests.cluster import sent
from tests.cluster.conftest import EARLY, MODELS, Machines
from tests.workers.programs import awaited_late, shared_late, two_lost
from tests.workers.telling import told
from verify.cluster.cluster import Cluster
from verify.collection import collect
from verify.errors import InternalFault, UsageError
from verify.exploration.exploring import explore
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report, Verdict

pytestmark = pytest.mark.usefixtures("divided_early")


def alone(program: Callable[[], None], **settings: Any) -> dict[str, Any]:
    return told(explore(program, **settings))


def on(cluster: Cluster, program: Callable[[], None], **settings: Any) -> Report:
    return Search(program, cluster=cluster, **settings).run()


COUNTS = [(sent.lastzero, 320), (sent.racyinc, 576), (sent.lockinc, 120), (sent.readers, 128)]
"""As in tests/workers."""


@pytest.mark.parametrize(
    ("program", "classes", "memoise"),
    [(program, classes, number % 2 == 0) for number, (program, classes) in enumerate(COUNTS)],
)
def test_each_class_is_run_once(
    cluster: Cluster, program: Callable[[], None], classes: int, memoise: bool
) -> None:
    report = on(cluster, program, memoise=memoise)
    assert report.verdict is Verdict.PROVED
    assert (report.executions, report.blocked_executions) == (classes, 0)
    assert told(report) == alone(program, memoise=memoise)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("program", "classes", "memoise"),
    [(program, classes, number % 2 == 1) for number, (program, classes) in enumerate(COUNTS)],
)
def test_each_class_is_run_once_the_other_way(
    cluster: Cluster, program: Callable[[], None], classes: int, memoise: bool
) -> None:
    test_each_class_is_run_once(cluster, program, classes, memoise)


MODEL_FILES = sorted(path.name for path in MODELS.glob("*.py") if path.stem != "distributed")
"""By the name of that one dask's package is imported."""


class Killing:
    """Kills workers of dask's, one after the other, each when so many answers have come.

    `replacing` a worker is up to whoever has nobody else to do so.
    """

    def __init__(
        self, machines: Machines, moments: list[int], replacing: Callable[[], None] | None = None
    ) -> None:
        self.killed: list[int] = []
        self._machines = machines
        self._moments = moments
        self._replacing = replacing
        self._answers = 0
        self._receive = Cluster.receive

    def receive(self, cluster: Cluster, search: int, timeout: float) -> list[Any] | None:
        told = self._receive(cluster, search, timeout)
        if told:
            self._answers += 1
            if [one for one in self._moments if one <= self._answers][len(self.killed) :]:
                workers = set(self._machines.workers()).difference(self.killed)
                for worker in sorted(workers)[:1]:
                    os.kill(worker, signal.SIGKILL)
                    self.killed.append(worker)
                    if self._replacing is not None:
                        self._replacing()
        return told


def test_workers_that_are_killed_lose_nothing(
    cluster: Cluster, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_killing(Killing(machines, [1, 3]), cluster, monkeypatch, *COUNTS[1], memoise=True)


@pytest.fixture(scope="module")
def unattended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers that nobody starts again. A nanny of dask's does that a dozen times, not more."""
    made = Machines(tmp_path_factory.mktemp("unattended"), workers=0)
    made.enlist()
    made.enlist()
    yield made
    made.leave()


@pytest.mark.nightly
@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize(("program", "classes"), COUNTS)
@pytest.mark.parametrize("moments", [[1, 2], [2, 4], [5]])
def test_workers_that_are_killed_at_other_moments_lose_nothing(
    unattended: Machines,
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[[], None],
    classes: int,
    memoise: bool,
    moments: list[int],
) -> None:
    killing = Killing(unattended, moments, unattended.enlist)
    with Cluster(unattended.address) as cluster:
        while_killing(killing, cluster, monkeypatch, program, classes, memoise)


def while_killing(
    killing: Killing,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[[], None],
    classes: int,
    memoise: bool,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Cluster, "receive", lambda *given: killing.receive(*given))
        report = on(cluster, program, memoise=memoise)
    assert killing.killed  # perhaps not all: some searches are over sooner
    assert (report.verdict, report.executions) == (Verdict.PROVED, classes)
    assert told(report) == alone(program, memoise=memoise)


@pytest.mark.parametrize("who", ["worker", pytest.param("explorer", marks=pytest.mark.nightly)])
def test_whoever_is_killed_in_the_middle_of_a_task_loses_nothing(
    cluster: Cluster, machines: Machines, who: str
) -> None:
    program = {"worker": sent.worker_dies, "explorer": sent.explorer_dies}[who]
    ticket = machines.shelf / who
    ticket.touch()
    report = on(cluster, program, memoise=False)
    assert not ticket.exists()  # somebody has used it
    assert report.executions == 120  # five tasks that add, one before the other: 5!
    assert told(report) == alone(program, memoise=False)


@pytest.mark.nightly
def test_a_task_that_kills_whoever_explores_it(cluster: Cluster) -> None:
    with pytest.raises(InternalFault, match="4 processes in turn died of one part of the search"):
        on(cluster, sent.deadly, memoise=False)


def test_the_same_counterexample(cluster: Cluster) -> None:
    """The first in the order of the frontier, though it takes a while to get there."""
    found = {program: explore(program) for program in (sent.lost_1, sent.lost_2, sent.lost_3)}
    late = max(found, key=lambda program: found[program].executions)
    assert found[late].verdict is Verdict.VIOLATED
    assert found[late].executions > EARLY
    assert told(on(cluster, late)) == told(found[late])


@pytest.mark.nightly
def test_all_failures_are_counted(cluster: Cluster) -> None:
    assert told(on(cluster, sent.lost_3, stop_at_first=False)) == alone(
        sent.lost_3, stop_at_first=False
    )


@pytest.mark.parametrize("most", [100, pytest.param(EARLY + 1, marks=pytest.mark.nightly)])
def test_a_limit_is_met_to_the_execution(cluster: Cluster, most: int) -> None:
    report = on(cluster, sent.racyinc, limits=Limits(most))
    assert report.executions == most
    assert told(report) == alone(sent.racyinc, max_executions=most)


def test_a_goal_is_reached_elsewhere(cluster: Cluster) -> None:
    report = on(cluster, two_lost)
    assert report.covered == {"two are lost": True}
    assert told(report) == alone(two_lost)


@pytest.mark.parametrize(
    "program", [shared_late, pytest.param(awaited_late, marks=pytest.mark.nightly)]
)
def test_what_is_learnt_elsewhere_begins_the_search_again(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, program: Callable[[], None]
) -> None:
    lessons = []
    crew = Cluster.crew
    monkeypatch.setattr(
        Cluster,
        "crew",
        lambda of, search, quota: lessons.append(len(search.lessons)) or crew(of, search, quota),
    )
    assert told(on(cluster, program)) == alone(program)
    assert max(lessons) > 0


@pytest.mark.parametrize("file", ["lock_rules.py"])
def test_models(cluster: Cluster, file: str) -> None:
    compare_models(cluster, file)


@pytest.mark.nightly
@pytest.mark.parametrize(
    "file", sorted(path.name for path in MODELS.glob("*.py") if path.stem != "distributed")
)
def test_all_models(cluster: Cluster, file: str) -> None:
    compare_models(cluster, file)


def compare_models(cluster: Cluster, file: str) -> None:
    for model in collect([MODELS / file]):
        assert told(model.search(cluster=cluster).run()) == told(model.search().run()), model.key


def test_what_cannot_be_shared_out_is_explored_here(cluster: Cluster) -> None:
    assert Search(sent.racyinc, cluster=cluster, strategy="random").cluster is None


def test_a_program_that_differs_there_is_nondeterministic(cluster: Cluster) -> None:
    report = on(cluster, sent.differs)
    assert report.verdict is Verdict.NONDETERMINISTIC
    assert "explored the first part of the search" in report.nondeterminism


def test_a_program_that_has_no_name(cluster: Cluster) -> None:
    def program() -> None:
        sent.racyinc()

    with pytest.raises(UsageError, match="must be a function without arguments at the top of a"):
        on(cluster, program)


def test_nobody_explores_when_a_search_is_over(cluster: Cluster, machines: Machines) -> None:
    seen: list[int] = []

    def look(*_: Any) -> None:
        seen.extend(machines.explorers())

    on(cluster, sent.racyinc, on_progress=look)
    assert seen
    assert all(map(ended, set(seen)))


def test_a_module_that_is_called_as_dasks_is_not_in_the_way(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (MODELS / "distributed.py").is_file()
    monkeypatch.syspath_prepend(str(MODELS))
    with Cluster(machines.address) as connected:
        assert on(connected, sent.lastzero).executions == 320
