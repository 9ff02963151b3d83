"""Repeating the beginning of an execution: the same again, or the first difference is named.

Each pair of programs is one program that does something else when it is run again. Who is asked for
the step that differs is either the task that goes on anyway or one that has to be switched to; the
two are repeated by different code, which must find the same.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.scheduling.event import Choice, Execution
from verify.scheduling.explored import Explored

Act = Callable[[Any, Any, Any], object]


def read(a: Any, b: Any, lock: Any) -> object:
    return a.value


def read_other(a: Any, b: Any, lock: Any) -> object:
    return b.value


def write_one(a: Any, b: Any, lock: Any) -> None:
    a.value = 1


def write_two(a: Any, b: Any, lock: Any) -> None:
    a.value = 2


def write_true(a: Any, b: Any, lock: Any) -> None:
    a.value = True


def acquire(a: Any, b: Any, lock: Any) -> None:
    lock.acquire()


def start(a: Any, b: Any, lock: Any) -> None:
    verify.Thread().start()


def end(a: Any, b: Any, lock: Any) -> None:
    return None


DIFFERENT = {
    "another kind": (read, write_one, "asked for get the first time, for set when"),
    "another object": (read, read_other, "for get of another object when"),
    "another class of object": (read, acquire, "asked for get the first time, for acquire when"),
    "another argument": (write_one, write_two, "called set with 1 the first time, with 2 when"),
    "an equal argument": (write_one, write_true, "with 1 the first time, with True when"),
    "a start": (read, start, "asked for get the first time, for start when"),
    "no start": (start, read, "asked for start the first time, for get when"),
    "no more": (read, end, "had ended when"),
}


def stay(engine: Explored) -> Choice:
    """The task that took the latest step, then the one started first."""
    return engine.last if engine.last in engine.enabled else engine.enabled[0], 0


def alone(act: Act) -> Callable[[], None]:
    """Main goes on from a read to what differs."""

    def program() -> None:
        a, b, lock = verify.Shared(0), verify.Shared(0), verify.Lock()
        _ = a.value
        act(a, b, lock)

    return program


def switched(act: Act) -> Callable[[], None]:
    """Main starts a task and waits for it; what differs is the task's first operation."""

    def program() -> None:
        a, b, lock = verify.Shared(0), verify.Shared(0), verify.Lock()
        task = verify.Thread(target=act, args=(a, b, lock))
        task.start()
        task.join()

    return program


@pytest.mark.parametrize("name", DIFFERENT)
@pytest.mark.parametrize("made", [alone, switched])
def test_the_first_difference_is_named(made: Callable[[Act], Any], name: str) -> None:
    """The message says what was asked for at that step then, and what now."""
    before, after, words = DIFFERENT[name]
    engine = Explored()
    script = engine.run(made(before), stay).events
    with pytest.raises(verify.Nondeterministic) as difference:
        engine.run(made(after), stay, script=script)
    assert str(difference.value).startswith("step 2: ")
    assert words in str(difference.value)


def test_the_join_of_another_task_is_named() -> None:
    """Both have ended, so either join could happen; main, which started them, goes on with it."""

    def joins(which: int) -> Callable[[], None]:
        def program() -> None:
            tasks = [verify.Thread(), verify.Thread()]
            for task in tasks:
                task.start()
            tasks[which].join()

        return program

    engine = Explored()
    script = engine.run(joins(0), stay).events
    with pytest.raises(verify.Nondeterministic, match=r"^step 3: .* join of another object when"):
        engine.run(joins(1), stay, script=script)


def increment(lock: Any, changed: Any, count: Any) -> None:
    with lock:
        count.value += 1
        changed.notify()


def waits_and_counts() -> None:
    """A wait, wake-ups, a failed try, numbers beyond those that Python keeps: one of everything."""
    lock = verify.Lock()
    changed, count = verify.Condition(lock), verify.Shared(10**6)
    tasks = [verify.Thread(target=increment, args=(lock, changed, count)) for _ in range(2)]
    with lock:
        for task in tasks:
            task.start()
        assert not lock.acquire(blocking=False)
        changed.wait()
        assert changed.wakeups == 1
    for task in tasks:
        task.join()
    assert count.value == 10**6 + 2


def seen(execution: Execution) -> list[Any]:
    """All that a strategy may look at."""
    return [
        (
            event.task,
            event.kind.name,
            event.reads,
            event.writes,
            event.ends,
            event.after,
            event.woken_by,
            event.woke,
            event.states,
        )
        for event in execution.events
    ]


def test_a_repeated_beginning_is_as_it_was() -> None:
    """Whatever part of an execution is repeated, the whole is the one that was run before."""
    engine = Explored()
    first = engine.run(waits_and_counts, stay)
    expected = seen(first)
    assert first.outcome == "ok"
    for kept in range(len(expected) + 1):
        again = engine.run(waits_and_counts, stay, script=first.events[:kept])
        assert again.outcome == "ok"
        assert seen(again) == expected


def test_an_execution_leaves_no_circles_behind() -> None:
    """All that it made is freed when the next one begins, without the garbage collector, which
    is off during a search: the memory is used again while it is still in the cache."""
    engine = Explored()
    script = engine.run(waits_and_counts, stay).events
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            engine.run(waits_and_counts, stay, script=script)
        assert gc.collect() < 20
    finally:
        gc.enable()
