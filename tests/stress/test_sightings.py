"""Which classes real runs have shown: never one that exploring does not enumerate."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import verify
from models.benchmarks.spawnjoin import spawnjoin
from verify.collection import collect
from verify.exploration.classes import class_of
from verify.exploration.loop import Search
from verify.scheduling.life import ALIVE
from verify.stressing import noting, posting
from verify.stressing.host import RunScheduler
from verify.stressing.mailbox import Mailbox, SharedCounts
from verify.stressing.posting import SharedMoments
from verify.stressing.runner import CARRIERS, stress_and_compare
from verify.stressing.sightings import Sightings

ROOT = Path(__file__).resolve().parents[2]
SCHEDULERS = sorted(CARRIERS)
RUNS = {"threads": 40, "processes": 10, "coroutines": 40}
NIGHTLY_RUNS = {"threads": 10_000, "processes": 500, "coroutines": 10_000}
NIGHTLY_WRONG_RUNS = 300
"""Of a wrong model, whose runs may end in a deadlock that takes long to be sure of."""


def right() -> None:
    spawnjoin(3)


def right_and_long() -> None:
    """Enumerated by both ways to carry tasks: re-executed first, memoised when that pays."""
    spawnjoin(4)


def deadlocking() -> None:
    first, second = verify.Lock(), verify.Lock()

    def take(one: verify.Lock, other: verify.Lock) -> None:
        with one, other:
            pass

    tasks = [verify.Thread(target=take, args=locks) for locks in ((first, second), (second, first))]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def choosing_and_timing_out() -> None:
    lock = verify.Lock()
    lock.acquire()
    late = verify.Thread(target=lambda: lock.acquire(timeout=verify.choose((0.0, 1e-4))))
    late.start()
    verify.sleep(1e-5)
    lock.release()
    late.join()


def waiting() -> None:
    condition, told = verify.Condition(), verify.Shared(False)

    def wait() -> None:
        with condition:
            condition.wait_for(lambda: told.value)

    waiters = [verify.Thread(target=wait) for _ in range(2)]
    for waiter in waiters:
        waiter.start()
    with condition:
        told.value = True
        condition.notify_all()
    for waiter in waiters:
        waiter.join()


def joined_after_much() -> None:
    """What main does next comes after all that the other did, though on no object in common."""

    def add() -> None:
        count = verify.Shared(0)
        for _ in range(5):
            count.value += 1

    other = verify.Thread(target=add)
    other.start()
    other.join()
    verify.Lock().acquire()


PROGRAMS = [
    right,
    right_and_long,
    deadlocking,
    choosing_and_timing_out,
    waiting,
    joined_after_much,
]


@pytest.mark.parametrize("on", SCHEDULERS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_happens_for_real_is_among_what_is_explored(program: object, on: str) -> None:
    assert callable(program)
    report = stress_and_compare(program, on=on, iterations=RUNS[on], seconds=20)
    classes: set[object] = set()
    search = Search(
        program,
        stop_at_first=False,
        on_execution=lambda execution, names: classes.add(class_of(execution, names)),
    ).run()
    assert len(classes) == search.executions, "each class is run once, and has a name of its own"
    assert report.seen is not None
    assert report.seen.of == len(classes)
    assert 1 <= report.seen.classes <= len(classes)
    assert report.seen.unexplained == ""
    assert f"showed {report.seen.classes} of the {len(classes)} class" in str(report)


def test_a_run_that_cannot_be_explored_is_named() -> None:
    runs: list[int] = []

    def program() -> None:
        runs.append(1)  # what the harness does not see, and what makes runs differ
        lock = verify.Lock()
        if len(runs) == 1:
            lock.acquire(blocking=False)
        else:
            lock.locked()

    report = stress_and_compare(program, iterations=1)
    assert report.seen is not None
    assert report.seen.classes == 0
    assert report.seen.unexplained == (
        "step 1 was acquire by main, where an explored run has locked"
    )


def test_an_order_that_exploring_does_not_have_is_unexplained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Were the explorer to miss a class, real runs would tell."""
    monkeypatch.setattr(
        Sightings, "_enumerate", lambda self, seconds: ({"a class of something else": ()}, True)
    )
    report = stress_and_compare(right, iterations=3)
    assert report.seen is not None
    assert (report.seen.classes, report.seen.of) == (0, 1)
    assert report.seen.unexplained == "an order of operations that was not explored"


