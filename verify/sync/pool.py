"""Pool: worker processes that share a list of tasks. Signatures of `multiprocessing.Pool`.

The state is a ledger (ledger.py): the tasks that nobody has begun, who is at which task, what came
out. When a worker dies, whoever waits for its task gets OwnerDied, and the other workers go on; it
is not replaced, so tasks that nobody has begun wait for ever if all of them die.

There are no helpers between the owner and the workers, as `multiprocessing` has, so nothing moves
unless one of these moves it. Only a callback has a task of its own, which waits for the result.
"""

from __future__ import annotations

import copy
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from multiprocessing import TimeoutError as PoolTimeout
from typing import Any, Generic, Self, TypeVar

from verify.errors import Misuse, OwnerDied
from verify.sync.items import Fifo
from verify.sync.ledger import (
    CLOSE,
    FINISH,
    GIVE_UP,
    IS_CLOSED,
    OUTCOME,
    READY,
    SUBMIT,
    TAKE,
    Finished,
    Ledger,
    Task,
)
from verify.sync.primitive import Primitive
from verify.sync.thread import Process, Thread
from verify.values import in_words

T = TypeVar("T")


class Pool(Primitive):
    """So many worker processes (as many as there are CPUs unless told), which do what is submitted.

    Each calls `initializer(*initargs)` first. Tasks, arguments and results are sent to and from
    processes, so on these they must be picklable; Misuse, where they are submitted, if not.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
    ) -> None:
        count = (os.cpu_count() or 1) if processes is None else processes
        if count < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        super().__init__(Ledger(Fifo(), (), (), 0, False))
        workers = [
            Process(target=pool_worker, args=(self, initializer, tuple(initargs)), daemon=True)
            for _ in range(count)
        ]
        for worker in workers:
            worker.start()
        self._workers = tuple(workers)
        self._listeners: list[Thread] = []

    def apply(
        self,
        func: Callable[..., T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] | None = None,
    ) -> T:
        """Have a worker call `func(*args, **kwds)`; its result, or its exception is raised."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., T],
        args: Iterable[Any] = (),
        kwds: Mapping[str, Any] | None = None,
        callback: Callable[[T], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[T]:
        """The same, without waiting. A callback is called by a task of its own, with the result
        or the exception. ValueError if the pool is closed.
        """
        numbers = self._perform(SUBMIT, ((func, tuple(args), tuple((kwds or {}).items())),))
        result = AsyncResult[T](self, numbers)
        self._listen(result, callback, error_callback)
        return result

    def map(
        self, func: Callable[[Any], T], iterable: Iterable[Any], chunksize: int | None = None
    ) -> list[T]:
        """`func(item)` for each of the items, by all workers, `chunksize` at a time."""
        return self.map_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: Callable[[Any], T],
        iterable: Iterable[Any],
        chunksize: int | None = None,
        callback: Callable[[list[T]], object] | None = None,
        error_callback: Callable[[BaseException], object] | None = None,
    ) -> AsyncResult[list[T]]:
        """The same, without waiting."""
        items = tuple(iterable)
        if chunksize is None:  # four chunks for each worker, as in `multiprocessing`
            chunksize = -(-len(items) // (len(self._workers) * 4))
        size = max(chunksize, 1)
        chunks = [items[at : at + size] for at in range(0, len(items), size)]
        calls = tuple((call_each, (func, chunk), ()) for chunk in chunks)
        result = MapResult[T](self, self._perform(SUBMIT, calls))
        self._listen(result, callback, error_callback)
        return result

    def _listen(
        self,
        result: AsyncResult[Any],
        callback: Callable[[Any], object] | None,
        error_callback: Callable[[BaseException], object] | None,
    ) -> None:
        if callback is not None or error_callback is not None:
            listener = Thread(target=pool_listener, args=(result, callback, error_callback))
            listener.start()
            self._listeners.append(listener)

    def close(self) -> None:
        """No more tasks: the workers end when they have done what there is."""
        self._perform(CLOSE)

    def terminate(self) -> None:
        """End the workers wherever they are. Whoever waits for what they were at, or for what
        nobody has begun, gets OwnerDied.
        """
        self._perform(GIVE_UP)
        for worker in self._workers:
            worker.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.terminate()

    def join(self) -> None:
        """Sleep until all workers have ended and all callbacks have returned.

        ValueError if the pool was neither closed nor terminated: they would never end.
        """
        if not self._perform(IS_CLOSED):
            raise ValueError("Pool is still running")
        for task in (*self._workers, *self._listeners):
            task.join()

    @staticmethod
    def show(state: Ledger, name: Callable[[int], str]) -> str:
        """What is still to be done, who is doing what, and what has come out."""
        parts = [f"{len(state.tasks)} to do"] if state.tasks else []
        parts += [f"task {number} with {name(worker)}" for number, worker in state.begun]
        parts += [in_words(done) for done in state.finished]
        return ", ".join([*parts, "closed" if state.closed else "open"])


class AsyncResult(Generic[T]):
    """What will come of a submitted task: `multiprocessing.pool.AsyncResult`."""

    def __init__(self, pool: Pool, numbers: tuple[int, ...]) -> None:
        self._pool = pool
        self._numbers = numbers

    def get(self, timeout: float | None = None) -> T:
        """The result, once it is there; or the exception that the task raised.

        Raises multiprocessing.TimeoutError after `timeout` seconds, OwnerDied if the worker that
        had the task died.
        """
        finished = self._finished(timeout)
        if finished is None:
            raise PoolTimeout
        for task in finished:
            if not task.good:
                raise task.outcome
        return self._result([task.outcome for task in finished])

    def _result(self, outcomes: list[Any]) -> T:
        result: T = outcomes[0]
        return result

    def _finished(self, timeout: float | None) -> tuple[Finished, ...] | None:
        try:
            found: tuple[Finished, ...] | None
            found = self._pool._perform(OUTCOME, self._numbers, True, timeout)
        except OwnerDied as error:
            raise OwnerDied(
                f"a worker died before it was done with task {self._in_words()}, so there will be "
                "no result: submit it again"
            ) from error
        return found

    def _in_words(self) -> str:
        return " or ".join(map(str, self._numbers))

    def wait(self, timeout: float | None = None) -> None:
        """Sleep until it is there, or the time ran out (`ready` tells which)."""
        self._finished(timeout)

    def ready(self) -> bool:
        """Whether it is there."""
        ready: bool = self._pool._perform(READY, self._numbers)
        return ready

    def successful(self) -> bool:
        """Whether the task raised nothing. ValueError if it is not there yet."""
        finished = self._pool._perform(OUTCOME, self._numbers, False)
        if finished is None:
            raise ValueError(f"task {self._in_words()} is not ready")
        return all(task.good for task in finished)


class MapResult(AsyncResult[list[T]]):
    """The results of all chunks, one after another."""

    def _result(self, outcomes: list[Any]) -> list[T]:
        return [result for chunk in outcomes for result in chunk]


def pool_worker(
    pool: Pool, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]
) -> None:
    """What a worker process does."""
    if initializer is not None:
        initializer(*initargs)
    task: Task | None
    while (task := pool._perform(TAKE)) is not None:
        try:
            result = task.function(*task.arguments, **dict(task.keywords))
            finished = Finished(task.number, True, result)
        except Exception as error:
            finished = Finished(task.number, False, _for_others(error))
        except SystemExit:
            told = OwnerDied(f"task {task.number} ended the worker that had it: it called sys.exit")
            pool._perform(FINISH, Finished(task.number, False, told))
            raise
        try:
            pool._perform(FINISH, finished)
        except Misuse as error:  # it cannot be sent
            pool._perform(FINISH, Finished(task.number, False, Misuse(str(error))))


def _for_others(error: Exception) -> Exception:
    """An exception as it arrives elsewhere: a copy, for its stack stays here, with a note of that.

    One that cannot be made again of what it was made of would fail whoever asks for anything.
    """
    told = traceback.format_exc()
    try:
        sent = copy.deepcopy(error)
    except Exception as reason:
        sent = Misuse(f"a task raised {error!r}, which cannot be copied: {reason}")
    sent.add_note(told)
    return sent


def pool_listener(
    result: AsyncResult[Any],
    callback: Callable[[Any], object] | None,
    error_callback: Callable[[BaseException], object] | None,
) -> None:
    """What the task of a callback does."""
    try:
        found = result.get()
    except Exception as error:
        if error_callback is not None:
            error_callback(error)
        return
    if callback is not None:
        callback(found)


def call_each(function: Callable[[Any], T], items: tuple[Any, ...]) -> list[T]:
    """The task that a chunk is."""
    return [function(item) for item in items]
