"""The stock ThreadPoolExecutor(3) with three tasks that meet, after one that has finished.

It runs its own Python, of the interpreter that runs the tests, over verify's primitives. A worker
says that it is idle by a semaphore; `submit` puts the work into the queue, and starts a worker
unless it can take a permit. Up to 3.11 a worker said so after each task, whether or not there was
more work, and the count was right as long as there was room for more workers. Since 3.12 it says so
when it has found the queue empty, and between the look and the permit work can come in:

    worker 1   finds the queue empty
    main       submits a: nobody is idle, worker 2 is started for it
    worker 1   says that it is idle, and takes a
    worker 2   finds the queue empty, says that it is idle, sleeps
    main       submits b and c: two permits are there, for one worker that is idle

Nobody starts the third worker, and the three tasks never meet. With two workers the same happens
and does no harm: both have been started. Without the task that has finished, nobody ever finds the
queue empty in time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.fidelity.copies import Copies
from verify.exploration.exploring import explore
from verify.exploration.report import Verdict

pytestmark = pytest.mark.nightly


class _NobodyIsIdle:
    """In the place of the semaphore: each task has a worker started, until there are enough."""

    def acquire(self, timeout: float) -> bool:
        return False

    def release(self) -> None: ...


def _meeting(workers: int, after_one: bool = True, counted: bool = True) -> Callable[[], None]:
    def program() -> None:
        modules = Copies(("concurrent",))
        meeting = modules.threading.Barrier(workers)
        with modules.futures.ThreadPoolExecutor(workers) as pool:
            if not counted:
                pool._idle_semaphore = _NobodyIsIdle()
            if after_one:
                pool.submit(int).result()
            for arrival in [pool.submit(meeting.wait) for _ in range(workers)]:
                arrival.result()
        modules.end()

    return program


def test_three_never_meet() -> None:
    """Within 300 random schedules since 3.12; not within as many before."""
    report = explore(_meeting(3), strategy="random", max_executions=300, memoise=False)
    if sys.version_info >= (3, 12):
        assert set(report.outcomes) - {"ok"} == {"deadlock"}
    else:
        assert report.verdict is Verdict.UNDETERMINED


def test_two_always_meet() -> None:
    """In all interleavings."""
    assert explore(_meeting(2), memoise=False).verdict is Verdict.PROVED


@pytest.mark.parametrize("program", [_meeting(3, after_one=False), _meeting(3, counted=False)])
def test_not_refuted(program: Callable[[], None]) -> None:
    """Without the task that has finished; and with a worker for each task, up to three."""
    report = explore(program, strategy="random", max_executions=1_000, memoise=False)
    assert report.verdict is Verdict.UNDETERMINED