def test_runs_that_look_at_an_end_are_not_counted() -> None:
    def program() -> None:
        task = verify.Thread(target=verify.Lock().acquire)
        task.start()
        task.is_alive()

    report = stress_and_compare(program, iterations=2)
    assert report.seen is not None
    assert "looks at a task's end" in report.seen.uncounted
    assert "classes not counted" in str(report)


def test_loops_that_await_have_runs_without_number() -> None:
    def program() -> None:
        flag = verify.Shared(False)

        def spin() -> None:
            while not flag.value:
                pass

        spinner = verify.Thread(target=spin)
        spinner.start()
        flag.value = True
        spinner.join()

    report = stress_and_compare(program, iterations=2)
    assert report.seen is not None
    assert "a loop that awaits something" in report.seen.uncounted


@pytest.mark.parametrize("on", SCHEDULERS)
def test_long_runs_are_not_compared(monkeypatch: pytest.MonkeyPatch, on: str) -> None:
    monkeypatch.setattr(noting, "MOST_OPERATIONS", 3)
    monkeypatch.setattr(posting, "MOST_OPERATIONS", 3)

    def program() -> None:
        lock = verify.Lock()
        for _ in range(2):
            with lock:
                pass

    report = stress_and_compare(program, on=on, iterations=1)
    assert report.seen is not None
    assert report.seen.uncounted == "it does more than 3 operations"


def test_who_finds_an_end_written_does_not_date_it() -> None:
    """The process that ends writes its end; one that joins it may try to, and comes later."""
    counts, moments, mailbox = SharedCounts(), SharedMoments(), Mailbox()
    with (
        closing(counts),
        closing(moments),
        closing(mailbox),
        RunScheduler(0, counts, moments, mailbox) as scheduler,
    ):
        end: Any = scheduler.cell(ALIVE)
        account = scheduler.account
        for moment in (7, 3):
            account._moment = moment
            scheduler._settle(end, 0)
        account.order((end,))
        assert account._moment == 7


@pytest.mark.parametrize(("end", "why"), [("terminate", "from outside"), ("exit", "of it died")])
def test_runs_in_which_a_process_dies_are_not_compared(end: str, why: str) -> None:
    def program() -> None:
        lock = verify.Lock()
        begun = verify.Event()

        def work() -> None:
            begun.set()
            if end == "exit":
                os._exit(3)
            lock.acquire()

        lock.acquire()
        task = verify.Process(target=work)
        task.start()
        begun.wait()
        if end == "terminate":
            task.terminate()
        task.join()

    report = stress_and_compare(program, on="processes", iterations=1)
    assert report.seen is not None
    assert why in report.seen.uncounted


@pytest.mark.nightly
@pytest.mark.parametrize("on", SCHEDULERS)
def test_many_real_runs_of_every_model(on: str) -> None:
    compared = 0
    refused = 0
    models = collect([ROOT / "models"])
    for model in models:
        most = NIGHTLY_RUNS[on]
        iterations = most if model.expect == "proved" else min(most, NIGHTLY_WRONG_RUNS)
        report = stress_and_compare(model.function, on=on, iterations=iterations, seconds=60)
        refused += bool(report.refusal)
        if report.seen is not None and not report.seen.uncounted:
            compared += 1
            assert report.seen.unexplained == "", model.name
    assert compared > (len(models) - refused) / 2
