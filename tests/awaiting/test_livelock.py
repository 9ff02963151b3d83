"""Livelocks: which ends are some, whoever chooses the schedule, and what is said about them."""

from __future__ import annotations

from pathlib import Path

import pytest

import verify
from verify.exploration.replaying import replay
from verify.exploration.report import Verdict
from verify.traces.render_text import render


def spin(flag: verify.Shared[int]) -> None:
    while not flag.value:
        verify.sleep(1)


def flag_that_nobody_raises() -> None:
    flag = verify.Shared(0)
    lock = verify.Lock()
    lock.acquire()
    spinner = verify.Thread(target=spin, args=(flag,), name="spinner")
    sleeper = verify.Thread(target=lock.acquire, name="sleeper")
    spinner.start()
    sleeper.start()
    spinner.join()


def pulse() -> None:
    """The spinner must look between the two writes, or never sees it."""
    flag = verify.Shared(0)
    spinner = verify.Thread(target=spin, args=(flag,), name="spinner")
    spinner.start()
    flag.value = 1
    flag.value = 0
    spinner.join()


def test_the_report_says_who_spins_where_and_what_would_end_it() -> None:
    report = verify.explore(flag_that_nobody_raises)
    [failure] = report.failures
    assert failure.kind == "livelock"
    assert failure.message == "spinner spins for ever, and main and sleeper wait for ever"
    trace = failure.trace
    place = "tests/awaiting/test_livelock.py"
    look = spin.__code__.co_firstlineno + 1
    assert trace.diagnosis == (
        f"spinner spins at {place}:{look}: it looks at flag over and over, and nobody is left to "
        f"write it. Each round: get flag (line {look}), sleep (line {look + 1}). A write to it "
        "would let spinner look again."
    )
    waiting = {one.task: (one.operation, one.objects) for one in trace.waiting}
    assert waiting["spinner"] == ("spin", ("flag",))
    assert waiting["sleeper"] == ("acquire", ("lock",))
    assert waiting["main"][0] == "join"
    text = render(trace, None, width=200)
    assert text.startswith("VIOLATED  livelock in flag_that_nobody_raises")
    assert "livelock: spinner spins for ever, and main and sleeper wait for ever" in text
    assert f"spinner → a write to flag ({place}:{look})" in text


def test_it_replays() -> None:
    [failure] = verify.explore(flag_that_nobody_raises).failures
    assert replay(flag_that_nobody_raises, failure.trace).failures[0].kind == "livelock"


@pytest.mark.parametrize("strategy", ["random", "pct", "pos"])
def test_a_sampler_finds_it(strategy: str) -> None:
    report = verify.explore(pulse, strategy=strategy, max_executions=100, stop_at_first=False)
    assert set(report.outcomes) == {"ok", "livelock"}


@pytest.mark.parametrize(("preemptions", "outcomes"), [(0, {"livelock"}), (1, {"ok", "livelock"})])
def test_a_bounded_search_finds_it(preemptions: int, outcomes: set[str]) -> None:
    """Without a preemption the main task writes twice, then joins; or the spinner, which had to
    be looked at first, has only seen the flag down. With one it looks between the writes."""
    report = verify.explore(pulse, preemptions=preemptions, stop_at_first=False)
    assert set(report.outcomes) == outcomes
    assert "preemption" in report.stop_reason


def test_a_daemon_may_spin() -> None:
    def main() -> None:
        flag = verify.Shared(0)
        verify.Thread(target=spin, args=(flag,), daemon=True).start()

    report = verify.explore(main, stop_at_first=False)
    assert report.verdict is Verdict.PROVED
    assert set(report.outcomes) == {"ok"}


def test_a_deadlock_beside_a_spinning_daemon_is_a_deadlock() -> None:
    def main() -> None:
        flag = verify.Shared(0)
        spinner = verify.Thread(target=spin, args=(flag,), daemon=True, name="spinner")
        spinner.start()
        spinner.join()

    [failure] = verify.explore(main).failures
    assert failure.kind == "deadlock"
    assert failure.message == "main waits for ever"
    assert [one.operation for one in failure.trace.waiting] == ["join", "spin"]


def test_a_failed_assertion_comes_before_a_livelock() -> None:
    def main() -> None:
        flag = verify.Shared(0)
        verify.Thread(target=spin, args=(flag,)).start()
        raise AssertionError

    assert set(verify.explore(main, stop_at_first=False).outcomes) == {"assertion"}


def test_the_end_of_a_task_lets_go_who_asks_whether_it_is_alive() -> None:
    """One class in which it looks after the end, one in which it looks before and after."""

    def main() -> None:
        flag = verify.Shared(0)
        child = verify.Thread(target=lambda: flag.value)
        child.start()
        while child.is_alive():
            pass

    report = verify.explore(main, stop_at_first=False)
    assert report.complete
    assert report.outcomes == {"ok": 2}


def test_what_is_not_recognised_is_undetermined() -> None:
    def main() -> None:
        flag = verify.Shared(0)
        while verify.now() >= 0:
            flag.value  # noqa: B018

    report = verify.explore(main, max_steps=50)
    assert report.verdict is Verdict.UNDETERMINED
    assert "max_steps" in report.stop_reason


def test_a_model_can_expect_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # where the counterexample is saved
    expecting = verify.model(expect="livelock")(flag_that_nobody_raises)
    expecting()
    with pytest.raises(AssertionError, match="spinner spins for ever"):
        verify.model(flag_that_nobody_raises)()
