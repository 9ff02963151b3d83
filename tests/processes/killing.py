"""Workers that use every primitive, and a root that kills them at random moments.

No worker may hang because of that. The program is such that a living worker never has to wait for
what a dead one took along: there are permits for all, and room in the queue for everything that the
dead have put and not taken. Who waits for a lock of the dead is told so (OwnerDied), also where one
died in the middle of an operation, and ends.

How often each worker has gone round stands in raw shared memory, so that the root can choose the
moment without waiting for any time to pass.
"""

from __future__ import annotations

import mmap
import time
from contextlib import suppress
from random import Random
from typing import NamedTuple

import verify
from tests.processes.watching import kill
from verify.errors import OwnerDied
from verify.scheduling.monitor import Blocked
from verify.scheduling.processes import ProcessScheduler

WORKERS = 4
ROUNDS = 40
"""At most so many rounds of one worker before the first kill, and between two."""


class Tally(NamedTuple):
    """What came of the kills: how many workers were killed, told of a death, or hung."""

    killed: int
    told: int
    hanging: list[Blocked]
    longest: float
    """Seconds from the last kill of a program to the end of its last worker."""


class _Objects:
    def __init__(self) -> None:
        self.lock = verify.RLock()
        self.turn = verify.Condition()
        self.permits = verify.Semaphore(WORKERS)
        self.queue = verify.Queue[int](2 * WORKERS)
        self.counted = verify.Atomic(0)
        self.enough = verify.Event()


def _work(number: int, objects: _Objects, rounds: memoryview) -> None:
    while not objects.enough.is_set():
        rounds[number] += 1
        with objects.lock:
            objects.counted.add(1)
        with objects.permits:
            objects.queue.put(number)
        objects.queue.get()
        with objects.turn:
            objects.turn.notify()
            objects.turn.wait(0.002)


def kill_some(scheduler: ProcessScheduler, random: Random, within: float) -> Tally:
    """To be called as a program on processes: kill one worker to all but one, one after another.

    Who has not ended `within` so many seconds after the others were told to stop, hangs.
    """
    objects, rounds = _Objects(), memoryview(mmap.mmap(-1, 8 * WORKERS)).cast("q")
    workers = [
        verify.Process(target=_work, args=(number, objects, rounds)) for number in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    victims = random.sample(workers, random.randint(1, WORKERS - 1))
    for victim in victims:
        moment = sum(rounds) + random.randint(0, WORKERS * ROUNDS)
        while sum(rounds) < moment and any(worker.is_alive() for worker in workers):
            verify.sleep(0)
        kill(scheduler, victim)
    began = time.monotonic()
    with suppress(OwnerDied):  # one died in the middle of looking at it: the others are told, too
        objects.enough.set()
    for worker in workers:
        worker.join(max(0.0, began + within - time.monotonic()))
    longest = time.monotonic() - began
    codes = [worker.exitcode for worker in workers]
    return Tally(codes.count(-9), codes.count(1), scheduler.blocked(), longest)
