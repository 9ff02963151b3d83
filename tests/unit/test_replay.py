"""Replay: the same program fails the same way every time, under the safety nets of a search."""

from __future__ import annotations

import functools
import signal
from pathlib import Path

import pytest

import verify
from tests.unit.sample_trace import crossed_locks
from tests.unit.wrong_programs import (
    Program,
    empty_pocket,
    found,
    lost_update,
    missed_event,
    too_many_inside,
    wrong_at_once,
    wrong_choice,
)
from verify.errors import ModelError, TraceError, UsageError
from verify.exploration import minimising, supervision
from verify.exploration.replaying import run_again
from verify.exploration.report import Verdict
from verify.exploration.watchdog import Watchdog
from verify.traces.format import encode
from verify.traces.store import save

WRONG = {
    crossed_locks: "deadlock",
    missed_event: "deadlock",
    lost_update: "assertion",
    wrong_choice: "assertion",
    wrong_at_once: "assertion",
    empty_pocket: "exception",
    too_many_inside: "invariant",
}


@pytest.mark.parametrize("times", [3, pytest.param(100, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("program", WRONG, ids=lambda program: str(program.__name__))
def test_a_wrong_program_fails_the_same_way_every_time(program: Program, times: int) -> None:
    """The same failure, and a recording of it with the same bytes."""
    trace = found(program)
    assert trace.kind == WRONG[program]
    data = encode(trace)
    for _ in range(times):
        again = run_again(program, trace)
        assert again.reproduced, again.summary
        assert encode(again.trace) == data
        assert again.diverged is None and not again.source_changed and not again.other_program


@pytest.mark.parametrize("program", WRONG, ids=lambda program: str(program.__name__))
def test_the_report_of_a_replay_is_a_violation(program: Program, tmp_path: Path) -> None:
    trace = found(program)
    for given in (trace, save(trace, tmp_path), str(save(trace, tmp_path))):
        report = verify.replay(program, given)
        assert report.verdict is Verdict.VIOLATED
        assert [failure.trace for failure in report.failures] == [trace]
        assert report.outcomes == {trace.kind: 1}
        assert (report.executions, report.steps) == (1, len(trace.events))


def test_every_failing_schedule_is_followed_not_only_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Random schedules reach the deadlock in different orders of steps; each order is followed."""
    monkeypatch.setattr(minimising, "BUDGET", 0)
    traces = {}
    for seed in range(30):
        report = verify.explore(crossed_locks, strategy="random", seed=seed)
        trace = report.failures[0].trace
        traces[trace.digest] = trace
    assert len(traces) > 5
    for trace in traces.values():
        assert run_again(crossed_locks, trace).trace == trace


def test_a_model_is_replayed_without_being_explored() -> None:
    declared = verify.model(expect="assertion")(lost_update)
    assert verify.replay(declared, found(lost_update)).verdict is Verdict.VIOLATED


# ------------------------------------------------------------------------------ the safety nets


def test_what_a_program_prints_is_kept_back(capsys: pytest.CaptureFixture[str]) -> None:
    def chatty() -> None:
        print("hello")
        verify.Atomic(0).load()
        raise AssertionError("rude")

    again = run_again(chatty, found(chatty))
    assert again.reproduced and again.trace.output == "hello\n"
    assert capsys.readouterr() == ("", "")


def test_a_program_that_is_stuck_now(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = False

    def program() -> None:
        verify.Atomic(0).load()
        while stuck:
            pass
        raise AssertionError("not stuck")

    trace = found(program)
    stuck = True
    monkeypatch.setattr(supervision, "Watchdog", functools.partial(Watchdog, patience=0.1))
    with pytest.raises(ModelError, match="ran on without any visible operation"):
        run_again(program, trace)


def test_an_interruption() -> None:
    interrupting = False

    def program() -> None:
        cell = verify.Atomic(0)
        cell.load()
        if interrupting:
            signal.raise_signal(signal.SIGINT)
        cell.load()
        raise AssertionError("in vain")

    trace = found(program)
    interrupting = True
    with pytest.raises(KeyboardInterrupt):
        run_again(program, trace)


def test_a_replay_inside_a_model_is_refused() -> None:
    trace = found(lost_update)

    def program() -> None:
        with pytest.raises(UsageError, match="a model cannot replay another"):
            verify.replay(lost_update, trace)

    assert verify.explore(program).verdict is Verdict.PROVED


def test_a_file_that_is_not_a_trace(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text("no")
    with pytest.raises(TraceError, match="is not a trace"):
        verify.replay(lost_update, path)
