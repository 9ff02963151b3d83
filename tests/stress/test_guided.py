"""Guided stress: classes that luck does not show are forced on real threads and processes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
import verify.scheduling.scheduler
from tests.stress.conftest import ABSENT
from tests.stress.test_sightings import choosing_and_timing_out, right, waiting
from tests.stress.test_wrong_programs import together
from verify.cli import main
from verify.collection import collect
from verify.exploration.loop import Search
from verify.modelling import Model
from verify.stressing.gate import Gate, Plan, Step, ThreadTurns, plan_of
from verify.stressing.guidance import guided as guided_runs
from verify.stressing.report import Run, StressReport
from verify.stressing.runner import stress_and_compare
from verify.stressing.sightings import Sightings

ROOT = Path(__file__).resolve().parents[2]
MODELS = [
    model
    for model in collect([ROOT / "models"])
    if model.expect not in ("proved", "livelock")  # who spins for ever does so for a minute
]
ENOUGH = 60.0
"""Seconds to enumerate classes, and to force them, on a machine that has other things to do."""
MOST = 12
"""Classes of a model that is guided by default: forcing one takes some milliseconds."""


@pytest.fixture(params=["threads", "processes"])
def on(request: pytest.FixtureRequest) -> str:
    """Each scheduler on which runs can be guided."""
    if request.param == "processes" and ABSENT:
        pytest.skip(ABSENT)
    name: str = request.param
    return name


def guided(program: Callable[[], object], on: str = "threads") -> StressReport:
    """One free run, and then all classes that it has not shown."""
    return stress_and_compare(program, on=on, iterations=1, seconds=ENOUGH, guided=True)


def fails_in(order: str) -> Callable[[], None]:
    """Two tasks put their names into a queue, each so many times; it fails if that gives `order`.

    All is done to one object, so each of the C(2n, n) orders is a class, and one of them fails.
    """

    def program() -> None:
        queue: verify.Queue[str] = verify.Queue()

        def put(name: str) -> None:
            for _ in range(order.count(name)):
                queue.put(name)

        together(lambda: put("0"), lambda: put("1"))
        if "".join(queue.get() for _ in order) == order:
            raise AssertionError(f"in the order {order}")

    return program


NEEDLE = "1001011010"
"""None of 20 000 free runs on threads gave this order. 13 000 gave 0000011111, and about half of
the 252 orders never came."""


def test_what_luck_does_not_show_is_shown_and_ends_as_a_trace(on: str) -> None:
    order = NEEDLE if on == "threads" else NEEDLE[:4] + "10"  # processes take longer
    orders = math.comb(len(order), len(order) // 2)
    program = fails_in(order)
    report = guided(program, on)
    assert report.seen is not None and report.guidance is not None
    assert (report.seen.classes, report.seen.of) == (1, orders)
    assert report.guidance == (orders - 1, 0, "", 0)
    assert report.runs == orders
    assert report.failures == {"assertion": 1}
    (traced,) = report.traced
    assert traced.run > 1, "not the free run"
    assert traced.departures == 0
    assert traced.counterexample is not None, traced.why
    again = verify.replay(program, traced.counterexample.trace)
    assert again.verdict.name == "VIOLATED"
    assert again.failures[0].message == traced.message == f"in the order {order}"


@pytest.mark.parametrize("program", [right, waiting, choosing_and_timing_out])
def test_all_classes_are_shown(program: Callable[[], object], on: str) -> None:
    report = guided(program, on)
    classes = Search(program, stop_at_first=False).run().executions
    assert report.seen is not None and report.guidance is not None
    assert (report.seen.classes, report.seen.of) == (1, classes)
    assert report.guidance == (classes - 1, 0, "", 0)
    assert report.ok
    assert f"showed 1 of the {classes} class" in str(report)
    assert f"guided, showed {classes - 1} more" in str(report)


def test_a_deadlock_is_forced(on: str) -> None:
    """Each has its first lock before either asks for its second: 1 of 3 classes."""

    def program() -> None:
        a, b = verify.Lock(), verify.Lock()

        def take(one: verify.Lock, other: verify.Lock) -> None:
            with one, other:
                pass

        together(lambda: take(a, b), lambda: take(b, a))

    report = guided(program, on)
    assert report.guidance == (2, 0, "", 0)
    assert report.failures == {"deadlock": 1}
    assert report.traced[0].counterexample is not None


def test_time_means_nothing() -> None:
    """The limit of an hour runs out where the class says so, and nobody sleeps."""

    def program() -> None:
        lock = verify.Lock()
        guide = hasattr(verify.scheduling.scheduler.active(), "gate")

        def hold() -> None:
            with lock:
                verify.sleep(3600.0 if guide else 0.0)

        holder = verify.Thread(target=hold)
        holder.start()
        if lock.acquire(timeout=3600):
            lock.release()
        holder.join()

    report = guided(program)
    assert report.ok
    assert report.seen is not None and report.seen.of == 3, "before, meanwhile in vain, after"
    assert report.guidance == (2, 0, "", 0)
    assert report.elapsed < 60


@pytest.mark.parametrize("another", [True, False], ids=["another step", "no step"])
def test_what_cannot_be_forced_is_told(another: bool, on: str) -> None:
    """Where it is guided, a task does something else than when it was explored, or nothing."""

    def program() -> None:
        lock = verify.Lock()
        guide = hasattr(verify.scheduling.scheduler.active(), "gate")

        def work() -> None:
            if not guide:
                with lock:
                    pass
            elif another:
                lock.locked()

        together(work, work)

    report = guided(program, on)
    assert report.seen is not None and report.seen.of == 2
    assert report.guidance is not None
    forced, refused, why, untried = report.guidance
    assert (forced, refused, untried) == (0, 1, 0)
    asked = "who asks for locked" if another else "and never came"
    assert why.startswith("step 1 was to be acquire by task ") and why.endswith(asked)
    assert "1 could not be forced: step 1" in str(report)
    assert report.ok, "that is no failure of the program"


def test_a_gate_names_the_step_that_does_not_come() -> None:
    plan: Plan = (Step((), "set", 0, False), Step((1, 2), "get", 0, False))
    turns = ThreadTurns(len(plan))
    gate = Gate(plan, turns, limit=0.01)
    assert gate.enter((), "set") == plan[0]
    gate.leave(())
    assert gate.enter((3,), "get") is None, "not in the plan, so it waits for all of it"
    assert turns.refusal == (
        "step 2 was to be get by task 1.2 and did not come within 0.01 seconds"
    )
    assert gate.enter((1, 2), "set") is None, "the gate is open"


def test_a_plan_has_what_others_can_tell() -> None:
    """Start and join happen as soon as they can."""
    plans: list[Plan] = []

    def program() -> None:
        lock = verify.Lock()
        together(lock.acquire)
        lock.acquire(timeout=1)

    Search(program, on_execution=lambda one, names: plans.append(plan_of(one, names))).run()
    assert plans == [(Step((1,), "acquire", 0, False), Step((), "acquire", 0, True))]


def test_when_time_is_up_it_is_told_how_many_classes_are_left() -> None:
    sightings = Sightings(right, planning=True)
    sightings.unseen = {"one": (), "another": (), "a third": ()}
    runs = iter([Run(unforced="its step did not come"), None])
    guidance = guided_runs(sightings, lambda plan: next(runs), seconds=1)
    assert guidance == (0, 1, "its step did not come", 2)
    assert str(guidance) == (
        "guided, showed 0 more; 1 could not be forced: its step did not come; no time for 2"
    )


def test_a_program_of_which_no_classes_are_known_is_not_guided(on: str) -> None:
    def program() -> None:
        task = verify.Thread(target=verify.Lock().acquire)
        task.start()
        task.is_alive()
        task.join()

    report = guided(program, on)
    assert report.guidance is None
    assert "classes not counted" in str(report)


def test_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    model = ROOT / "models" / "counter.py"
    command = ["stress", f"{model}::lost_update", "--iterations", "1", "--seconds", str(ENOUGH)]
    command.append("--guided")
    assert main(command) == 0, "the failures are as expected"
    told = capsys.readouterr().out
    assert "guided, showed 3 more" in told
    assert "assertion in run " in told
    assert main([*command, "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["models"]
    assert result["guided"] == {"forced": 3, "refused": 0, "why": "", "untried": 0}
    assert main([*command, "--on", "coroutines"]) == 2
    assert "coroutines take turns anyway" in capsys.readouterr().err


def guided_as_expected(model: Model, on: str, most: int | None) -> int:
    """How many classes of a wrong model were forced; what failed becomes a trace that fails so.

    None of its classes are forced if they are more than `most`, or not known.
    """
    if most is not None and not 0 < (model.classes or 0) <= most:
        return 0
    report = stress_and_compare(
        model.function,
        on=on,
        iterations=1,
        seconds=ENOUGH,
        guided=True,
        races_allowed=model.allows_data_races,
    )
    if report.guidance is None:
        return 0
    explored = model.search(stop_at_first=False).run().outcomes
    classes = sum(explored.values())
    _, refused, _, untried = report.guidance
    if report.seen is not None and report.seen.of == classes and not refused and not untried:
        seen_for_real = {kind: n for kind, n in explored.items() if kind not in ("ok", "invariant")}
        assert report.failures == seen_for_real, model.key
        assert report.runs == classes
    for traced in report.traced:
        assert traced.counterexample is not None, f"{model.key}: {traced.why}"
        again = verify.replay(model.function, traced.counterexample.trace)
        assert again.verdict.name == "VIOLATED", model.key
        assert again.failures[0].kind == traced.kind == model.expect
    return report.guidance.forced


def test_wrong_models_fail_as_often_as_they_are_explored_to() -> None:
    """Each class once, so as many runs fail as there are classes that do."""
    forced = [guided_as_expected(model, "threads", MOST) for model in MODELS]
    assert sum(map(bool, forced)) > 30


@pytest.mark.nightly
@pytest.mark.parametrize("on", ["threads", "processes"])
def test_wrong_models_of_any_size(on: str) -> None:
    forced = [guided_as_expected(model, on, None) for model in MODELS]
    assert sum(map(bool, forced)) > 30
