"""What a search holds on to does not grow with the number of executions, and is let go at its end.

The most memory that a process has had is read after ten thousand executions and after a hundred
thousand, each in a fresh process that does nothing else.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from models.benchmarks.lastzero import lastzero

ROOT = Path(__file__).resolve().parents[2]
STATUS = Path("/proc/self/status")

SEARCH = """
import sys, verify
from verify.exploration import carrying
from models.benchmarks.lastzero import lastzero

most, megabytes = map(int, sys.argv[1:])
carrying.LEARNT = megabytes << 20
report = verify.explore(
    lambda: lastzero(15),
    max_executions=most,
    memoise=megabytes > 0,
)
assert (report.executions, report.carrier) == (most, "re-executed"), report
"""
"""Of (15 + 3) · 2^13 = 147 456 classes."""


def peak(executions: int, learnt: int = 0) -> float:
    """The most memory, in megabytes, that so many executions take.

    They are memoised until this many megabytes have been learnt, and re-executed from there on.
    """
    report = f"print(open({str(STATUS)!r}).read())"
    done = subprocess.run(
        [sys.executable, "-c", SEARCH + report, str(executions), str(learnt)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@pytest.mark.nightly
@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the peak of a process alone")
def test_ten_times_as_many_executions_take_no_more_memory() -> None:
    few, many = peak(10_000), peak(100_000)
    assert many <= 1.1 * few, f"{few:.1f} MB after 10 000 executions, {many:.1f} MB after 100 000"


LONG = """
import sys
from pathlib import Path

from models.benchmarks.racyinc import racyinc
from verify.exploration.limits import Limits
from verify.exploration.loop import Search

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

def tell(report, steps):
    if report.executions >= 10_000 and not peaks:
        peaks.append(peak())

peaks = []
limits = Limits(max_executions=1_000_000)
report = Search(lambda: racyinc(7), limits=limits, memoise=False, on_progress=tell).run()
assert (report.executions, report.carrier) == (1_000_000, "re-executed"), report
print(*peaks, peak())
"""
"""Of (7!)² = 25 401 600 classes."""


@pytest.mark.nightly  # some three minutes
@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the peak of a process alone")
def test_a_million_executions() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG], cwd=ROOT, capture_output=True, text=True, check=True
    )
    few, many = map(float, done.stdout.split())
    assert many <= 1.1 * few, f"{few:.1f} MB after 10 000 executions, {many:.1f} MB after a million"


@pytest.mark.nightly
@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells the peak of a process alone")
def test_what_is_learnt_takes_what_it_may() -> None:
    """Up to the 60 000th execution it would be some 45 MB."""
    learnt = peak(60_000, learnt=32) - peak(60_000)
    assert 24 <= learnt <= 36


def held() -> Counter[str]:
    """How many objects there are of each of our classes."""
    gc.collect()
    kinds = [type(one) for one in gc.get_objects()]
    return Counter(kind.__qualname__ for kind in kinds if kind.__module__.startswith("verify."))


def every_task_waits() -> None:
    lock = verify.Lock()
    lock.acquire()
    lock.acquire()


def search(memoise: bool) -> None:
    report = verify.explore(lambda: lastzero(5), stop_at_first=False, memoise=memoise)
    assert report.carrier == ("memoised" if memoise else "re-executed")


def fail_and_replay() -> None:
    report = verify.explore(every_task_waits)
    verify.replay(every_task_waits, report.failures[0].trace)


@pytest.mark.parametrize(
    "use",
    [lambda: search(memoise=True), lambda: search(memoise=False), fail_and_replay],
    ids=["memoised", "re-executed", "failing"],
)
def test_nothing_of_a_search_outlives_it(use: Callable[[], None]) -> None:
    """After the first, which fills what is kept on purpose, the next leaves nothing behind."""
    use()
    before = held()
    use()
    assert held() == before
