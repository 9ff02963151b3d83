"""What the textbook's chapter prints below its programs can really be printed: there is a schedule
for each. And a text that its program cannot print has none.

The programs are the chapter's, with numbers where it draws them at random, and as many rounds as it
prints.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from functools import partial

import pytest

import verify
from tests.transcripts.searching import printed_along, schedule_that_prints

# ---------------------------------------------------------------------- Lock


class FetchUrls(verify.Thread):
    """Checks addresses, and writes what it finds to a file, under a lock."""

    def __init__(
        self, name: str, urls: list[str], output: verify.Atomic[str], lock: verify.Lock
    ) -> None:
        super().__init__(name=name)
        self.urls = urls
        self.output = output
        self.lock = lock

    def run(self) -> None:
        while self.urls:
            url = self.urls.pop()
            self.lock.acquire()
            print(f"lock acquired by {self.name}")
            self.output.add(f"the page of {url}")
            print(f"write done by {self.name}")
            print(f"lock released by {self.name}")
            self.lock.release()
            print(f"URL {url} fetched by {self.name}")


def fetching() -> None:
    lock, output = verify.Lock(), verify.Atomic("")
    urls_1 = ["http://www.google.com", "http://www.facebook.com"]
    urls_2 = ["http://www.yahoo.com", "http://www.youtube.com"]
    tasks = [
        FetchUrls("Thread-1", urls_1, output, lock),
        FetchUrls("Thread-2", urls_2, output, lock),
    ]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


FETCHED = """\
lock acquired by Thread-2
write done by Thread-2
lock released by Thread-2
URL http://www.youtube.com fetched by Thread-2
lock acquired by Thread-1
write done by Thread-1
lock released by Thread-1
URL http://www.facebook.com fetched by Thread-1
lock acquired by Thread-2
write done by Thread-2
lock released by Thread-2
URL http://www.yahoo.com fetched by Thread-2
lock acquired by Thread-1
write done by Thread-1
lock released by Thread-1
URL http://www.google.com fetched by Thread-1
"""

# ---------------------------------------------------------------------- Condition


class Producer(verify.Thread):
    """Appends integers to a list, and says so."""

    def __init__(self, integers: list[int], condition: verify.Condition) -> None:
        super().__init__(name="Thread-1")
        self.integers = integers
        self.condition = condition

    def run(self) -> None:
        for integer in (159, 116):
            self.condition.acquire()
            print(f"condition acquired by {self.name}")
            self.integers.append(integer)
            print(f"{integer} appended to list by {self.name}")
            print(f"condition notified by {self.name}")
            self.condition.notify()
            print(f"condition released by {self.name}")
            self.condition.release()
            verify.sleep(1)


class Consumer(verify.Thread):
    """Pops integers from the list, and waits where there are none."""

    def __init__(self, integers: list[int], condition: verify.Condition) -> None:
        super().__init__(name="Thread-2", daemon=True)
        self.integers = integers
        self.condition = condition

    def run(self) -> None:
        while True:
            self.condition.acquire()
            print(f"condition acquired by {self.name}")
            while True:
                if self.integers:
                    integer = self.integers.pop()
                    print(f"{integer} popped from list by {self.name}")
                    break
                print(f"condition wait by {self.name}")
                self.condition.wait()
            print(f"condition released by {self.name}")
            self.condition.release()


def producing() -> None:
    integers: list[int] = []
    condition = verify.Condition()
    producer, consumer = Producer(integers, condition), Consumer(integers, condition)
    producer.start()
    consumer.start()
    producer.join()


PRODUCED = """\
condition acquired by Thread-1
159 appended to list by Thread-1
condition notified by Thread-1
condition released by Thread-1
condition acquired by Thread-2
159 popped from list by Thread-2
condition released by Thread-2
condition acquired by Thread-2
condition wait by Thread-2
condition acquired by Thread-1
116 appended to list by Thread-1
condition notified by Thread-1
condition released by Thread-1
116 popped from list by Thread-2
condition released by Thread-2
condition acquired by Thread-2
condition wait by Thread-2
"""

# ---------------------------------------------------------------------- Pool

SECONDS = {0: 1.41, 1: 0.27, 2: 0.14, 3: 0.86, 4: 1.91}


def pooling(workers: int = 4, tasks: int = 5) -> None:
    mine, pids = verify.local(), verify.Queue[int]()
    for pid in range(671, 671 + workers):
        pids.put(pid)

    def know_oneself() -> None:
        mine.pid = pids.get()

    def long_time_task(name: int) -> None:
        print(f"Run task {name} ({mine.pid})...")
        start = verify.now()
        verify.sleep(SECONDS[name])
        print(f"Task {name} runs {verify.now() - start:0.2f} seconds.")

    print("Parent process 669.")
    pool = verify.Pool(workers, initializer=know_oneself)
    for name in range(tasks):
        pool.apply_async(long_time_task, args=(name,))
    print("Waiting for all subprocesses done...")
    pool.close()
    pool.join()
    print("All subprocesses done.")


POOLED = """\
Parent process 669.
Waiting for all subprocesses done...
Run task 0 (671)...
Run task 1 (672)...
Run task 2 (673)...
Run task 3 (674)...
Task 2 runs 0.14 seconds.
Run task 4 (673)...
Task 1 runs 0.27 seconds.
Task 3 runs 0.86 seconds.
Task 0 runs 1.41 seconds.
Task 4 runs 1.91 seconds.
All subprocesses done.
"""

two_tasks = partial(pooling, workers=2, tasks=2)

TWO_OF_ONE = """\
Parent process 669.
Waiting for all subprocesses done...
Run task 0 (671)...
Task 0 runs 1.41 seconds.
Run task 1 (671)...
Task 1 runs 0.27 seconds.
All subprocesses done.
"""
"""One worker does both tasks; the other one never gets to see any."""

# ---------------------------------------------------------------------- master and worker


class QueueManager(verify.Manager):
    """The worker's: it knows names alone."""


