"""Why an assertion, an exception or an invariant failed, in words; and that no more is claimed.

Each program fails in one way only. What must be said is derived from it: who did it, in which line,
who holds the thing instead, and the cure. The lines are found by comments like `# (here)`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from models.conditions import called_without_the_lock, stolen
from models.counter import lost_update
from models.fetch_urls import emptied_list
from models.peterson import the_turn_first
from models.queue_tasks import joined_before_the_first, reported_twice
from models.rlock_reentrancy import released_by_another
from tests.unit.turns import places
from verify.exploration.loop import Search
from verify.traces.trace import Trace

HERE = places(Path(__file__))
Program = Callable[[], object]


def found(program: Program) -> Trace:
    return Search(getattr(program, "__wrapped__", program)).run().failures[0].trace


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# ---------------------------------------------------------------- refused


def released_twice() -> None:
    lock = verify.Lock()
    lock.acquire()
    lock.release()  # (let go)
    lock.release()  # (again)


def never_acquired() -> None:
    lock = verify.Lock()
    lock.release()  # (never)


def released_by_a_stranger() -> None:
    lock, taken, done = verify.RLock(), verify.Event(), verify.Event()

    def owner() -> None:
        lock.acquire()  # (taken)
        taken.set()
        done.wait()

    def stranger() -> None:
        taken.wait()
        try:
            lock.release()  # (stolen)
        finally:
            done.set()  # a step behind the error

    run(verify.Thread(target=owner, name="o"), verify.Thread(target=stranger, name="s"))


def notified_without_the_lock() -> None:
    changed = verify.Condition()
    changed.notify()  # (notified)


def given_back_by_who_took_none() -> None:
    door, gone = verify.BoundedSemaphore(1), verify.Event()

    def guest() -> None:
        door.acquire()
        gone.wait()
        door.release()

    def helper() -> None:
        door.release()  # (helped)
        gone.set()

    run(verify.Thread(target=guest, name="guest"), verify.Thread(target=helper, name="helper"))


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            released_twice,
            f"main called release at {HERE['again']} (step 3) without holding lock. Nobody held "
            f"it: main had let it go at {HERE['let go']} (step 2). One release for each acquire, "
            "as `with lock:` has it, would do.",
        ),
        (
            never_acquired,
            f"main called release at {HERE['never']} (step 1) without holding lock. Nobody ever "
            "had it. One release for each acquire, as `with lock:` has it, would do.",
        ),
        (
            notified_without_the_lock,
            f"main called notify of changed at {HERE['notified']} (step 1) without holding "
            "changed.lock. Nobody ever had it. Calling it inside `with changed:` would do.",
        ),
    ],
)
def test_a_lock_that_is_not_held(program: Program, said: str) -> None:
    assert found(program).diagnosis == said


def test_who_holds_it_instead() -> None:
    text = found(released_by_a_stranger).diagnosis
    assert text.startswith(f"s called release at {HERE['stolen']} (step ")
    assert f"It was held by o, which took it at {HERE['taken']} (step " in text
    assert text.endswith("Releasing it in the task that has acquired it would do.")
    assert "It was held by owner-1" in found(released_by_another).diagnosis
    assert "without holding changed.lock" in found(called_without_the_lock).diagnosis


def test_a_permit_that_was_never_taken_is_the_helpers() -> None:
    """The helper is to blame, whoever is told: it or, afterwards, the guest."""
    report = Search(given_back_by_who_took_none, stop_at_first=False).run()
    texts = {failure.trace.diagnosis for failure in report.failures}
    assert texts
    for text in texts:
        assert f"helper released door at {HERE['helped']} (step " in text
        assert "which it had not acquired. One release for each acquire" in text


def test_an_item_that_was_reported_twice() -> None:
    text = found(reported_twice).diagnosis
    assert "called task_done of items" in text
    assert "but only 1 item was put there, and consumer_who_reports_twice-1 had reported" in text
    assert text.endswith("One task_done() for each item taken would do.")


def test_an_error_of_the_programs_own_is_not_explained_by_one_that_it_caught() -> None:
    def program() -> None:
        lock = verify.Lock()
        with contextlib.suppress(RuntimeError):
            lock.release()
        raise ValueError("something else")

    assert found(program).diagnosis == ""


def test_a_bound_is_exceeded_only_where_there_is_one() -> None:
    """A semaphore that begins with no permit is a signal: who releases need not have acquired."""

    def signalled(permits: int) -> Program:
        def program() -> None:
            signal = verify.Semaphore(permits)
            signal.release()  # (signal)
            assert permits > 5, "it fails anyhow"

        return program

    assert found(signalled(0)).diagnosis == ""
    assert found(signalled(1)).diagnosis == (
        f"signal began with 1 permit, and had 2 after step 1. main released signal at "
        f"{HERE['signal']} (step 1), which it had not acquired. One release for each acquire, as "
        "`with signal:` has it, would do."
    )


# ---------------------------------------------------------------- outdated


def test_a_lost_update() -> None:
    trace = found(lost_update)
    reader, writer, over = (trace.events[step - 1] for step in (3, *trace.racing))
    assert reader.task == over.task != writer.task
    assert trace.diagnosis == (
        f"An update of count is lost: {reader.task} looked at it at {reader.place} (step 3), "
        f"{writer.task} wrote it at {writer.place} (step {trace.racing[0]}), and {over.task}, "
        f"which had not seen that, wrote over it at {over.place} (step {trace.racing[1]}). One "
        "lock around looking and writing, or one step of an Atomic, would do."
    )


def test_who_looked_again_has_lost_nothing() -> None:
    """Both look, one writes, the other looks again and writes: it knew what it wrote over."""

    def program() -> None:
        value, first, second = verify.Shared(0), verify.Event(), verify.Event()

        def one() -> None:
            _ = value.value
            first.set()
            second.wait()
            _ = value.value
            value.value = 2

        def other() -> None:
            first.wait()
            value.value = 1
            second.set()

        run(verify.Thread(target=one), verify.Thread(target=other))
        assert value.value == 1, "it is 2"

    trace = found(program)
    assert trace.settings["hopeless"] is True
    assert trace.diagnosis == ""


def test_a_look_that_is_old() -> None:
    text = found(joined_before_the_first).diagnosis
    assert text.startswith("main went on by an old look: it looked at worked_on at ")
    assert "and main did not look again." in text


def test_a_look_and_an_act() -> None:
    trace = found(emptied_list)
    actor = trace.task
    assert f"{actor} went on by an old look: it looked at urls at " in trace.diagnosis
    assert f"and {actor} went on with get urls at " in trace.diagnosis
    assert trace.diagnosis.endswith("One lock around the look and what rests on it would do.")


def test_who_was_woken_and_overtaken() -> None:
    trace = found(stolen)
    text = trace.diagnosis
    assert text.startswith(f"{trace.task} was woken by the notify by producer-1 at ")
    assert f"{trace.task} waits on changed under an `if` at " in text
    assert text.endswith("`while` instead of `if` would do.")


def overtaken_in_a_loop() -> None:
    """The same wake-up, but tested in a loop: who fails afterwards fails for another reason."""
    changed, items = verify.Condition(), verify.Shared(0)

    def take() -> None:
        with changed:
            while not items.value:
                changed.wait()
            items.value -= 1
            assert items.value < 0, "it always fails"

    def put() -> None:
        with changed:
            items.value += 1
            changed.notify()

    run(*(verify.Thread(target=work) for work in (take, put)))


def test_who_tests_in_a_loop_is_not_told_to() -> None:
    report = Search(overtaken_in_a_loop, stop_at_first=False).run()
    assert all("`while`" not in failure.trace.diagnosis for failure in report.failures)


def test_where_nothing_else_is_certain_it_is_the_order_alone() -> None:
    trace = found(the_turn_first)
    first, second = (trace.events[step - 1] for step in trace.racing)
    assert trace.diagnosis == (
        f"What decides is who comes first: add inside by {first.task} at {first.place} (step "
        f"{trace.racing[0]}), before add inside by {second.task} at {second.place} (step "
        f"{trace.racing[1]}). In the nearest schedule that passes it is not so."
    )
