"""What one sees of a program at internal granularity: its events, classes, reports and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.errors import UsageError
from verify.exploration.exploring import explore
from verify.exploration.report import Report, Verdict
from verify.scheduling.scheduler import current
from verify.traces.trace import Trace


def at_once(*targets: Callable[[], object]) -> None:
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def internal(program: Callable[[], object], **settings: Any) -> Report:
    return explore(program, granularity="internal", stop_at_first=False, **settings)


def two_with_a_lock() -> None:
    lock = verify.Lock()

    def hold() -> None:
        with lock:
            pass

    at_once(hold, hold)


def test_each_order_of_the_guarded_sections_is_one_class() -> None:
    """Each task has two sections, take and free. One goes through both before the other begins (2
    classes), or is overtaken: the other looks in vain between the two, and sleeps until it is woken
    (2 more). At granularity operation, where it would not even look, there are 2."""
    assert explore(two_with_a_lock).executions == 2
    for strategy in ("dpor", "exhaustive", "source_dpor"):
        report = internal(two_with_a_lock, strategy=strategy)
        assert report.verdict is Verdict.PROVED
        assert report.executions == 4
    assert report.carrier == "re-executed"


def test_the_steps_of_the_monitor_are_the_events() -> None:
    """The longest execution: two starts and joins, two sections each, and the one that sleeps has a
    third; each section is an enter and a leave, and the sleep a park and an unpark."""
    report = internal(two_with_a_lock)
    assert report.steps == 2 + 2 + 2 * (2 + 2 + 1) + 2


def test_who_only_looks_enters_no_guard() -> None:
    """A start and a join, the two steps of `set`'s section, and three looks: `wait`, which finds
    the flag set, is one. The main task's comes before the section or after it: two classes."""
    seen = []

    def program() -> None:
        flag = verify.Event()

        def raise_and_look() -> None:
            flag.set()
            assert flag.is_set() and flag.wait()

        task = verify.Thread(target=raise_and_look)
        task.start()
        seen.append(flag.is_set())
        task.join()

    report = internal(program)
    assert report.verdict is Verdict.PROVED
    assert (report.executions, report.steps) == (2, 1 + 1 + 2 + 3)
    assert set(seen) == {False, True}  # some executions are run twice, to compare


def _trace_of(program: Callable[[], object]) -> Trace:
    report = internal(program)
    return report.failures[0].trace


def test_a_trace_tells_the_steps_in_the_user_s_words() -> None:
    def program() -> None:
        mutex = verify.Lock()

        def take() -> None:
            mutex.acquire()

        at_once(take, take)

    trace = _trace_of(program)
    assert trace.kind == "deadlock"
    assert trace.settings["granularity"] == "internal"
    sleeper = next(waiting.task for waiting in trace.waiting if waiting.operation == "park")
    owner = "take-1" if sleeper == "take-2" else "take-2"
    steps = [event for event in trace.events if event.task == owner]
    assert [(e.operation, e.objects, e.argument) for e in steps] == [
        ("enter", ("mutex",), "'acquire'"),
        ("leave", ("mutex",), f"'held by {owner}'"),
    ]


def test_a_report_says_at_which_granularity_it_proves() -> None:
    assert internal(two_with_a_lock).granularity == "internal"
    assert "of the monitor's steps" in str(internal(two_with_a_lock))
    assert explore(two_with_a_lock).granularity == "operation"
    assert "monitor" not in str(explore(two_with_a_lock))


def test_an_unknown_granularity_is_refused() -> None:
    with pytest.raises(UsageError, match="operation and internal"):
        explore(two_with_a_lock, granularity="statement")


def test_a_process_is_refused() -> None:
    def program() -> None:
        verify.Process(target=print).start()

    trace = _trace_of(program)
    assert trace.kind == "misuse"
    assert "internal granularity explores the monitor of the threads" in trace.message


def test_invariants_hold_between_the_steps_of_the_monitor() -> None:
    """Whatever an invariant looks at, it sees before a section or after it, never a part."""

    def program(most: int) -> None:
        inside = verify.Semaphore(2)
        count = verify.Atomic(0)
        verify.invariant(lambda: count.load() <= most, "few inside")

        def enter() -> None:
            with inside:
                count.add(1)
                count.add(-1)

        at_once(enter, enter)

    assert internal(lambda: program(2)).verdict is Verdict.PROVED
    report = internal(lambda: program(1))
    assert report.failures[0].kind == "invariant"
    assert report.failures[0].message == "few inside does not hold"


def test_the_rest_of_the_protocol_is_the_explorer_s() -> None:
    def program() -> None:
        flag = verify.Event()

        def wait() -> None:
            flag.wait()

        waiter = verify.Thread(target=wait)
        waiter.start()
        assert verify.choose([1, 2]) in (1, 2)
        verify.sleep(3)
        assert verify.now() == 3
        flag.set()
        waiter.join(timeout=1)
        waiter.join()
        assert not waiter.is_alive()
        assert flag.wakeups <= 1

    assert internal(program).verdict is Verdict.PROVED


def test_time_outs_come_at_any_moment() -> None:
    """Before, between and after: a timed wait for a flag may find it, time out, or be woken."""
    found = set()

    def program() -> None:
        flag = verify.Event()
        at_once(lambda: found.add(flag.wait(1)), flag.set)

    assert internal(program).verdict is Verdict.PROVED
    assert found == {True, False}


def test_what_a_guard_protects_is_not_touched_without_it() -> None:
    def program() -> None:
        lock = verify.Lock()
        lock._cell.state = None

    report = internal(program)
    assert {failure.kind for failure in report.failures} <= {"assertion", "invariant"}
    assert "was touched without it" in report.failures[0].message


def test_a_state_without_a_hash_is_fine() -> None:
    def program() -> None:
        shared = verify.Shared([1])
        at_once(lambda: shared.value, lambda: shared.value)

    assert internal(program).verdict is Verdict.PROVED


def test_the_monitor_is_gone_when_the_run_is_over() -> None:
    internal(two_with_a_lock)
    lock = verify.Lock()
    assert lock._scheduler is current()
    with lock:
        assert lock.locked()
