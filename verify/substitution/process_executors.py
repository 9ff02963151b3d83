"""Process executors: `concurrent.futures.ProcessPoolExecutor`.

As in the library, a thread of the executor's stands between those who submit and the workers: it
marks a future as running once the workers have room for it (one more than there are workers), from
when on it can no longer be cancelled, and puts the result in. Everything is told to it through one
queue; at the end of an execution it may be left waiting there, if it waits for nobody's work.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, NamedTuple

from verify.errors import TaskKilled
from verify.substitution.patches import explored, substitute_method
from verify.substitution.pipes import copied
from verify.substitution.twins import set_twin, twin_of
from verify.sync.lock import Lock
from verify.sync.pool import _for_others
from verify.sync.queues import Queue
from verify.sync.thread import Process, Thread

SUBMIT = "submit"
DONE = "done"
FAILED = "failed"
BROKEN = "broken"
STOP = "stop"


class Work(NamedTuple):
    """A call, what is to come of it, and the call's number."""

    number: int
    future: Any
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


def substitute(process: ModuleType) -> None:
    """Replace the methods of the executor."""
    kind = process.ProcessPoolExecutor

    def begin(
        of: Any,
        max_workers: int | None = None,
        mp_context: Any = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        *,
        max_tasks_per_child: int | None = None,
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        of._max_workers = max_workers or os.cpu_count() or 1
        of._initializer, of._initargs = initializer, tuple(initargs)
        set_twin(of, standing(of))

    def standing(of: Any) -> _Executor:
        return _Executor(process, of._max_workers, of._initializer, of._initargs)

    def submit(of: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return twin_of(of, standing).submit(fn, args, kwargs)

    def shutdown(of: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
        twin_of(of, standing).shutdown(wait, cancel_futures)

    substitute_method(kind, "__init__", begin)
    substitute_method(kind, "submit", submit)
    substitute_method(kind, "shutdown", shutdown)


class _Executor:
    """What an executor is in one execution."""

    def __init__(
        self, process: ModuleType, workers: int, initializer: Any, initargs: tuple[Any, ...]
    ) -> None:
        self._process = process
        self._room = workers + process.EXTRA_QUEUED_CALLS
        self._told: Queue[Any] = Queue()
        self._calls: Queue[Any] = Queue()
        self._lock = Lock(shared=False)
        self._submitted = 0
        self._closed = False
        self._broken = False
        self._manager: Thread | None = None
        given = (self._calls, self._told, initializer, initargs)
        self._workers = [
            Process(target=executor_worker, args=given, daemon=True) for _ in range(workers)
        ]

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have a worker call a function."""
        with self._lock:
            if self._broken:
                raise self._breakage()
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            future = self._process._base.Future()
            self._submitted += 1
            if self._manager is None:
                self._manager = Thread(target=self._manage, name="executor_manager")
                self._manager.start()
                for worker in self._workers:
                    worker.start()
            self._told.put((SUBMIT, Work(self._submitted, future, (fn, args, kwargs))))
            return future

    def shutdown(self, wait: bool, cancel_futures: bool) -> None:
        """Take nothing more; the workers end when they have done what there is."""
        with self._lock:
            self._closed = True
            manager = self._manager
            if manager is not None:
                self._told.put((STOP, cancel_futures))
        if wait and manager is not None:
            manager.join()

    def _breakage(self) -> Exception:
        error: Exception = self._process.BrokenProcessPool(
            "A process in the process pool was terminated abruptly while the future was running or "
            "pending."
        )
        return error

    def _manage(self) -> None:
        pending: list[Work] = []
        begun: dict[int, Any] = {}
        stopping = False
        scheduler: Any = explored()
        while not stopping or pending or begun:
            scheduler.may_be_left(not pending and not begun)
            what, told = self._told.get()
            scheduler.may_be_left(False)
            if what == SUBMIT:
                pending.append(told)
            elif what == STOP:
                stopping = True
                for work in pending if told else ():
                    work.future.cancel()
            elif what == BROKEN:
                self._break([*begun.values(), *(work.future for work in pending)])
                return
            else:
                future = begun.pop(told[0])
                (future.set_result if what == DONE else future.set_exception)(told[1])
            self._hand_out(pending, begun)
        for _ in self._workers:
            self._calls.put(None)
        for worker in self._workers:
            worker.join()

    def _hand_out(self, pending: list[Work], begun: dict[int, Any]) -> None:
        while pending and len(begun) < self._room:
            work = pending.pop(0)
            if work.future.set_running_or_notify_cancel():
                begun[work.number] = work.future
                self._calls.put((work.number, tuple(map(copied, work.call))))

    def _break(self, futures: list[Any]) -> None:
        with self._lock:  # nobody submits meanwhile, and then everybody is told
            self._broken = True
        while not self._told.empty():
            what, told = self._told.get()
            if what == SUBMIT:
                futures.append(told.future)
        for future in futures:
            if not future.cancelled():
                future.set_exception(self._breakage())
        for worker in self._workers:
            worker.terminate()


def executor_worker(
    calls: Queue[Any], told: Queue[Any], initializer: Any, initargs: tuple[Any, ...]
) -> None:
    """What a worker process does."""
    if initializer is not None:
        try:
            initializer(*initargs)
        except Exception:
            told.put((BROKEN, None))
            return
    while (given := calls.get()) is not None:
        number, (fn, args, kwargs) = given
        try:
            result = fn(*args, **kwargs)
        except TaskKilled:
            raise
        except BaseException as error:
            sent = _for_others(error) if isinstance(error, Exception) else error
            told.put((FAILED, (number, sent)))
        else:
            told.put((DONE, (number, copied(result))))
