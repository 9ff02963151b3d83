"""Buffers between producers and consumers, and the ways in which workers are told to stop."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable

from tests.idioms.programs.tasks import run


class GuardedQueue:
    """Unbounded; a woken consumer looks again, for another may have come before it."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.condition = threading.Condition()

    def put(self, item: str) -> None:
        with self.condition:
            self.items.append(item)
            self.condition.notify()

    def get(self) -> str:
        with self.condition:
            while not self.items:
                self.condition.wait()
            return self.items.pop(0)


class QueueThatLooksOnce(GuardedQueue):
    def get(self) -> str:
        with self.condition:
            if not self.items:
                self.condition.wait()
            return self.items.pop(0)


def _two_consumers(buffer: GuardedQueue) -> None:
    got: list[str] = []

    def produce() -> None:
        buffer.put("a")
        buffer.put("b")

    run(lambda: got.append(buffer.get()), lambda: got.append(buffer.get()), produce)
    assert sorted(got) == ["a", "b"]


def guarded_queue() -> None:
    _two_consumers(GuardedQueue())


def queue_that_looks_once() -> None:
    _two_consumers(QueueThatLooksOnce())


class BoundedBuffer:
    """Hoare's: one condition for those who wait for room, one for those who wait for items."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.items: deque[int] = deque()
        lock = threading.Lock()
        self.not_full = threading.Condition(lock)
        self.not_empty = threading.Condition(lock)

    def put(self, item: int) -> None:
        with self.not_full:
            while len(self.items) == self.size:
                self.not_full.wait()
            self.items.append(item)
            self.not_empty.notify()

    def get(self) -> int:
        with self.not_empty:
            while not self.items:
                self.not_empty.wait()
            item = self.items.popleft()
            self.not_full.notify()
            return item


class BufferWithOneCondition(BoundedBuffer):
    """A notify meant for a consumer can wake a producer, who goes back to sleep with it."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.not_empty = self.not_full


def _two_each(buffer: BoundedBuffer) -> None:
    got: list[int] = []
    run(
        lambda: got.append(buffer.get()),
        lambda: got.append(buffer.get()),
        lambda: buffer.put(1),
        lambda: buffer.put(2),
    )
    assert sorted(got) == [1, 2]


def bounded_buffer() -> None:
    _two_each(BoundedBuffer(1))


def buffer_with_one_condition() -> None:
    _two_each(BufferWithOneCondition(1))


class SemaphoreBuffer:
    """Dijkstra's: room and items are counted, and the mutex is taken last."""

    def __init__(self, size: int) -> None:
        self.items: list[int] = []
        self.mutex = threading.Lock()
        self.room = threading.Semaphore(size)
        self.filled = threading.Semaphore(0)

    def put(self, item: int) -> None:
        self.room.acquire()
        with self.mutex:
            self.items.append(item)
        self.filled.release()

    def get(self) -> int:
        self.filled.acquire()
        with self.mutex:
            item = self.items.pop(0)
        self.room.release()
        return item


class MutexFirst(SemaphoreBuffer):
    def get(self) -> int:
        with self.mutex:
            self.filled.acquire()
            item = self.items.pop(0)
        self.room.release()
        return item


def _through(buffer: SemaphoreBuffer) -> None:
    got: list[int] = []

    def produce() -> None:
        buffer.put(1)
        buffer.put(2)

    def consume() -> None:
        got.append(buffer.get())
        got.append(buffer.get())

    run(produce, consume)
    assert got == [1, 2]


def semaphore_buffer() -> None:
    _through(SemaphoreBuffer(1))


def mutex_first() -> None:
    _through(MutexFirst(1))


def _drained(pop: Callable[[deque[int]], int | None]) -> None:
    jobs = deque([1, 2, 3])
    done: list[int] = []

    def work() -> None:
        while (job := pop(jobs)) is not None:
            done.append(job)

    run(work, work)
    assert sorted(done) == [1, 2, 3]


def deque_as_queue() -> None:
    def pop(jobs: deque[int]) -> int | None:
        try:
            return jobs.popleft()
        except IndexError:
            return None

    _drained(pop)


def deque_looked_at() -> None:
    _drained(lambda jobs: jobs.popleft() if jobs else None)


def _pills(count: int) -> None:
    jobs: queue.Queue[int | None] = queue.Queue()
    done: list[int] = []

    def work() -> None:
        while (job := jobs.get()) is not None:
            done.append(job)

    def produce() -> None:
        jobs.put(1)
        for _ in range(count):
            jobs.put(None)

    run(work, work, produce)
    assert done == [1]


def poison_pills() -> None:
    _pills(2)


def one_pill_for_two() -> None:
    _pills(1)


class StoppedWorker:
    """Looks between two turns whether it is to stop."""

    def __init__(self) -> None:
        self.stopping = threading.Event()

    def work(self) -> None:
        while not self.stopping.is_set():
            pass

    def stop(self) -> None:
        self.stopping.set()


class WorkerThatClears(StoppedWorker):
    """Clears the event as it begins, and with it a stop that came early."""

    def work(self) -> None:
        self.stopping.clear()
        super().work()


def event_stopped_worker() -> None:
    worker = StoppedWorker()
    run(worker.work, worker.stop)


def worker_that_clears() -> None:
    worker = WorkerThatClears()
    run(worker.work, worker.stop)


class FlaggedWorker:
    """The same with a plain attribute, which one thread writes and one reads."""

    def __init__(self) -> None:
        self.cancelled = False

    def work(self) -> None:
        while not self.cancelled:
            pass

    def cancel(self) -> None:
        self.cancelled = True


class WorkerThatResets(FlaggedWorker):
    def work(self) -> None:
        self.cancelled = False
        super().work()


def cancellation_flag() -> None:
    worker = FlaggedWorker()
    run(worker.work, worker.cancel)


def worker_that_resets() -> None:
    worker = WorkerThatResets()
    run(worker.work, worker.cancel)


def _joined(careful: bool) -> None:
    jobs: queue.Queue[int] = queue.Queue()
    failed: list[int] = []
    jobs.put(0)

    def work() -> None:
        job = jobs.get()
        try:
            failed.append(1 // job)
            if not careful:
                jobs.task_done()
        except ZeroDivisionError:
            failed.append(job)
        finally:
            if careful:
                jobs.task_done()

    run(work, jobs.join)
    assert failed == [0]


def task_done_in_finally() -> None:
    _joined(careful=True)


def task_done_on_success() -> None:
    _joined(careful=False)


class Future:
    """Set once; whoever asks waits for it."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.ready = False
        self.value = 0

    def set(self, value: int) -> None:
        with self.condition:
            self.value = value
            self.ready = True
            self.condition.notify_all()

    def get(self) -> int:
        with self.condition:
            while not self.ready:
                self.condition.wait()
            return self.value


class FutureReadyTooSoon(Future):
    def set(self, value: int) -> None:
        with self.condition:
            self.ready = True
            self.condition.notify_all()
        self.value = value


def _promised(future: Future) -> None:
    def ask() -> None:
        assert future.get() == 7, "ready before it had its value"

    run(lambda: future.set(7), ask, ask)


def promise() -> None:
    _promised(Future())


def promise_ready_too_soon() -> None:
    _promised(FutureReadyTooSoon())
