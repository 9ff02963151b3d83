"""From a real failure to a trace: what failed for real fails in the explorer, in the same way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from tests.stress.test_wrong_programs import (
    acquire_twice,
    lost_update,
    nobody_notifies,
    opposite_orders,
    over_the_bound,
    raising_task,
    together,
)
from verify.cli import main
from verify.collection import collect
from verify.scheduling.monitor import TaskFailure
from verify.stressing import tracing
from verify.stressing.noting import Account
from verify.stressing.report import Run
from verify.stressing.runner import CARRIERS, stress_and_compare
from verify.stressing.tracing import Failed, Traced, Tracing

ROOT = Path(__file__).resolve().parents[2]

CERTAIN = {
    acquire_twice: ("deadlock", "main waits for ever"),
    opposite_orders: ("deadlock", "main, a_first-1 and b_first-1 wait for ever"),
    nobody_notifies: ("deadlock", "main waits for ever"),
    lost_update: ("assertion", "assert "),
    raising_task: ("exception", "LookupError: nothing there"),
    over_the_bound: ("invariant", "at most two does not hold"),
}
"""What fails in every run, and how exploring calls it; pytest has more to say of a bare assert."""


def replayed(program: Callable[[], object], traced: Traced) -> tuple[str, str]:
    """How a replay of the trace fails."""
    assert traced.counterexample is not None, traced.why
    report = verify.replay(program, traced.counterexample.trace)
    assert report.verdict.name == "VIOLATED", str(report)
    return report.failures[0].kind, report.failures[0].message


@pytest.mark.parametrize("program", CERTAIN, ids=lambda program: program.__name__)
def test_what_fails_for_real_can_be_replayed(program: Callable[[], object], on: str) -> None:
    report = verify.stress(program, on=on, iterations=1)
    (traced,) = report.traced
    assert traced.departures == 0, "the class of the run itself"
    assert (traced.run, traced.kind) == (1, CERTAIN[program][0])
    kind, message = replayed(program, traced)
    assert kind == traced.kind
    assert message == CERTAIN[program][1] or message == " ".join(traced.message.split())
    assert message.startswith(CERTAIN[program][1])


def test_the_trace_is_of_the_order_that_was_seen(on: str) -> None:
    """Every run fails, and says in which of the 6 orders three tasks came."""

    def program() -> None:
        came = verify.Shared[tuple[int, ...]](())
        lock = verify.Lock()

        def come(number: int) -> None:
            with lock:
                came.value = (*came.value, number)

        together(*(lambda number=number: come(number) for number in range(3)))  # type: ignore[misc]
        raise AssertionError(f"they came as {came.value}")

    report = verify.stress(program, on=on, iterations=20)
    assert report.failures == {"assertion": 20}
    seen = {failure.message for failure in report.first}
    assert {traced.message for traced in report.traced} == seen
    for traced in report.traced:
        assert traced.departures == 0
        assert replayed(program, traced) == ("assertion", traced.message)


def test_what_was_chosen_is_chosen_again(on: str) -> None:
    def program() -> None:
        chosen = [verify.choose(range(20)) for _ in range(2)]
        raise AssertionError(f"{chosen}")

    report = verify.stress(program, on=on, iterations=2)
    assert len(report.traced) == 2
    for traced in report.traced:
        assert replayed(program, traced) == ("assertion", traced.message)


def test_a_counterexample_is_made_small(on: str) -> None:
    """Whoever waits spins for real, many times; all that it takes is that the flag is up."""

    def program() -> None:
        flag = verify.Shared(False)

        def wait() -> None:
            while not flag.value:
                verify.sleep(0)

        def set_flag() -> None:
            verify.sleep(0.001)
            flag.value = True

        together(wait, set_flag)
        raise AssertionError("it is up")

    (traced,) = verify.stress(program, on=on, iterations=1).traced
    assert traced.counterexample is not None, traced.why
    trace = traced.counterexample.trace
    assert trace.settings["minimal"] is True
    switches = sum(a.task != b.task for a, b in zip(trace.events, trace.events[1:], strict=False))
    looks = sum(event.operation == "get" for event in trace.events)
    assert (switches, looks) == (3, 1), "main starts both, one sets, one looks, main joins both"


def ended_while_holding() -> None:
    """The worker is ended for certain while it holds the lock: the end is no operation."""
    safe, held = verify.Lock(), verify.Event()

    def hold() -> None:
        with safe:
            held.set()
            verify.Event().wait()

    worker = verify.Process(target=hold)
    worker.start()
    held.wait()
    worker.terminate()
    safe.acquire()


def test_what_happens_otherwise_when_explored_is_found_nearby() -> None:
    """The exit of the worker, which the account does not have, must not come first."""
    report = verify.stress(ended_while_holding, on="processes", iterations=1)
    (traced,) = report.traced
    kind, message = replayed(ended_while_holding, traced)
    assert kind == "exception"
    assert message.startswith("OwnerDied: acquire")


def test_a_failure_that_no_search_finds_again_is_kept_and_said_so() -> None:
    """Only the first run fails, for a reason that the explorer does not control."""
    runs: list[int] = []

    def program() -> None:
        lock = verify.Lock()
        together(lock.acquire)
        runs.append(1)
        if len(runs) == 1:
            raise AssertionError("the first")

    report = verify.stress(program, iterations=1)
    (traced,) = report.traced
    assert traced.counterexample is None
    assert (traced.kind, traced.message) == ("assertion", "the first")
    assert traced.why == (
        "in its order of operations nothing fails when explored, where plain data is seen only "
        "with --instrument; none that departs from it up to 0 times fails so"
    )
    assert report.failures == {"assertion": 1}


def test_another_failure_is_not_passed_off_as_the_one_that_was_seen() -> None:
    runs: list[int] = []

    def program() -> None:
        verify.Lock().acquire()
        runs.append(1)
        raise AssertionError("early" if len(runs) == 1 else "late")

    (traced,) = verify.stress(program, iterations=1).traced
    assert traced.counterexample is None
    assert "it fails as assertion when explored: late" in traced.why


def test_a_deadlock_of_others_is_another_one() -> None:
    """For real main waits for the first lock, in the explorer for the second."""
    runs: list[int] = []

    def program() -> None:
        runs.append(1)
        lock, condition = verify.Lock(), verify.Condition()
        if len(runs) == 1:
            lock.acquire()
            lock.acquire()
        else:
            with condition:
                condition.wait()

    (traced,) = verify.stress(program, iterations=1).traced
    assert traced.counterexample is None
    assert "it fails as deadlock when explored" in traced.why


class Box:
    n = 0


@verify.instrument
def add_to(box: Box) -> None:
    box.n += 1


def test_what_happens_to_plain_data_is_found_nearby() -> None:
    """It is not noted. Of two departures one suffices: away from who has looked and not written."""

    def program() -> None:
        box = Box()
        together(lambda: add_to(box), lambda: add_to(box))
        if box.n != 2:
            raise AssertionError("lost")

    failed = Failed()
    failed.add(Run([TaskFailure("main", "assertion", "lost", "")], account=Account()), 1)
    (traced,) = Tracing(program, "", races_allowed=True).traces(failed, {}, seconds=1)
    assert traced.departures == 1
    assert traced.nearby == " in another order, with 1 departure from that of the run"
    assert replayed(program, traced) == ("assertion", "lost")


@pytest.mark.parametrize("last", ["spinner", "setter"])
def test_looking_again_and_again_is_no_part_of_the_order(last: str) -> None:
    """Explored, a task that awaits the flag looks once before it is set, and once after."""

    def program() -> None:
        flag, name = verify.Shared(False), verify.Shared("")

        def spin() -> None:
            while not flag.value:
                pass
            name.value = "spinner"

        def set_flag() -> None:
            flag.value = True
            name.value = "setter"

        together(spin, set_flag)
        raise AssertionError(name.value)

    account = Account()
    account.born(0, 1)
    account.born(0, 2)
    for _ in range(5):
        account.note(1, "get")
    account.note(2, "set")
    steps = [(2, "set"), (1, "get"), (1, "set")] if last == "spinner" else []
    for task, operation in steps or [(1, "get"), (1, "set"), (2, "set")]:
        account.note(task, operation)
    account.note(0, "get")
    failed = Failed()
    failed.add(Run([TaskFailure("main", "assertion", last, "")], account=account), 1)
    (traced,) = Tracing(program, "", False).traces(failed, {}, seconds=1)
    assert traced.departures == 0
    assert replayed(program, traced) == ("assertion", last)


def test_a_hang_is_nothing_that_is_explored() -> None:
    def spin() -> None:
        while True:
            pass

    (traced,) = verify.stress(lambda: together(spin), seconds=30, patience=0.2).traced
    assert traced.counterexample is None
    assert "is not explored" in traced.why


def test_the_search_nearby_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more orders than may be tried."""
    monkeypatch.setattr(tracing, "EVENTS", 1_000)
    runs: list[int] = []

    def program() -> None:
        counts = [verify.Shared(0) for _ in range(2)]

        def add() -> None:
            for count in counts * 3:
                count.value += 1

        together(add, add, add)
        runs.append(1)
        assert len(runs) > 1

    (traced,) = verify.stress(program, iterations=1).traced
    assert traced.counterexample is None
    assert "so far none" in traced.why


