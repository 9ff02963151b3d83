"""Replay of a program that is not the one of the trace: the first difference is named, and a run
that does not fail has not reproduced, which is no success.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

import verify
from tests.unit.sample_trace import crossed_locks
from tests.unit.wrong_programs import (
    Program,
    found,
    lost_update,
    too_many_inside,
    wrong_choice,
)
from verify.exploration.follow import Divergence
from verify.exploration.replaying import run_again
from verify.exploration.report import Verdict


def counting(
    *,
    steps: int = 1,
    check: bool = True,
    name: str = "add",
    before_check: bool = False,
    workers: int = 1,
    error: type[Exception] = AssertionError,
) -> Program:
    """Programs that differ in one thing. As it stands: main starts one task, which adds 1 to the
    total; main joins it, looks at the total and fails. Its only trace, by what each line does:
    1 start, 2 add, 3 join, 4 load."""

    def program() -> None:
        total = verify.Atomic(0)
        other = verify.Atomic(0) if before_check else None

        def add() -> None:
            for _ in range(steps):
                total.add(1)

        tasks = [verify.Thread(target=add, name=f"{name}-{n + 1}") for n in range(workers)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        if other is not None:
            other.load()
        if total.load() and check:
            raise error("wrong")

    return program


def test_the_trace_that_the_changed_programs_are_held_against() -> None:
    trace = found(counting())
    assert [(event.task, event.operation, event.objects) for event in trace.events] == [
        ("main", "start", ()),
        ("add-1", "add", ("total",)),
        ("main", "join", ("end of add-1",)),
        ("main", "load", ("total",)),
    ]
    assert run_again(counting(), trace).reproduced


@pytest.mark.parametrize(
    ("changed", "divergence"),
    [
        # A second step of the task: main cannot join it yet.
        (
            counting(steps=2),
            Divergence(3, "main join end of add-1", "main join end of add-1, which cannot go on"),
        ),
        # No step of the task: it has ended when it is to take one.
        (
            counting(steps=0),
            Divergence(2, "add-1 add total", "impossible: add-1 has ended"),
        ),
        # No task at all: main is at its look already.
        (counting(workers=0), Divergence(1, "main start", "main load total")),
        # Two tasks: the second is started where the first was joined.
        (counting(workers=2), Divergence(3, "main join end of add-1", "main start")),
        # Another object, though the operation is the same.
        (
            counting(before_check=True),
            Divergence(4, "main load total", "main load other"),
        ),
        # Another name of a task, which shows where it is joined.
        (
            counting(name="sum"),
            Divergence(3, "main join end of add-1", "main join end of sum-1"),
        ),
    ],
    ids=["more", "less", "no task", "two tasks", "another object", "renamed"],
)
def test_the_first_difference_of_a_changed_program_is_named(
    changed: Program, divergence: Divergence
) -> None:
    trace = found(counting())
    again = run_again(changed, trace)
    assert not again.reproduced
    assert again.diverged == divergence
    assert f"it left the trace at step {divergence.step}, " in again.summary
    assert divergence.expected in again.summary and divergence.found in again.summary


def test_a_program_that_goes_on_after_the_end_of_the_trace() -> None:
    """The longer program's fifth step is its look at the total; until then all is as it was."""
    trace = found(counting())
    shorter = replace(trace, events=trace.events[:3], step=3)
    again = run_again(counting(), shorter)
    assert again.diverged == Divergence(4, "the end of the run", "main load total")


def test_a_program_that_ends_before_the_trace() -> None:
    trace = found(counting())
    longer = replace(trace, events=(*trace.events, trace.events[1]))
    again = run_again(counting(), longer)
    assert again.diverged == Divergence(5, "add-1 add total", "impossible: the program has ended")


def test_a_program_that_deadlocks_before_the_end_of_the_trace() -> None:
    trace = found(crossed_locks)
    longer = replace(trace, events=(*trace.events, trace.events[-1]))
    again = run_again(crossed_locks, longer)
    assert again.diverged is not None
    assert again.diverged.found == "impossible: nobody can go on"


def test_a_step_of_a_task_that_was_not_started() -> None:
    trace = found(counting())
    first = replace(trace.events[1], task="stranger", path=(7,))
    again = run_again(counting(), replace(trace, events=(first, *trace.events[1:])))
    assert again.diverged == Divergence(
        1, "stranger add total", "impossible: there is no task stranger"
    )


