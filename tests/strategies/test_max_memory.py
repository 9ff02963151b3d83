"""A search takes no more memory than it may: it lets go of what it can do without, then it stops.

What a process takes, and what a machine has, is read from files; most tests write these files
themselves, and some believe the real ones.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest

import verify
from tests.counts import programs
from verify.build import compiled
from verify.errors import UsageError
from verify.exploration import frontier, memory
from verify.exploration.carrying import MEMOISED, RE_EXECUTED
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.memory import MEGABYTE, Memory, available
from verify.exploration.report import Report, Verdict
from verify.scheduling.event import Execution
from verify.scheduling.naming import Names

ROOT = Path(__file__).resolve().parents[2]
PAGE = os.sysconf("SC_PAGE_SIZE")
needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")


class Machine:
    """What is written in /proc and /sys of a machine that is not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, file: str, text: object) -> None:
        """Have this in a file."""
        path = self._root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")

    def takes(self, megabytes: float, process: object = "self") -> None:
        """Have a process take so much, and have mapped twice as much."""
        pages = round(megabytes * MEGABYTE / PAGE)
        self.write(f"proc/{process}/statm", f"{2 * pages} {pages} 9 9 0 9 0")

    def has(self, megabytes: int) -> None:
        """Have so much memory that nobody uses."""
        self.write("proc/meminfo", f"MemTotal: 99 kB\nMemAvailable: {megabytes * 1024} kB")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(memory, "ROOT", tmp_path)
    found = Machine(tmp_path)
    found.takes(100)
    return found


@pytest.fixture
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Look after each execution, and demand that no process is left."""
    monkeypatch.setattr(memory, "EVERY", 0.0)
    yield
    assert not active_children()


TWO_CONTROLLERS = "5:cpu,cpuacct:/other\n4:memory:/pod/one\n0::/\n"


@pytest.mark.parametrize(
    ("files", "megabytes"),
    [
        ({}, 3000),
        ({"proc/self/cgroup": "0::/a/b"}, 3000),
        (  # the outer of two groups allows less
            {
                "proc/self/cgroup": "0::/a/b",
                "sys/fs/cgroup/a/b/memory.max": "max",
                "sys/fs/cgroup/a/b/memory.current": 100 * MEGABYTE,
                "sys/fs/cgroup/a/memory.max": 1000 * MEGABYTE,
                "sys/fs/cgroup/a/memory.current": 400 * MEGABYTE,
                "sys/fs/cgroup/a/memory.stat": f"anon 5\ninactive_file {50 * MEGABYTE}\nfile 7",
            },
            650,
        ),
        (  # in a container the group's name may be one from outside
            {
                "proc/self/cgroup": "0::/system.slice/docker-1",
                "sys/fs/cgroup/memory.max": 500 * MEGABYTE,
                "sys/fs/cgroup/memory.current": 100 * MEGABYTE,
            },
            400,
        ),
        (
            {
                "proc/self/cgroup": TWO_CONTROLLERS,
                "sys/fs/cgroup/memory/pod/one/memory.limit_in_bytes": 200 * MEGABYTE,
                "sys/fs/cgroup/memory/pod/one/memory.usage_in_bytes": 150 * MEGABYTE,
                "sys/fs/cgroup/memory/pod/one/memory.stat": f"total_inactive_file {MEGABYTE}",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": (1 << 63) - 4096,
                "sys/fs/cgroup/memory/memory.usage_in_bytes": 9000 * MEGABYTE,
            },
            51,
        ),
        (  # more is used than is allowed, for a moment
            {
                "proc/self/cgroup": TWO_CONTROLLERS,
                "sys/fs/cgroup/memory/memory.limit_in_bytes": 200 * MEGABYTE,
                "sys/fs/cgroup/memory/memory.usage_in_bytes": 201 * MEGABYTE,
            },
            0,
        ),
    ],
)
def test_what_is_still_to_be_had(
    machine: Machine, files: dict[str, object], megabytes: int
) -> None:
    machine.has(3000)
    for file, text in files.items():
        machine.write(file, text)
    assert available() == megabytes * MEGABYTE
    assert Memory(None).bound == pytest.approx((100 + 0.8 * megabytes) * MEGABYTE)
    assert Memory(70).bound == 70 * MEGABYTE


def test_an_address_space_that_is_bounded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has(3000)
    limit = (500 * MEGABYTE, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda which: limit)
    assert available() == 300 * MEGABYTE


def test_where_nobody_tells(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without /proc the most that a process has had is known."""
    (memory.ROOT / "proc/self/statm").unlink()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    monkeypatch.setattr(sys, "platform", "other")
    found = Memory(9)
    assert found.taken is not None
    assert found.taken >= most * 1024
    found.workers = lambda: [1, 2]
    found.become_a_worker()
    assert found.taken >= 3 * most * 1024
    assert found.bound == 9 * MEGABYTE