MODEL = """
import verify

def _program():
    lock = verify.Lock()
    lock.acquire()
    lock.acquire()

@verify.model(expect="deadlock")
def awaited():
    _program()

@verify.model
def not_awaited():
    _program()
"""


def test_the_command_keeps_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "locks.py").write_text(MODEL)
    assert main(["stress", "locks.py", "--iterations", "1"]) == 1
    told = capsys.readouterr().out
    paths = sorted(path.name for path in (tmp_path / "traces").iterdir())
    assert [path.partition("-")[0] for path in paths] == ["awaited", "not"]
    assert f"deadlock in run 1: verify replay traces/{paths[0]} locks.py" in told
    assert "VIOLATED  deadlock in not_awaited (locks.py)" in told
    assert f"replay   verify replay traces/{paths[1]} locks.py" in told
    for path in paths:
        assert main(["replay", f"traces/{path}", "locks.py"]) == 1
    capsys.readouterr()
    assert main(["stress", "locks.py", "--iterations", "1", "--json"]) == 1
    results = json.loads(capsys.readouterr().out)["models"]
    assert [result["traces"][0]["trace"] for result in results] == [f"traces/{p}" for p in paths]


@pytest.mark.nightly
@pytest.mark.parametrize("on", sorted(CARRIERS))
def test_every_failure_of_a_wrong_model_becomes_a_trace(on: str) -> None:
    failed = 0
    for model in collect([ROOT / "models"]):
        if model.expect == "proved":
            continue
        report = stress_and_compare(
            model.function, on=on, iterations=200, seconds=2, name=model.key
        )
        for traced in report.traced:
            if traced.kind != "hang":
                failed += 1
                kind, _ = replayed(model.function, traced)
                assert kind == traced.kind, model.key
    assert failed > 20
