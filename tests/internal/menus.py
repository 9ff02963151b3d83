"""What can be asked of each primitive: the menus from which programs are put together.

Each operation is a call as a user writes it, blocking, not waiting or timed. Times are never looked
at: when explored, a timed call may run out at any moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import verify

Action = Callable[[Any], object]


@dataclass(frozen=True)
class Menu:
    """A primitive, and what can be asked of it, each under a name for a person."""

    name: str
    make: Callable[[], Any]
    actions: dict[str, Action]

    def __str__(self) -> str:
        return self.name


def holding(action: Action) -> Action:
    """An action of a condition's, with its lock taken and let go around it."""

    def within(condition: verify.Condition) -> object:
        with condition:
            return action(condition)

    return within


LOCK: dict[str, Action] = {
    "acquire": lambda lock: lock.acquire(),
    "try": lambda lock: lock.acquire(False),
    "timed": lambda lock: lock.acquire(timeout=1),
    "release": lambda lock: lock.release(),
}
CONDITION: dict[str, Action] = {
    "wait": lambda condition: condition.wait(),
    "timed wait": lambda condition: condition.wait(1),
    "notify": lambda condition: condition.notify(),
    "notify all": lambda condition: condition.notify_all(),
}
BARRIER: dict[str, Action] = {
    "wait": lambda barrier: barrier.wait(),
    "timed wait": lambda barrier: barrier.wait(1),
    "reset": lambda barrier: barrier.reset(),
    "abort": lambda barrier: barrier.abort(),
}
QUEUE: dict[str, Action] = {
    "put": lambda queue: queue.put(1),
    "put nowait": lambda queue: queue.put_nowait(2),
    "timed put": lambda queue: queue.put(3, timeout=1),
    "get": lambda queue: queue.get(),
    "get nowait": lambda queue: queue.get_nowait(),
    "timed get": lambda queue: queue.get(timeout=1),
}
ORDER: dict[str, Action] = {
    "put 1": lambda queue: queue.put(1),
    "put 2": lambda queue: queue.put(2),
    "get": lambda queue: queue.get(),
    "timed get": lambda queue: queue.get(timeout=1),
}
DESCRIPTOR: dict[str, Action] = {
    "wait": lambda descriptor: descriptor.wait(),
    "timed wait": lambda descriptor: descriptor.wait(1),
    "deliver": lambda descriptor: descriptor.deliver(),
    "take": lambda descriptor: descriptor.take(),
}

MENUS = (
    Menu("Lock", verify.Lock, {**LOCK, "locked": lambda lock: lock.locked()}),
    Menu("RLock", verify.RLock, LOCK),
    Menu(
        "Condition",
        verify.Condition,
        {
            "acquire": lambda condition: condition.acquire(),
            "release": lambda condition: condition.release(),
            **CONDITION,
        },
    ),
    Menu("Semaphore", verify.Semaphore, {**LOCK, "release 2": lambda it: it.release(2)}),
    Menu("BoundedSemaphore", verify.BoundedSemaphore, LOCK),
    Menu(
        "Event",
        verify.Event,
        {
            "wait": lambda event: event.wait(),
            "timed wait": lambda event: event.wait(1),
            "set": lambda event: event.set(),
            "clear": lambda event: event.clear(),
            "is_set": lambda event: event.is_set(),
        },
    ),
    Menu("Barrier of 2", lambda: verify.Barrier(2), BARRIER),
    Menu("Barrier of 3", lambda: verify.Barrier(3), BARRIER),
    Menu("Barrier with an action", lambda: verify.Barrier(2, lambda: None), BARRIER),
    Menu("Queue", lambda: verify.Queue(1), QUEUE),
    Menu(
        "Queue to be joined",
        verify.Queue,
        {
            "put": lambda queue: queue.put(1),
            "get": lambda queue: queue.get(),
            "task_done": lambda queue: queue.task_done(),
            "join": lambda queue: queue.join(),
            "qsize": lambda queue: queue.qsize(),
        },
    ),
    Menu(
        "Queue to be shut down",
        lambda: verify.Queue(1),
        {
            "put": lambda queue: queue.put(1),
            "get": lambda queue: queue.get(),
            "shutdown": lambda queue: queue.shutdown(),
            "shutdown at once": lambda queue: queue.shutdown(immediate=True),
            "join": lambda queue: queue.join(),
        },
    ),
    Menu("LifoQueue", lambda: verify.LifoQueue(2), ORDER),
    Menu("PriorityQueue", lambda: verify.PriorityQueue(2), ORDER),
    Menu("Descriptor, wake all", lambda: verify.Descriptor("all"), DESCRIPTOR),
    Menu("Descriptor, wake one", lambda: verify.Descriptor("one"), DESCRIPTOR),
)
"""Every primitive that sleeps. Shared and Atomic never do, and are one step each."""

WITH_CONDITION = Menu(
    "Condition of a Lock",
    lambda: verify.Condition(verify.Lock()),
    {name: holding(action) for name, action in CONDITION.items()},
)
"""A condition as it should be used. Each of these is three or four calls of the others' size."""
