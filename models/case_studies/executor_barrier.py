"""concurrent.futures: an executor of three threads starts two, and three tasks wait for each other.

**Promise.** `ThreadPoolExecutor(3)` uses idle threads again before it starts another, up to three.
So three tasks get three threads, be they old or new, and can wait for each other.

**Bug** (Python 3.12 and later). A worker that finds no work says that it is idle, by a semaphore,
and then waits for work; whoever submits starts no thread if somebody is idle. The first worker
finds the queue empty; a task is submitted, nobody is idle yet, a second worker is started; now the
first says that it is idle, and takes that task. The second finds nothing and says that it is idle,
too: two are counted, one is idle. Of the two tasks that follow neither gets a new thread. It is a
bug: a task waits, nobody is idle, and there is a thread less than there may be.

**What the explorer shows.** A deadlock: two tasks at the barrier, and the third in the queue, with
two threads of three. Too many interleavings differ to run them all, 100 000 and more; a few drawn
at random do.

**Fix.** In Python 3.11 a worker says that it is idle when it has done a task, never beforehand: the
only task done is counted once, and its worker is there for one of the three. The same program is
proved there, with 4 392 interleavings that differ.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def three_tasks_meet() -> None:
    with ThreadPoolExecutor(3) as pool:
        pool.submit(int).result()
        meeting = Barrier(3)
        for arrival in [pool.submit(meeting.wait) for _ in range(3)]:
            arrival.result()