QueueManager.register("get_task_queue")
QueueManager.register("get_result_queue")


def task_worker(address: tuple[str, int], count: int) -> None:
    """What is printed in the second terminal."""
    print(f"Connect to server {address[0]}...")
    manager = QueueManager(address=address, authkey=b"abc")
    manager.connect()
    task, result = manager.get_task_queue(), manager.get_result_queue()
    for _ in range(count):
        try:
            n = task.get(timeout=1)
            print(f"run task {n} * {n}...")
            r = f"{n} * {n} = {n * n}"
            verify.sleep(1)
            result.put(r)
        except queue.Empty:
            print("task queue is empty.")
    print("worker exit.")


def task_master(numbers: tuple[int, ...]) -> None:
    """What is printed in the first terminal; the chapter leaves out its last line."""
    task_queue, result_queue = verify.Queue[int](), verify.Queue[str]()

    class MastersManager(verify.Manager):
        pass

    MastersManager.register("get_task_queue", callable=lambda: task_queue)
    MastersManager.register("get_result_queue", callable=lambda: result_queue)
    manager = MastersManager(address=("", 5000), authkey=b"abc")
    manager.start()
    task, result = manager.get_task_queue(), manager.get_result_queue()
    for n in numbers:
        print(f"Put task {n}...")
        task.put(n)
    print("Try get results...")
    worker = verify.Process(target=task_worker, args=(manager.address, len(numbers)))
    worker.start()
    for _ in numbers:
        print(f"Result: {result.get(timeout=10)}")
    manager.shutdown()


distributing = partial(task_master, (3411, 1605, 1398, 4729, 5300, 7471, 68, 4219, 339, 7866))

DISTRIBUTED = """\
Put task 3411...
Put task 1605...
Put task 1398...
Put task 4729...
Put task 5300...
Put task 7471...
Put task 68...
Put task 4219...
Put task 339...
Put task 7866...
Try get results...
Connect to server 127.0.0.1...
run task 3411 * 3411...
run task 1605 * 1605...
run task 1398 * 1398...
run task 4729 * 4729...
run task 5300 * 5300...
run task 7471 * 7471...
run task 68 * 68...
run task 4219 * 4219...
run task 339 * 339...
run task 7866 * 7866...
worker exit.
Result: 3411 * 3411 = 11634921
Result: 1605 * 1605 = 2576025
Result: 1398 * 1398 = 1954404
Result: 4729 * 4729 = 22363441
Result: 5300 * 5300 = 28090000
Result: 7471 * 7471 = 55815841
Result: 68 * 68 = 4624
Result: 4219 * 4219 = 17799961
Result: 339 * 339 = 114921
Result: 7866 * 7866 = 61873956
"""

one_number = partial(task_master, (68,))

ONE_RESULT = """\
Put task 68...
Try get results...
Connect to server 127.0.0.1...
run task 68 * 68...
worker exit.
Result: 68 * 68 = 4624
"""


def swapped(text: str, first: int, second: int) -> str:
    """The text with two of its lines in each other's place."""
    lines = text.splitlines(keepends=True)
    lines[first], lines[second] = lines[second], lines[first]
    return "".join(lines)


@pytest.mark.parametrize(
    ("program", "transcript"),
    [
        (fetching, FETCHED),
        (producing, PRODUCED),
        (pooling, POOLED),
        (two_tasks, TWO_OF_ONE),
        (distributing, DISTRIBUTED),
        (one_number, swapped(ONE_RESULT, 4, 5)),  # the result arrives before the worker exits
    ],
)
def test_the_chapter_is_right(program: Callable[[], None], transcript: str) -> None:
    schedule = schedule_that_prints(program, transcript)
    assert printed_along(program, schedule) == transcript


@pytest.mark.parametrize(
    ("program", "transcript"),
    [
        (fetching, swapped(FETCHED, 2, 4)),  # Thread-1 has the lock before Thread-2 lets it go
        (producing, swapped(PRODUCED, 1, 5)),  # popped before it is appended
        (producing, PRODUCED.replace("condition wait by Thread-2\ncondition", "condition")),
        (two_tasks, swapped(TWO_OF_ONE, 3, 4)),  # 671 is used again while it is still at work
        (two_tasks, swapped(TWO_OF_ONE, 5, 6)),  # done before the last task is
        (one_number, swapped(ONE_RESULT, 3, 5)),  # the result of a task that nobody has begun
    ],
)
def test_what_cannot_be(program: Callable[[], None], transcript: str) -> None:
    """The search goes through all that it can print, and does not find it."""
    assert schedule_that_prints(program, transcript) == ()
