"""Lock order: a cycle is told where the search has not shown that it cannot close, and only there.

Each program takes locks in executions that all end well, for the searches here are stopped, or
sample, before any gets stuck. Of each it is known why its cycle can close or why it cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.properties.lock_order import LockOrder
from verify.scheduling.event import Execution
from verify.scheduling.naming import Names


def run(*targets: Callable[[], object], one_after_the_other: bool = False) -> None:
    threads = [verify.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
        if one_after_the_other:
            thread.join()
    for thread in threads:
        thread.join()


def nested(*locks: Any) -> Callable[[], None]:
    """Take these, each inside the one before, and let them go."""

    def take() -> None:
        for lock in locks:
            lock.acquire()
        for lock in reversed(locks):
            lock.release()

    return take


def in_a_circle() -> None:
    a, b = verify.Lock(), verify.RLock()
    run(nested(a, b), nested(b, a))


def in_a_circle_of_three() -> None:
    a, b, c = verify.Lock(), verify.Lock(), verify.Lock()
    run(nested(a, b), nested(b, c), nested(c, a))


def around_a_condition() -> None:
    """Who wakes from a wait takes the condition's lock back while it holds another one."""
    outer, condition, ready = verify.Lock(), verify.Condition(), [False]

    def waits() -> None:
        with condition, outer:
            if not ready[0]:
                condition.wait(timeout=1)

    def notifies() -> None:
        with outer, condition:
            ready[0] = True
            condition.notify()

    run(waits, notifies)


def within_another_lock_that_both_hold() -> None:
    gate, a, b = verify.Lock(), verify.Lock(), verify.Lock()
    run(nested(gate, a, b), nested(gate, b, a))


def within_two_locks_of_which_each_holds_one() -> None:
    gate, other, a, b = verify.Lock(), verify.Lock(), verify.Lock(), verify.Lock()
    run(nested(gate, a, b), nested(other, b, a))


def by_one_task() -> None:
    a, b, x = verify.Lock(), verify.Lock(), verify.Shared(0)

    def both_ways() -> None:
        nested(a, b)()
        nested(b, a)()
        x.value += 1

    def neither() -> None:
        x.value += 1

    run(both_ways, neither)


def one_task_after_the_other() -> None:
    a, b, x = verify.Lock(), verify.Lock(), verify.Shared(0)
    run(nested(a, b), nested(b, a), one_after_the_other=True)
    run(lambda: x.value, lambda: setattr(x, "value", 1))


def one_task_after_the_other_the_other_way_round() -> None:
    a, b, x = verify.Lock(), verify.Lock(), verify.Shared(0)
    run(nested(b, a), nested(a, b), one_after_the_other=True)
    run(lambda: x.value, lambda: setattr(x, "value", 1))


def before_the_other_is_started() -> None:
    a, b, x = verify.Lock(), verify.Lock(), verify.Shared(0)
    nested(a, b)()
    run(nested(b, a), lambda: setattr(x, "value", 1), lambda: x.value)


def after_the_other_was_started() -> None:
    """Main takes them the other way round while the task is at work."""
    a, b = verify.Lock(), verify.Lock()
    thread = verify.Thread(target=nested(b, a))
    thread.start()
    nested(a, b)()
    thread.join()


def one_only_tries() -> None:
    a, b = verify.Lock(), verify.Lock()

    def tries() -> None:
        with b:
            if a.acquire(blocking=False):
                a.release()

    run(nested(a, b), tries)


def a_try_holds_all_the_same() -> None:
    """What was got by a try is held like any other; then it waits."""
    a, b = verify.Lock(), verify.Lock()

    def tries() -> None:
        if b.acquire(blocking=False):
            with a:
                pass
            b.release()

    run(nested(a, b), tries)


def again_what_it_holds() -> None:
    a, b = verify.RLock(), verify.Lock()
    run(nested(a, b, a), nested(a, a, b))


