"""Ctrl-C during a stress run: what was found until then is reported, everything is ended."""

from __future__ import annotations

import os
import signal

import verify


def test_between_two_runs(on: str) -> None:
    """The signal comes while the first run, which ends by itself, is going on."""
    runner = os.getpid()

    def program() -> None:
        os.kill(runner, signal.SIGINT)

    report = verify.stress(program, on=on, seconds=30)
    assert report.interrupted and report.elapsed < 10
    assert report.runs <= 1 and not report.failures
    assert "(interrupted)" in str(report)


def test_in_the_middle_of_a_run(on: str) -> None:
    """Main and a task wait on, with time limits, after the signal: they are ended."""
    runner = os.getpid()

    def program() -> None:
        event = verify.Event()

        def wait() -> None:
            event.wait(timeout=60)

        task = verify.Thread(target=wait)
        task.start()
        os.kill(runner, signal.SIGINT)
        task.join()

    report = verify.stress(program, on=on, seconds=30)
    assert report.interrupted and report.elapsed < 10
    assert (report.runs, report.cut) == (0, "Ctrl-C")
    assert not report.failures and not report.stuck


def test_failures_of_earlier_runs_are_kept() -> None:
    """Run after run fails; the fourth also sends the signal."""
    runs = []

    def program() -> None:
        runs.append(None)
        if len(runs) == 4:
            signal.raise_signal(signal.SIGINT)
        raise LookupError("again")

    report = verify.stress(program, seconds=30)
    assert report.interrupted
    assert report.failures["exception"] in (3, 4)
