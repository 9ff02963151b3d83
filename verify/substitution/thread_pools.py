"""Thread pools: `concurrent.futures.ThreadPoolExecutor` runs the library's own code, over explored
threads, locks and futures. Replaced is what would not be the same in each execution:

* its name, which the library counts over the life of the interpreter
* the set of its threads, in the order of their addresses
* its semaphore of idle workers, of which each has one of its own instead: so that two that have
  nothing more to do are no race
* its queue: a worker that sleeps there is no deadlock if it sleeps for ever, because the end of the
  interpreter ends it. One that is stuck in its work is, as the interpreter would wait for it
* the table of all workers, and the lock around it, which are for the end of the interpreter; what
  is explored ends before
* when it is collected: it lives as long as the execution, so that its workers are not told
* an executor from before the exploration begins each execution without workers and work
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import ModuleType, TracebackType
from typing import Any

from verify.substitution.patches import explored, substitute_method, substitute_name
from verify.substitution.runs import kept, run_number, serial
from verify.substitution.twins import set_twin, twin_of
from verify.sync.queues import Queue
from verify.sync.semaphore import Semaphore


def substitute(thread: ModuleType) -> None:
    """Replace what is not the same in each execution."""
    kind = thread.ThreadPoolExecutor
    init = kind.__init__

    def begin(
        of: Any,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Any = None,
        initargs: Any = (),
    ) -> None:
        if not thread_name_prefix:
            name = "-".join(map(str, serial(kind.__name__)))
            thread_name_prefix = f"{kind.__name__}-{name}"
        init(of, max_workers, thread_name_prefix, initializer, initargs)
        _begin_work(of)
        set_twin(of, of)

    def standing(of: Any) -> Any:
        twin = copy.copy(of)
        begin(twin, of._max_workers, of._thread_name_prefix, of._initializer, of._initargs)
        twin._shutdown = of._shutdown
        twin._broken = of._broken
        return twin

    substitute_method(kind, "__init__", begin)
    for name in ("submit", "shutdown"):
        substitute_method(kind, name, _by_twin(getattr(kind, name), standing))
    substitute_name(thread, "_global_shutdown_lock", _AtTheEnd(thread._global_shutdown_lock))
    substitute_name(thread, "_threads_queues", _AtTheEnd(thread._threads_queues))


def _by_twin(method: Any, standing: Any) -> Any:
    return lambda of, *args, **kwargs: method(twin_of(of, standing), *args, **kwargs)


def _begin_work(of: Any) -> None:
    of._work_queue = WorkQueue()
    of._threads = InOrder()
    of._idle_semaphore = IdleWorkers(of._max_workers)
    kept(list, "executors").append(of)


def _scheduler() -> Any:
    return explored()


class WorkQueue:
    """What a worker takes its work from, a `queue.SimpleQueue`.

    It outlives its execution, with the worker's threads. To be told then means nothing.
    """

    def __init__(self) -> None:
        self._run = run_number()
        self._queue: Queue[Any] = Queue(shared=False)

    def put(self, item: Any) -> None:
        """Put an item in."""
        if self._run == run_number():
            self._queue.put(item)

    def get(self, block: bool = True) -> Any:
        """Take the next item out, sleeping while there is none, maybe for ever."""
        _scheduler().may_be_left(True)
        item = self._queue.get()
        _scheduler().may_be_left(False)
        return item

    def get_nowait(self) -> Any:
        """Take the next item out. Empty if there is none."""
        return self._queue.get(False)

    def qsize(self) -> int:
        """How many items there are at this moment."""
        return self._queue.qsize()


class IdleWorkers:
    """How many workers have said that they are idle, a `threading.Semaphore`.

    Only who submits takes from it, one at a time: who finds none with one worker after another has
    found that there was none when it began.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._of: dict[int, Semaphore] = {}  # by the number of the worker's task

    def release(self) -> None:
        """The calling worker is idle."""
        self._of[_scheduler().current()].release()

    def acquire(self, timeout: float) -> bool:
        """Count on an idle worker. If there is none, the calling task may start one next."""
        for idle in self._of.values():
            if idle.acquire(blocking=False):
                return True
        if len(self._of) < self._workers:
            self._of[_scheduler().next_number()] = Semaphore(0, shared=False)
        return False


class InOrder:
    """A set in the order in which it was filled."""

    def __init__(self) -> None:
        self._items: list[Any] = []

    def add(self, item: Any) -> None:
        """Put an item in."""
        self._items.append(item)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


class _AtTheEnd:
    """What is there for the end of the interpreter: explored, it does nothing."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> Any:
        return None if explored() else self._real.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not explored():
            self._real.__exit__(kind, error, traceback)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not explored():
            self._real[key] = value