@pytest.mark.skipif(compiled(), reason="what the core imports, nobody takes away")
def test_where_nothing_tells(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    (memory.ROOT / "proc/self/statm").unlink()
    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(UsageError, match=r"max_memory=9 bounds .* this system does not tell"):
        Memory(9)
    assert verify.explore(programs.racyinc(3)).verdict is Verdict.PROVED


@pytest.mark.usefixtures("looked_at_always")
@pytest.mark.parametrize("memoise", [True, False])
def test_it_stops_when_no_more_may_be_taken(machine: Machine, memoise: bool) -> None:
    runs = 0

    def grow(execution: Execution, names: Names) -> None:
        nonlocal runs
        runs += 1
        machine.takes(2 * runs)

    search = Search(
        programs.racyinc(4), limits=Limits(max_memory=400), memoise=memoise, on_execution=grow
    )
    report = search.run()
    assert report.verdict is Verdict.UNDETERMINED
    assert report.stop_reason == "400 megabytes (max_memory)"
    assert "not refuted within 400 megabytes (max_memory), 201 executions" in str(report) or memoise
    assert (report.carrier, report.executions <= 201) == (RE_EXECUTED, True)
    assert report.outcomes == {"ok": report.executions}
    assert report.estimate is not None


@pytest.mark.usefixtures("looked_at_always")
def test_what_is_found_until_then_is_reported(machine: Machine) -> None:
    def refuted() -> None:
        total = verify.Shared(0)

        def add() -> None:
            total.value += 1

        programs.run_all(*[(add,)] * 4)
        assert total.value == 4

    def grow(report: Report, steps: int) -> None:
        if report.failures:
            machine.takes(102)

    report = Search(
        refuted, limits=Limits(max_memory=101), stop_at_first=False, on_progress=grow
    ).run()
    assert (report.verdict, report.stop_reason) == (
        Verdict.VIOLATED,
        "101 megabytes (max_memory)",
    )
    assert 0 < report.executions < 576
    assert verify.replay(refuted, report.failures[0].trace).failures


@pytest.mark.usefixtures("looked_at_always")
def test_what_was_learnt_is_let_go_first(machine: Machine) -> None:
    """The search goes on, and its path keeps next to nothing of what was known."""
    known: list[int] = []
    runs = 0

    def look(execution: Execution, names: Names) -> None:
        nonlocal runs
        runs += 1
        if runs == 600:
            assert search.carrier.name == MEMOISED
            machine.takes(95)
        if runs in (600, 602):
            objects = gc.get_objects()
            known.append(sum(type(one).__name__ == "Known" for one in objects))

    machine.takes(10)
    search = Search(programs.lastzero(8), limits=Limits(max_memory=100), on_execution=look)
    report = search.run()
    assert (report.verdict, report.executions) == (Verdict.PROVED, 704)
    assert (report.carrier, report.carrier_reason) == (
        RE_EXECUTED,
        "what was learnt left too little memory (max_memory)",
    )
    assert known[1] < known[0] / 4


@pytest.mark.usefixtures("looked_at_always")
@needs_proc
def test_all_processes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough for two of them, not for four."""
    monkeypatch.setattr(frontier, "LEAST", 20)
    own = memory.resident()
    assert own is not None
    enough = 2 * own // MEGABYTE + 1
    alone = verify.explore(programs.racyinc(4), max_memory=enough)
    assert (alone.verdict, alone.executions) == (Verdict.PROVED, 576)
    together = verify.explore(programs.racyinc(4), max_memory=enough, workers=3)
    assert together.verdict is Verdict.UNDETERMINED
    assert together.stop_reason == f"{enough} megabytes (max_memory)"
    assert 20 <= together.executions < 576


GROWS = """
import sys, verify
from models.benchmarks.racyinc import racyinc
from verify.exploration.memory import resident
from verify.exploration.loop import Search
from verify.exploration.limits import Limits

most = resident() // (1 << 20) + 15
def look(report, steps):
    peaks.append(report.memory)

peaks = []
limits = Limits(max_memory=most, max_executions=500)
search = Search(lambda: racyinc(2, 700), limits=limits, on_progress=look)
report = search.run()
print(report)
print(report.stop_reason == f"{most} megabytes (max_memory)", max(peaks) / (most << 20))
"""
"""A path of 2 800 steps, with what is to be explored from each of them on: some 40 megabytes."""


@needs_proc
def test_a_search_that_really_grows() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GROWS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told, last = done.stdout.splitlines()
    assert told.startswith("UNDETERMINED: not refuted within ")
    stopped, part = last.split()
    assert stopped == "True"
    assert 0.5 < float(part) < 1.2


CONFINED = """
import os, sys
from pathlib import Path

Path(sys.argv[1], "cgroup.procs").write_text(str(os.getpid()))
import verify
from verify.exploration import carrying
from models.benchmarks.lastzero import lastzero

carrying.LEARNT = 1 << 40
report = verify.explore(lambda: lastzero(15))
print(report.verdict.name, report.stop_reason or report.carrier_reason)
"""
"""What is learnt alone is more than is allowed."""


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group in which a process may have 64 megabytes."""
    inner = ""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            inner = path
    made = Path(f"/sys/fs/cgroup/memory{inner}/verify-test-{os.getpid()}")
    try:
        made.mkdir()
        (made / "memory.limit_in_bytes").write_text(str(64 * MEGABYTE))
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    yield made
    made.rmdir()


@pytest.mark.nightly
def test_the_kernel_kills_nobody(group: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(group)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done
    assert done.stdout.rstrip().endswith("(max_memory)")