def in_the_same_order() -> None:
    a, b, c = verify.Lock(), verify.Lock(), verify.Lock()
    run(nested(a, b), nested(b, c), nested(a, c))


CAN_CLOSE = [
    in_a_circle,
    in_a_circle_of_three,
    around_a_condition,
    within_two_locks_of_which_each_holds_one,
    after_the_other_was_started,
    a_try_holds_all_the_same,
]
CANNOT = [
    within_another_lock_that_both_hold,
    by_one_task,
    one_task_after_the_other,
    one_task_after_the_other_the_other_way_round,
    before_the_other_is_started,
    one_only_tries,
    again_what_it_holds,
    in_the_same_order,
]


def told(report: Report) -> list[str]:
    return [concern.message for concern in report.concerns if concern.check == "lock_order"]


def first(program: Callable[[], None], **settings: Any) -> Report:
    """The first execution alone: each task runs to its end in its turn."""
    return Search(program, limits=Limits(max_executions=1), **settings).run()


@pytest.mark.parametrize("program", CAN_CLOSE)
def test_what_can_close_is_told(program: Callable[[], None]) -> None:
    """And it does close: the search that goes on finds the deadlock, and says that instead."""
    assert len(told(first(program))) == 1
    report = verify.explore(program)
    assert report.failures[0].kind == "deadlock"
    assert told(report) == []


@pytest.mark.parametrize("program", CANNOT)
def test_what_cannot_close_is_not_told(program: Callable[[], None]) -> None:
    """And it does not: no class is a deadlock."""
    assert told(first(program)) == []
    report = verify.explore(program)
    assert report.complete
    assert not report.failures
    assert told(report) == []


def test_both_places_are_told() -> None:
    (text,) = told(first(in_a_circle))
    assert text.startswith("take-1 takes b (")
    assert ", and take-2 takes a (" in text
    assert text.count("test_lock_order.py:") == 4
    assert text.endswith("Take a and b in the same order everywhere")


def test_a_proof_says_nothing() -> None:
    """A flag keeps the two apart, which the graph does not know; that all classes were run, it
    does not need to."""

    def program() -> None:
        a, b, turn = verify.Lock(), verify.Lock(), verify.Event()

        def early() -> None:
            nested(a, b)()
            turn.set()

        def late() -> None:
            turn.wait()
            nested(b, a)()

        run(early, late)

    assert len(told(first(program))) == 1
    proof = verify.explore(program)
    assert (proof.complete, told(proof)) == (True, [])


def test_it_can_be_suppressed() -> None:
    assert told(first(in_a_circle, suppress=["lock_order"])) == []


def test_edges_of_different_executions_make_a_cycle() -> None:
    """Who comes second goes the other way, so no execution has both; but then nobody waits for
    anybody: a sign is no counterexample."""

    def program() -> None:
        a, b, second = verify.Lock(), verify.Lock(), verify.Atomic(0)
        order = {0: (a, b), 1: (b, a)}

        def go() -> None:
            nested(*order[second.add(1)])()

        run(go, go)

    sampled = Search(program, strategy="random", limits=Limits(max_executions=40)).run()
    assert sampled.failures or told(sampled)


def test_memoised_executions_can_be_looked_at() -> None:
    """Four tasks that count in their turn have 24 orders, more than are re-executed."""

    def program() -> None:
        a, b, turn, count = verify.Lock(), verify.Lock(), verify.Event(), verify.Atomic(0)

        def early() -> None:
            nested(a, b)()
            turn.set()

        def late() -> None:
            turn.wait()
            nested(b, a)()

        run(early, late, *[lambda: count.add(1)] * 4)

    memoised = LockOrder()

    def look(execution: Execution, names: Names) -> None:
        if search.carrier.memoises:
            memoised.look(execution)

    search = Search(program, on_execution=look)
    assert search.run().complete
    assert len(memoised.cycles()) == 1