def test_an_option_that_there_is_not() -> None:
    trace = found(wrong_choice)
    first = replace(trace.events[0], option=3)
    again = run_again(wrong_choice, replace(trace, events=(first, *trace.events[1:])))
    assert again.diverged == Divergence(1, "main choose", "main choose without option 3")


def test_an_invariant_may_be_replayed_to_its_violation_only() -> None:
    """What comes after the step at which it was violated adds nothing."""
    trace = found(too_many_inside)
    assert trace.step < len(trace.events)
    cut = replace(trace, events=trace.events[: trace.step])
    assert run_again(too_many_inside, cut).reproduced


# ------------------------------------------------------------------------------ no difference


def test_a_fixed_program_did_not_reproduce_and_that_is_no_success() -> None:
    again = run_again(counting(check=False), found(counting()))
    assert again.diverged is None and not again.reproduced
    assert again.summary.startswith(
        "did not reproduce: it followed all 4 steps, but nothing failed instead of assertion "
        "(wrong)"
    )
    assert again.report.verdict is Verdict.NONDETERMINISTIC
    assert again.report.verdict.value == 4
    assert again.report.nondeterminism == again.summary
    assert not again.report.failures and again.report.outcomes == {"ok": 1}


def test_a_program_that_fails_in_another_way() -> None:
    again = run_again(counting(error=ValueError), found(counting()))
    assert not again.reproduced
    assert "but it failed as exception instead of assertion" in again.summary


def test_a_deadlock_of_other_tasks() -> None:
    """A task that now waits too, instead of ending, has no more events than before."""

    def waiting(both: bool) -> Program:
        def program() -> None:
            held = verify.Lock()
            held.acquire()
            tasks = [
                verify.Thread(target=held.acquire, name="always"),
                verify.Thread(target=held.acquire if both else lambda: None, name="sometimes"),
            ]
            for task in tasks:
                task.start()
            tasks[0].join()

        return program

    trace = found(waiting(both=False))
    assert run_again(waiting(both=False), trace).reproduced
    again = run_again(waiting(both=True), trace)
    assert again.diverged is None and not again.reproduced
    assert "now always, main, sometimes wait for ever, then always, main" in again.summary


# ------------------------------------------------------------------------------ why


def test_the_usual_cause_is_named_when_the_source_is_the_same() -> None:
    """A program that remembers its earlier runs is not a function of its schedule."""
    calm = False

    def moody() -> None:
        cell = verify.Atomic(0)
        cell.load() if calm else cell.add(1)
        assert calm

    trace = found(moody)
    assert run_again(moody, trace).reproduced
    calm = True
    again = run_again(moody, trace)
    assert again.diverged == Divergence(1, "main add cell", "main load cell")
    assert "usual cause: the program is not a function of its schedule" in again.summary


def test_the_trace_of_another_program_is_told() -> None:
    again = run_again(lost_update, found(crossed_locks))
    assert not again.reproduced
    assert again.summary.endswith("the trace is of crossed_locks, the program is lost_update")


RACE = """
import verify

def race():
    cell = verify.Shared(0)
    verify.Thread(target=lambda: setattr(cell, "value", 1), name="writer").start()
    assert not cell.value
"""


def loaded(path: Path, text: str) -> ModuleType:
    """The module in a file with that text."""
    path.write_text(text)
    spec = importlib.util.spec_from_loader(path.stem, loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile(text, str(path), "exec"), vars(module))
    return module


def test_a_changed_source_is_told_whether_or_not_it_reproduces(tmp_path: Path) -> None:
    path = tmp_path / "racy.py"
    trace = found(loaded(path, RACE).race)
    same = run_again(loaded(path, RACE).race, trace)
    assert same.reproduced and not same.source_changed
    commented = run_again(loaded(path, RACE + "# a remark\n").race, trace)
    assert commented.reproduced and commented.source_changed
    assert "reproduced, although its source has changed since" in commented.summary
    fixed = run_again(loaded(path, RACE.replace("assert not ", "")).race, trace)
    assert not fixed.reproduced and fixed.source_changed
    assert fixed.summary.endswith("its source has changed since")
