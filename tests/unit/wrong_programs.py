"""Small programs, each wrong in its own way, and what the explorer first finds in them."""

from __future__ import annotations

from collections.abc import Callable

import verify
from verify.traces.trace import Trace

Program = Callable[[], object]


def found(program: Program) -> Trace:
    """The first counterexample of a program."""
    return verify.explore(program).failures[0].trace


def lost_update() -> None:
    total = verify.Shared(0)

    def add() -> None:
        total.value += 1

    tasks = [verify.Thread(target=add), verify.Thread(target=add)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert total.value == 2


def empty_pocket() -> None:
    """An exception in a task, only if another came first."""
    pocket = verify.Shared([1])

    def take() -> None:
        pocket.value = pocket.value[1:] if pocket.value[0] else []

    tasks = [verify.Thread(target=take, name=name) for name in ("Ann", "Bob")]
    for task in tasks:
        task.start()


def too_many_inside() -> None:
    gate = verify.Semaphore(2)
    inside = verify.Atomic(0)
    verify.invariant(lambda: inside.load() <= 1, "at most one inside")

    def visit() -> None:
        with gate:
            inside.add(1)
            inside.add(-1)

    for _ in range(2):
        verify.Thread(target=visit).start()


def wrong_choice() -> None:
    """The failure hangs on an option, so the trace must say which was taken."""
    door = verify.choose(("first", "second", "third"))
    verify.Shared(door).value = "opened"
    assert door != "third"


def missed_event() -> None:
    """A wake-up that comes too early for one that looks too late."""
    ready = verify.Condition()

    def wait() -> None:
        with ready:
            ready.wait()

    def tell() -> None:
        with ready:
            ready.notify()

    for target in (wait, tell):
        verify.Thread(target=target).start()


def wrong_at_once() -> None:
    """Fails before any operation: a trace without events."""
    raise AssertionError("never right")
