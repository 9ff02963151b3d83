"""What an operation of a primitive costs, beside what the standard library's costs, in one run.

    uncontended   one task alone makes operations: rounds of ours and theirs in turn, the best
    contended     four tasks make them on one object, from a common start: the median round

An operation is what a program does in one go, such as acquire and release: `OPERATIONS` has one for
each primitive. On threads, theirs are those of `threading` and `queue`; on processes, those of
`multiprocessing`, with processes that are forked as ours are.
"""

from __future__ import annotations

import multiprocessing
import queue
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, NamedTuple

import verify
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler

TASKS = 4
"""How many contend."""
ALONE = 1
ROOM = 16
"""Items that a queue has room for when tasks contend."""


class Effort(NamedTuple):
    """How much is measured: rounds, and operations of each task in a round."""

    rounds: int
    operations: int


UNCONTENDED = Effort(150, 200)
CONTENDED = {"threads": Effort(9, 5000), "processes": Effort(9, 2000)}


def _acquire_and_release(lock: Any, times: int) -> None:
    for _ in range(times):
        lock.acquire()
        lock.release()


def _set_look_wait_and_clear(event: Any, times: int) -> None:
    for _ in range(times):
        event.set()
        event.is_set()
        event.wait()
        event.clear()


def _pass(barrier: Any, times: int) -> None:
    for _ in range(times):
        barrier.wait()


def _notify(condition: Any, times: int) -> None:
    for _ in range(times):
        with condition:
            condition.notify()


def _put_and_get(items: Any, times: int) -> None:
    for _ in range(times):
        items.put(1)
        items.get()


Work = Callable[[Any, int], None]

OPERATIONS: dict[str, tuple[Work, Callable[[Any], Any]]] = {
    "Lock": (_acquire_and_release, lambda of: of.Lock()),
    "RLock": (_acquire_and_release, lambda of: of.RLock()),
    "Semaphore": (_acquire_and_release, lambda of: of.Semaphore()),
    "Event": (_set_look_wait_and_clear, lambda of: of.Event()),
    "Barrier": (_pass, lambda of: of.Barrier(1)),
    "Condition": (_notify, lambda of: of.Condition()),
    "Queue": (_put_and_get, lambda of: of.Queue()),
}
"""By the name of a primitive: some operations on one, and how to create it."""


def _put(items: Any, times: int) -> None:
    for _ in range(times):
        items.put(1)


def _get(items: Any, times: int) -> None:
    for _ in range(times):
        items.get()


AT_ODDS: dict[str, tuple[tuple[Work, Work], Callable[[Any], Any]]] = {
    "Semaphore": ((_acquire_and_release, _acquire_and_release), lambda of: of.Semaphore()),
    "Queue": ((_put, _get), lambda of: of.Queue(ROOM)),
}
"""Where tasks contend: what every other of them does, and how to create what they do it to."""

STANDARD: dict[str, Any] = {
    "threads": SimpleNamespace(**{**vars(threading), **vars(queue)}),
    "processes": multiprocessing.get_context("fork"),
}
"""Where the standard library has the same names."""


class Goal(NamedTuple):
    """What an operation should cost at most: so many times theirs, or so many seconds."""

    times: float = 0.0
    seconds: float = 0.0


GOALS: dict[tuple[str, int], Goal] = {
    ("Lock on threads", ALONE): Goal(10),
    ("RLock on threads", ALONE): Goal(10),
    ("Semaphore on threads", ALONE): Goal(1),
    ("Event on threads", ALONE): Goal(1),
    ("Barrier on threads", ALONE): Goal(1),
    ("Condition on threads", ALONE): Goal(4),
    ("Queue on threads", ALONE): Goal(1),
    ("Lock on processes", ALONE): Goal(seconds=2e-6),
    ("RLock on processes", ALONE): Goal(seconds=2e-6),
    ("Semaphore on processes", ALONE): Goal(seconds=2e-6),
    ("Event on processes", ALONE): Goal(1),
    ("Barrier on processes", ALONE): Goal(1),
    ("Condition on processes", ALONE): Goal(6),
    ("Queue on processes", ALONE): Goal(1),
    ("Semaphore on threads", TASKS): Goal(1),
    ("Queue on threads", TASKS): Goal(1),
    ("Semaphore on processes", TASKS): Goal(1),
    ("Queue on processes", TASKS): Goal(1),
}
"""Of each primitive, and of each number of tasks that use it."""


def measure_primitives(what: str, number: int) -> dict[str, float]:
    """A row: seconds for an operation of `ours` and of `theirs`, by a number of tasks; the goal."""
    name, _, on = what.split()
    with _scheduler(on) as scheduler:
        before = activate(scheduler)
        try:
            ours, theirs = _uncontended(on, name) if number == ALONE else _contended(on, name)
        finally:
            activate(before)
    goal = GOALS[what, number]
    most = goal.seconds or goal.times * theirs
    return {"ours": ours, "theirs": theirs, "ratio": ours / theirs, "most": most}


def _scheduler(on: str) -> Any:
    if on == "threads":
        return nullcontext(ThreadScheduler())
    from verify.scheduling.processes import ProcessScheduler  # not every platform has all of it

    return ProcessScheduler()


def _uncontended(on: str, name: str) -> tuple[float, float]:
    work, create = OPERATIONS[name]
    ours, theirs = create(verify), create(STANDARD[on])
    best = [float("inf"), float("inf")]
    for _ in range(UNCONTENDED.rounds):
        for which, primitive in enumerate((ours, theirs)):
            began = time.perf_counter()
            work(primitive, UNCONTENDED.operations)
            best[which] = min(best[which], time.perf_counter() - began)
    return best[0] / UNCONTENDED.operations, best[1] / UNCONTENDED.operations


def _contended(on: str, name: str) -> tuple[float, float]:
    work, create = AT_ODDS[name]
    effort, standard = CONTENDED[on], STANDARD[on]
    start = standard.Thread if on == "threads" else standard.Process
    ours, theirs = [], []
    for _ in range(effort.rounds):
        ours.append(_at_odds(verify, verify.Thread, work, create(verify), effort.operations))
        theirs.append(_at_odds(standard, start, work, create(standard), effort.operations))
    done = TASKS * effort.operations
    if work[0] is not work[1]:
        done //= 2  # a put and a get are one operation
    return statistics.median(ours) / done, statistics.median(theirs) / done


def _at_odds(of: Any, start: Any, work: tuple[Work, Work], primitive: Any, times: int) -> float:
    """Seconds from when the first task begins to when the last is done."""
    gate, clock = of.Barrier(TASKS), of.Queue()
    tasks = [
        start(target=_take_part, args=(work[index % 2], primitive, times, gate, clock))
        for index in range(TASKS)
    ]
    for task in tasks:
        task.start()
    spans = [clock.get() for _ in tasks]
    for task in tasks:
        task.join()
    return float(max(end for _, end in spans) - min(begin for begin, _ in spans))


def _take_part(work: Work, primitive: Any, times: int, gate: Any, clock: Any) -> None:
    gate.wait()
    began = time.perf_counter()
    work(primitive, times)
    clock.put((began, time.perf_counter()))
