"""Thread and Process: tasks as their starter sees them. Signatures of `threading` and
`multiprocessing`. `get_ident`: a task as it sees itself.

Thread and Process are each a `Body` for the scheduler to carry. Starting and joining order events
and are never in a race; `is_alive` and a timed join look at the task's end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from verify.errors import Misuse
from verify.scheduling.scheduler import KILLED, TERMINATED, Scheduler, TaskHandle, current, here


class Thread:
    """A task: `threading.Thread`. `group` must be None."""

    process = False

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        if group is not None:
            raise AssertionError("group argument must be None for now")
        self._scheduler: Scheduler = here.scheduler or current()
        self._target = target
        self._args = tuple(args)
        self._kwargs = dict(kwargs) if kwargs else {}
        self.name = str(name) if name is not None else self._scheduler.task_name(target)
        self.daemon = bool(daemon)
        self._started = False
        self._task: TaskHandle | None = None
        """None before the start, and in the task itself until its starter goes on."""

    def run(self) -> object:
        """What the task does; a subclass may override it.

        A generator, which a target or an override with a `yield` in it makes, is what the task then
        runs: to its end, others going first at each bare `yield`.
        """
        if self._target is None:
            return None
        if self._kwargs:
            return self._target(*self._args, **self._kwargs)
        return self._target(*self._args)

    def start(self) -> None:
        """Start the task. RuntimeError if it was started before."""
        if self._started:
            raise RuntimeError("threads can only be started once")
        self._started = True
        try:
            self._task = self._scheduler.spawn(self)
        except BaseException:
            self._started = False
            raise

    def join(self, timeout: float | None = None) -> None:
        """Sleep until the task has ended, or the time ran out (`is_alive` tells which).

        RuntimeError for a task that was not started, and for the calling task itself.
        """
        if not self._started:
            raise RuntimeError("cannot join thread before it is started")
        if self._task is None or self._task.number == self._scheduler.current():
            raise RuntimeError("cannot join current thread")
        self._scheduler.join(self._task, timeout)

    def is_alive(self) -> bool:
        """Whether the task was started and has not ended."""
        if self._task is None:
            return self._started
        return self._scheduler.alive(self._task)

    @property
    def ident(self) -> int | None:
        """The task's number; None before it is started."""
        if self._task is None:
            return self._scheduler.current() if self._started else None
        return self._task.number

    def __repr__(self) -> str:
        state = "started" if self._started else "initial"
        return f"<{type(self).__name__}({self.name}, {state})>"


def get_ident() -> int:
    """The calling task's number, which its `Thread.ident` is: `threading.get_ident`."""
    return (here.scheduler or current()).current()


class Process(Thread):
    """A task with an address space of its own: `multiprocessing.Process`.

    Once it is closed, every use of it raises ValueError.
    """

    process = True
    _closed = False

    def start(self) -> None:
        """Start the process. AssertionError if it was started before, as in `multiprocessing`."""
        self._check_open()
        if self._started:
            raise AssertionError("cannot start a process twice")
        super().start()

    def join(self, timeout: float | None = None) -> None:
        """Sleep until the process has ended, or the time ran out."""
        self._check_open()
        if not self._started:
            raise AssertionError("can only join a started process")
        if self._task is None or self._task.number == self._scheduler.current():
            raise Misuse(f"{self.name} joins itself: no process can wait for its own end")
        self._scheduler.join(self._task, timeout)

    def is_alive(self) -> bool:
        """Whether the process was started and has not ended."""
        self._check_open()
        return super().is_alive()

    def terminate(self) -> None:
        """End the process wherever it is, by SIGTERM; nothing if it has ended.

        No `finally` of its code runs, and nothing that it holds is released: who waits for that
        gets OwnerDied. Its threads end with it, the processes that it has started go on.
        """
        self._end(TERMINATED)

    def kill(self) -> None:
        """End the process wherever it is, by SIGKILL: as `terminate`, whatever it does about it."""
        self._end(KILLED)

    def _end(self, code: int) -> None:
        self._check_open()
        if not self._started:
            raise AssertionError("can only terminate a started process")
        if self._task is None:
            raise Misuse(f"{self.name} ends itself: return from its target, or call sys.exit")
        self._scheduler.terminate(self._task, code)

    def close(self) -> None:
        """Give the process up. ValueError while it runs: join or terminate it first."""
        if not self._closed and super().is_alive():
            raise ValueError(
                "Cannot close a process while it is still running. You should first call join() or "
                "terminate()."
            )
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("process object is closed")

    @property
    def exitcode(self) -> int | None:
        """None while it runs; 0 after a normal end, 1 after an uncaught exception, -15 if it was
        terminated, -9 if it was killed."""
        self._check_open()
        return None if self._task is None else self._scheduler.exit_code(self._task)

    @property
    def pid(self) -> int | None:
        """The task's number; None before it is started."""
        return self.ident
