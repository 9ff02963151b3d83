"""Who holds what after each event of a trace: as the classes say whose state it is, in any run."""

from __future__ import annotations

from collections.abc import Callable

import verify
from tests.unit.sample_trace import crossed_locks
from verify.traces.trace import Trace


def refuted(program: Callable[[], None], **settings: str) -> Trace:
    """The smallest counterexample of a program."""
    (failure,) = verify.explore(program, **settings).failures  # type: ignore[arg-type]
    trace: Trace = failure.trace
    return trace


def owners(trace: Trace) -> list[tuple[str, str, tuple[str, ...]]]:
    """Operation, object and all who hold that afterwards, for each event that changes this."""
    return [(event.operation, name, who) for event in trace.events for name, who in event.owners]


def test_a_lock_is_held_by_who_acquires_it() -> None:
    """Each of the two has taken one lock when nobody can go on; nobody has let one go."""
    trace = refuted(crossed_locks)
    held = {name: who for operation, name, who in owners(trace) if operation == "acquire"}
    assert len(owners(trace)) == len(held) == 2
    assert sorted(who for (who,) in held.values()) == ["back-1", "there-1"]
    waiting = {one.task: one for one in trace.waiting}
    for name, (who,) in held.items():
        (other,) = {"back-1", "there-1"} - {who}
        assert waiting[other].objects == (name,)
        assert waiting[other].owners == (who,)


def test_a_reentrant_lock_changes_hands_at_its_first_and_last() -> None:
    def program() -> None:
        lock = verify.RLock()
        with lock, lock:
            pass
        raise AssertionError

    assert owners(refuted(program)) == [
        ("acquire", "lock", ("main",)),
        ("release", "lock", ()),
    ]


def test_a_condition_lets_its_lock_go_while_its_owner_waits() -> None:
    def program() -> None:
        condition = verify.Condition()
        with condition:
            condition.wait(timeout=1)
        raise AssertionError

    assert owners(refuted(program)) == [
        ("acquire", "condition.lock", ("main",)),
        ("wait", "condition.lock", ()),
        ("retake", "condition.lock", ("main",)),
        ("release", "condition.lock", ()),
    ]


def test_a_barrier_is_held_while_its_action_runs() -> None:
    def program() -> None:
        verify.Barrier(1, action=lambda: None).wait()
        raise AssertionError

    assert [who for _, _, who in owners(refuted(program))] == [("main",), ()]


def test_a_lock_that_gave_up_or_was_only_looked_at_stays_whose_it_was() -> None:
    def program() -> None:
        lock = verify.Lock()
        lock.acquire()
        assert not lock.acquire(blocking=False)
        assert lock.locked()
        raise AssertionError

    assert owners(refuted(program)) == [("acquire", "lock", ("main",))]


def test_the_guards_of_the_monitor_are_held_too() -> None:
    """At granularity internal: whoever enters a guard holds it until it leaves."""
    trace = refuted(crossed_locks, granularity="internal")
    changes = [one for one in owners(trace) if one[0] in ("enter", "leave")]
    assert {operation: bool(who) for operation, _, who in changes} == {
        "enter": True,
        "leave": False,
    }
