"""Programs that are no function of their schedule: never proved, never refuted, and told why.

In each, one task does something that differs from run to run, and another one makes sure that it
can be run in several orders. Where the operations differ, or their values, the first such step is
named; where only the end differs, that is. The cause is what the code names.
"""

from __future__ import annotations

import datetime
import itertools
import os
import secrets
import uuid
from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report, Verdict
from verify.scheduling.event import Place
from verify.scheduling.sources import shown_place

Act = Callable[[Any], object]


def beside_a_reader(act: Act) -> Report:
    """Explore a program in which one task does this, and another one looks at the same object."""

    def program() -> None:
        shared = verify.Shared(0)
        threads = [
            verify.Thread(target=act, args=(shared,), name="odd"),
            verify.Thread(target=lambda: shared.value),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return verify.explore(program)


def real_randomness(shared: Any) -> None:
    shared.value = os.urandom(8)


def a_random_name(shared: Any) -> None:
    shared.value = uuid.uuid4().hex


def a_secret(shared: Any) -> None:
    shared.value = secrets.randbits(64)


def a_real_clock(shared: Any) -> None:
    shared.value = datetime.datetime.now().isoformat()


KEPT: list[object] = []


def an_address(shared: Any) -> None:
    KEPT.append(object())  # so that the next one is another
    shared.value = id(KEPT[-1])


TURN = itertools.count()


def a_counter(shared: Any) -> None:
    if next(TURN) % 2:
        shared.value = 1


SEEN: set[int] = set()


def what_an_earlier_run_left(shared: Any) -> None:
    if 1 in SEEN:
        shared.value = 1
    SEEN.add(1)


RUNS = 0


def a_global(shared: Any) -> None:
    global RUNS
    RUNS += 1
    shared.value = RUNS


def the_environment(shared: Any) -> None:
    runs = int(os.environ.get("VERIFY_TEST_RUNS", "0")) + 1
    os.environ["VERIFY_TEST_RUNS"] = str(runs)
    shared.value = runs


def options_that_differ(shared: Any) -> None:
    shared.value = verify.choose([0, os.urandom(8)]) == 0


CAUSES = {
    real_randomness: "uses os.urandom",
    a_random_name: "uses uuid.uuid4",
    a_secret: "uses secrets.randbits",
    a_real_clock: "looks at a real clock, datetime.datetime.now",
    an_address: "calls id",
    a_counter: "uses TURN, a count from before the run",
    what_an_earlier_run_left: "uses SEEN, a set from before the run",
    a_global: "assigns the global RUNS",
    the_environment: "uses os.environ",
    options_that_differ: "uses os.urandom",
}


@pytest.mark.parametrize("act", CAUSES)
def test_the_difference_and_its_cause_are_told(act: Act, monkeypatch: Any) -> None:
    monkeypatch.setenv("VERIFY_TEST_RUNS", "0")
    SEEN.clear()
    report = beside_a_reader(act)
    assert report.verdict is Verdict.NONDETERMINISTIC
    assert report.nondeterminism.startswith("step 3: ")
    assert "the first time" in report.nondeterminism
    assert "when the same schedule was run again" in report.nondeterminism
    assert CAUSES[act] in report.cause
    assert report.cause in str(report)


def test_both_sides_are_told() -> None:
    global RUNS
    RUNS = 0
    line = a_global.__code__.co_firstlineno + 3
    assert beside_a_reader(a_global).nondeterminism == (
        "step 3: odd called set with 1 the first time, odd called set with 2 when the same "
        f"schedule was run again ({shown_place(Place(__file__, line))})"
    )


def test_an_end_that_differs_is_told() -> None:
    """Nothing that anybody does differs, and the first run passes; no later one would."""
    tries = itertools.count()

    def only_once(shared: Any) -> None:
        shared.value = 1
        if next(tries):
            raise AssertionError("it was run before")

    report = beside_a_reader(only_once)
    assert report.verdict is Verdict.NONDETERMINISTIC
    assert report.nondeterminism == (
        "the run ended well the first time, as assertion (it was run before) when the same "
        "schedule was run again"
    )


@pytest.mark.parametrize("after", [1, 2, 3, 6, 20])
def test_what_only_later_runs_find_is_told(after: int) -> None:
    """All is well until a list has grown: then an execution fails which is not to blame. The very
    first one is run once more, and now fails as well."""
    grown: list[int] = []

    def program() -> None:
        shared = verify.Atomic(0)
        grown.append(1)

        def count() -> None:
            shared.add(1)
            assert len(grown) <= after, "it has grown too long"

        threads = [verify.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert verify.explore(program, memoise=False).verdict is Verdict.NONDETERMINISTIC


@pytest.mark.parametrize("strategy", ["random", "pct", "pos", "exhaustive"])
def test_other_strategies_find_it_too(strategy: str) -> None:
    def program() -> None:
        shared = verify.Shared(b"")
        thread = verify.Thread(target=real_randomness, args=(shared,))
        thread.start()
        _ = shared.value
        thread.join()

    limits = Limits(max_executions=3)
    assert Search(program, strategy=strategy, limits=limits).run().nondeterminism


# ------------------------------------------------------------------ what only looks like it


class Box:
    """Compares by identity: two runs have two."""


def with_objects_that_differ() -> None:
    """Each run has an object of its own, and a number that is not equal to itself."""
    shared, box = verify.Shared(Box()), verify.Shared(float("nan"))
    thread = verify.Thread(target=lambda: setattr(shared, "value", [Box(), float("nan")]))
    thread.start()
    box.value = float("nan")
    _ = shared.value
    thread.join()


def with_a_set_that_is_in_order() -> None:
    shared = verify.Shared(())
    thread = verify.Thread(target=lambda: setattr(shared, "value", tuple(sorted({"b", "a"}))))
    thread.start()
    _ = shared.value
    thread.join()


def with_a_choice() -> None:
    shared = verify.Shared(0)
    thread = verify.Thread(target=lambda: setattr(shared, "value", verify.choose([1, "2", None])))
    thread.start()
    _ = shared.value
    thread.join()


def with_a_time_out() -> None:
    lock = verify.Lock()
    thread = verify.Thread(target=lambda: lock.acquire(timeout=0.5))
    lock.acquire()
    thread.start()
    verify.sleep(1)
    lock.release()
    thread.join()


def with_an_invariant() -> None:
    """What it reads is learnt in the first run, so that run has other footprints than the next."""
    a, b = verify.Shared(0), verify.Shared(0)
    verify.invariant(lambda: a.value == 0 or b.value <= 1)
    threads = [verify.Thread(target=setattr, args=(x, "value", 1)) for x in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("memoise", [True, False])
@pytest.mark.parametrize(
    "program",
    [
        with_objects_that_differ,
        with_a_set_that_is_in_order,
        with_a_choice,
        with_a_time_out,
        with_an_invariant,
    ],
)
def test_what_does_not_differ_is_proved(program: Callable[[], None], memoise: bool) -> None:
    assert verify.explore(program, memoise=memoise).verdict is Verdict.PROVED


@pytest.mark.parametrize("strategy", ["dpor", "brute_force"])
def test_what_is_passed_on_may_change(strategy: str) -> None:
    """A list in a queue has at the end of a run what that run has put in: in another execution,
    with the same beginning, something else."""

    def program() -> None:
        queue = verify.Queue()
        queue.put([])

        def add(number: int) -> None:
            numbers = queue.get()
            numbers.append(number)
            queue.put(numbers)

        threads = [verify.Thread(target=add, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert queue.get() == [0, 1]

    report = verify.explore(program, strategy=strategy, stop_at_first=False)
    assert not report.nondeterminism and report.complete
    assert report.verdict is Verdict.VIOLATED
