"""What a person sees of a primitive: its state, in the words of the standard library's reprs."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest

import verify


def lock() -> list[object]:
    it = verify.Lock()
    before = repr(it)
    it.acquire()
    return [before, it]


def rlock() -> list[object]:
    it = verify.RLock()
    before = repr(it)
    it.acquire()
    it.acquire()
    return [before, it]


def condition() -> list[object]:
    return [verify.Condition(verify.Lock())]


def event() -> list[object]:
    it = verify.Event()
    before = repr(it)
    it.set()
    return [before, it]


def semaphores() -> list[object]:
    it = verify.BoundedSemaphore(3)
    it.acquire()
    return [verify.Semaphore(2), it]


def barrier() -> list[object]:
    it = verify.Barrier(3)
    before = repr(it)
    it.abort()
    return [before, it]


SHOWN = {
    lock: ["<unlocked verify.Lock object at 0x…>", "<locked verify.Lock object at 0x…>"],
    rlock: [
        "<unlocked verify.RLock object owner=0 count=0 at 0x…>",
        "<locked verify.RLock object owner=0 count=2 at 0x…>",
    ],
    condition: ["<verify.Condition(<unlocked verify.Lock object at 0x…>, 0)>"],
    event: ["<verify.Event at 0x…: unset>", "<verify.Event at 0x…: set>"],
    semaphores: [
        "<verify.Semaphore at 0x…: value=2>",
        "<verify.BoundedSemaphore at 0x…: value=2/3>",
    ],
    barrier: ["<verify.Barrier at 0x…: waiters=0/3>", "<verify.Barrier at 0x…: broken>"],
}


@pytest.mark.parametrize("program", SHOWN, ids=lambda program: program.__name__)
def test_the_state_is_in_the_repr_and_looking_is_no_event(
    program: Callable[[], list[object]],
) -> None:
    seen: list[str] = []
    events: list[int] = []

    def looking() -> None:
        seen[:] = [re.sub("0x[0-9a-f]+", "0x…", str(it)) for it in program()]

    def not_looking() -> None:
        program()

    for explored in (not_looking, looking):
        events.append(verify.explore(explored, memoise=False).steps)
    assert seen == SHOWN[program]
    # Only the looks that `program` makes itself are in both; none of them is an event either.
    assert events[0] == events[1]
    seen.clear()
    looking()
    assert [re.sub("owner=[0-9]+", "owner=0", text) for text in seen] == SHOWN[program]


def test_a_repr_of_another_class_names_its_own_module() -> None:
    class Mine(verify.Lock):
        """A user's subclass."""

    assert f"{__name__}.{Mine.__qualname__} object at" in repr(Mine())


@pytest.mark.parametrize("hook", ["_init", "_qsize", "_put", "_get"])
def test_a_queue_with_another_organisation_is_refused(hook: str) -> None:
    with pytest.raises(TypeError, match=f"Unique overrides {hook}, which no queue of verify calls"):
        type("Unique", (verify.Queue,), {hook: lambda self, *args: None})


def test_a_condition_of_threading_may_stand_on_our_rlock() -> None:
    lock = verify.RLock()
    condition = threading.Condition(lock)  # type: ignore[arg-type]
    entered = threading.Event()
    seen: list[str] = []

    def wait() -> None:
        with lock, condition:  # twice: it must be let go whole, and come back as deep
            entered.set()
            assert condition.wait_for(lambda: "told" in seen, 30)
            seen.append("woken")

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert entered.wait(30)
    with condition:  # had it not been let go whole, nobody else could get in here
        seen.append("told")
        condition.notify()
    waiter.join()
    assert seen == ["told", "woken"]
    assert lock.acquire(blocking=False), "the waiter has released it as often as it took it"


def test_a_task_that_looks_at_a_repr_is_not_memoised() -> None:
    def program() -> None:
        lock = verify.Lock()
        tasks = [verify.Thread(target=lambda: (lock.acquire(), repr(lock))) for _ in range(3)]
        tasks += [verify.Thread(target=lock.release) for _ in range(3)]
        for task in tasks:
            task.start()

    report = verify.explore(program, memoise=True, stop_at_first=False)
    assert report.carrier_reason == "it looks at the repr of an object"


def test_get_value_counts_the_permits() -> None:
    seen: set[int] = set()

    def program() -> None:
        permits = verify.Semaphore(2)
        taker = verify.Thread(target=permits.acquire)
        taker.start()
        seen.add(permits.get_value())
        taker.join()

    report = verify.explore(program)
    assert report.executions == 2, "a look and a take of the same permits are in two orders"
    assert seen == {1, 2}
