"""What a task costs, by what carries it: a process, a thread, a coroutine.

    create    starting and joining tasks that do nothing, one after another
    switch    two tasks that hand over to each other, with a semaphore for each; or that yield
    memory    of a task that is parked: what its process has for itself, or what this one grows by
    crowd     so many coroutines at once: start all, exchange a message with each, join all

All of it with verify's own primitives: what is compared is what a program gets. Times are the best
of several where that is meant to say what the thing itself costs, and once for a crowd.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import verify
from verify.scheduling.coroutines import CoroutineScheduler
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler

TIMES = 10
HANDOVERS = 400
PARKED = 50

Code = Iterator[None]


def measure_tasks(what: str, number: int) -> dict[str, float]:
    """One row, of the table of tasks or of crowds: seconds and bytes for one task.

    `what` is "process", "thread", "function" or "generator"; a `number` asks for such a crowd.
    """
    if number:
        crowd: dict[str, float] = _carried(what, lambda: _crowd(CROWDS[what], number))
        return crowd
    memory = _carried(what, lambda: _memory(what))  # first, while nothing is there to be used again
    yields = what == "generator"
    body, turn = (_nothing_yielding, _yielding) if yields else (_nothing, _handing_over)
    created = 5 if what == "process" else 100
    return {
        "create": _best(what, lambda: _create(body, created)) / created,
        "switch": _best(what, lambda: _switch(turn)) / HANDOVERS,
        "memory": memory,
    }


def _carried(what: str, program: Callable[[], Any]) -> Any:
    """Run a program on what carries such tasks; what it returned."""
    if what == "process":
        from verify.scheduling.processes import ProcessScheduler  # not every platform has all of it

        with ProcessScheduler() as processes:
            return _activated(processes, program)
    if what == "thread":
        return _activated(ThreadScheduler(), program)
    with CoroutineScheduler() as coroutines:
        return coroutines.run(program)


def _activated(scheduler: Any, program: Callable[[], Any]) -> Any:
    before = activate(scheduler)
    try:
        return program()
    finally:
        activate(before)


def _best(what: str, program: Callable[[], float]) -> float:
    """What a program gives back: seconds."""
    return min(float(_carried(what, program)) for _ in range(TIMES))


def _nothing() -> None:
    pass


def _nothing_yielding() -> Code:
    yield


def _create(body: Callable[[], object], tasks: int) -> float:
    began = time.perf_counter()
    for _ in range(tasks):
        task = verify.Thread(target=body)
        task.start()
        task.join()
    return time.perf_counter() - began


Turn = tuple[verify.Semaphore, verify.Semaphore]


def _switch(turn: Callable[[Turn, verify.Queue[float]], object]) -> float:
    """Two tasks that take turns; the time from when both are there to when one of them is done."""
    turns, times = (verify.Semaphore(1), verify.Semaphore(0)), verify.Queue[float]()
    tasks = [verify.Thread(target=turn, args=(each, times)) for each in (turns, turns[::-1])]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    return min(times.get(), times.get())


def _handing_over(turn: Turn, times: verify.Queue[float]) -> None:
    mine, other = turn
    mine.acquire()
    other.release()
    began = time.perf_counter()
    for _ in range(HANDOVERS // 2):
        mine.acquire()
        other.release()
    times.put(time.perf_counter() - began)


def _yielding(turn: Turn, times: verify.Queue[float]) -> Code:
    yield
    began = time.perf_counter()
    for _ in range(HANDOVERS // 2):
        yield
    times.put(time.perf_counter() - began)


def _memory(what: str) -> float:
    """Bytes for each of some parked tasks."""
    go_on, sizes = verify.Event(), verify.Queue[int]()

    def called() -> None:
        sizes.put(_private() if what == "process" else 0)
        go_on.wait()

    def resumed() -> Code:
        sizes.put(0)
        while not go_on.is_set():
            yield

    number = 5 if what == "process" else PARKED if what == "thread" else 100 * PARKED
    gc.collect()
    before = _resident()
    tasks = [
        verify.Thread(target=resumed if what == "generator" else called) for _ in range(number)
    ]
    for task in tasks:
        task.start()
    own = sum(sizes.get() for _ in tasks)
    grown = _resident() - before
    go_on.set()
    for task in tasks:
        task.join()
    return (own if what == "process" else grown) / number


def _private() -> int:
    """Bytes that the calling process shares with no other."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return sum(
        int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Private_")
    )


def _resident() -> int:
    """Bytes of this process that are in memory."""
    text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if "VmRSS" in line)


def _asking(requests: verify.Queue[int], replies: verify.Queue[int]) -> None:
    replies.put(requests.get())


def _asking_and_yielding(requests: verify.Queue[int], replies: verify.Queue[int]) -> Code:
    yield
    replies.put(requests.get())


CROWDS: dict[str, Callable[[verify.Queue[int], verify.Queue[int]], object]] = {
    "function": _asking,
    "generator": _asking_and_yielding,
}


def _crowd(
    body: Callable[[verify.Queue[int], verify.Queue[int]], object], number: int
) -> dict[str, float]:
    """All live before the first message comes: functions wait for it, generators have yielded."""
    gc.collect()
    size = _resident()
    began, used = time.perf_counter(), time.process_time()
    requests, replies = verify.Queue[int](), verify.Queue[int]()
    tasks = [verify.Thread(target=body, args=(requests, replies)) for _ in range(number)]
    for task in tasks:
        task.start()
    verify.sleep(0)
    live = time.perf_counter() - began
    grown = _resident() - size
    for message in range(number):
        requests.put(message)
    for task in tasks:
        task.join()
    received = sum(replies.get() for _ in tasks)
    elapsed, cpu = time.perf_counter() - began, time.process_time() - used
    assert received == number * (number - 1) // 2
    return {"live": live, "elapsed": elapsed, "cpu": cpu, "memory": grown / number}
