"""OS processes: every task, Thread or Process of the program alike, is a process of its own.

They share the harness's objects and nothing else (`sharing.py` refuses the rest by name); how
operations happen between them is `process_monitor.py`. In call order:

    spawn    refuse what cannot be shared, claim an entry in the task table, fork (or spawn)
    _carry   (in the new process) begin, run the body, report what it raised, write its end
    join     an operation like any other: a task's end is a cell that its joiners sleep for
    close    (in the root) end whoever is left, reap, unmap: nothing stays behind

A child that dies writes no end. Whoever looks at it next, or already sleeps for it, finds its entry
without a living owner and writes the end in its place. If the root dies, everybody ends
(`leash.py`).
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Self

from verify.compiling import mypyc_attr
from verify.errors import Misuse, TaskKilled, UsageError
from verify.scheduling.arena import ABORTED, Arena
from verify.scheduling.children import Ends
from verify.scheduling.dice import Dice
from verify.scheduling.leash import Leash
from verify.scheduling.life import ALIVE, EXIT_CODE, IS_ALIVE, JOIN, TIMED_JOIN
from verify.scheduling.monitor import TaskFailure
from verify.scheduling.process_cell import SharedCell
from verify.scheduling.process_monitor import ProcessMonitor
from verify.scheduling.process_start import fork_to, spawn_to
from verify.scheduling.reports import Reports
from verify.scheduling.scheduler import Body, TaskHandle, activate, run_to_end
from verify.scheduling.sharing import refuse_sharing
from verify.scheduling.signalling import end_by


class ProcessTask(NamedTuple):
    """A task carried by a process, known to any process: its end is a cell like any other."""

    number: int
    name: str
    end: SharedCell


@mypyc_attr(allow_interpreted_subclasses=True)
class ProcessScheduler(ProcessMonitor):
    """Tasks are OS processes. Create it, use it and close it in one thread: the root.

    `start_method` is "fork" (closures go along) or "spawn" (targets must be picklable). UsageError
    on a platform without robust mutexes.
    """

    def __init__(self, seed: int | None = None, start_method: str = "fork") -> None:
        if start_method not in ("fork", "spawn"):
            raise UsageError(f"there is no start method {start_method!r}: use 'fork' or 'spawn'")
        self._attach(seed, start_method, Arena(), Leash(), False)
        number = self._table.claim("main")
        self._table.begin(number)
        self._be(number)
        self._root = threading.get_ident()
        self._retired = []

    def _attach(
        self, seed: int | None, start_method: str, arena: Arena, leash: Leash, collects: bool
    ) -> None:
        """Everything that a spawned process makes anew."""
        self._open(seed, arena)
        self._seed = seed
        self._start_method = start_method
        self._leash = leash
        self._reports = Reports(arena)
        self._root = 0
        self._closed = False
        self._failures = [] if collects else None
        _schedulers.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        collects = self._failures is not None
        return _attached, (self._seed, self._start_method, self._arena, self._leash, collects)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def failures(self) -> list[TaskFailure] | None:
        """Uncaught exceptions of tasks. Whoever reads the list in the root finds all in it."""
        if self._root and self._failures is not None and not self._closed:
            self._failures.extend(self._reports.collect())
        return self._failures

    @failures.setter
    def failures(self, failures: list[TaskFailure] | None) -> None:
        self._failures = failures

    def spawn(self, body: Body) -> TaskHandle:
        if self._words[ABORTED]:
            raise TaskKilled
        self.current()
        refuse_sharing(body, self)
        self._children.reap_ended()
        end: Any = self.cell(ALIVE)
        number = self._table.claim(body.name, None if body.process else self._number)
        task = ProcessTask(number, body.name, end)
        child = _Child(self, task, body)
        try:
            pid = fork_to(child) if self._start_method == "fork" else spawn_to(child, body.name)
        except BaseException:
            self._table.unclaim(number)
            raise
        self._table.started(number, pid)
        self._children.add(number, pid)
        return task

    def _carry(self, task: ProcessTask, body: Body) -> int:
        """A new process, from its beginning to its exit code."""
        self._leash.wear()
        self._table.begin(task.number)
        self._be(task.number)
        self.random = Dice(None if self._seed is None else f"{self._seed}/{task.number}")
        if self._failures is not None:
            self._failures = []
        activate(self)
        code = self._run(body)
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        self._settle(task.end, code)
        self._table.finish(task.number)
        return code

    def _run(self, body: Body) -> int:
        try:
            run_to_end(body, partial(self.sleep, 0))
        except SystemExit as error:
            if error.code is None or isinstance(error.code, int):
                return (error.code or 0) & 0xFF
            print(error.code, file=sys.stderr)
        except KeyboardInterrupt:
            pass  # the root got it too, and says so
        except BaseException as error:
            if not self.caught(body.name, error):
                traceback.print_exc()
            for failure in self._failures or ():
                self._reports.post(failure)
        else:
            return 0
        return 1

    def _notice_death(self, task: ProcessTask) -> None:
        if self._table.died(task.number):
            self._settle(task.end, self._children.code_of_dead(task.number))

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        assert isinstance(task, ProcessTask)
        kind = JOIN if timeout is None else TIMED_JOIN
        self._notice_death(task)
        ended: bool = self.call(kind, task.end, task.number, True, timeout)
        if ended:
            self._children.reap(task.number)
        return ended

    def alive(self, task: TaskHandle) -> bool:
        assert isinstance(task, ProcessTask)
        self._notice_death(task)
        alive: bool = self.call(IS_ALIVE, task.end)
        return alive

    def exit_code(self, task: TaskHandle) -> int | None:
        assert isinstance(task, ProcessTask)
        self._notice_death(task)
        code: int | None = self.call(EXIT_CODE, task.end)
        return code

    def terminate(self, task: TaskHandle, code: int) -> None:
        """Returns when the process has ended: what it held is then abandoned, as when explored."""
        assert isinstance(task, ProcessTask)
        if self._table.process(self._number) == task.number:
            raise Misuse(
                f"{task.name} would end its own process: return from its target, or call sys.exit"
            )
        if self.alive(task):
            for each in itertools.chain((task.number,), self._table.threads(task.number)):
                inside = self._table.inside(each)
                with suppress(ProcessLookupError):
                    end_by(self._table.pid(each), -code, partial(self._words.__getitem__, inside))
            self._notice_death(task)

    def close(self) -> None:
        """End the tasks that are left and give everything back. For the root; may be repeated."""
        if self._closed:
            return
        if self._root != threading.get_ident():
            raise Misuse("close() is for the thread that created the scheduler")
        others = Ends(pid for pid in self._table.pids() if pid != os.getpid())
        self._leash.cut()
        others.wait()
        self._children.reap_all()
        self._failures = self.failures
        self._closed = True
        _schedulers.discard(self)
        self._table.let_go(self._number)
        self._arena.close()
        self.before_operation = _refuse_closed

    def _after_fork(self) -> None:
        """In the copy of a process: not a task, unless it is made one."""
        self._root = 0
        self._disown()


class _Child(NamedTuple):
    """What a new process is sent, and does."""

    scheduler: ProcessScheduler
    task: ProcessTask
    body: Body

    def main(self) -> int:
        return self.scheduler._carry(self.task, self.body)


def _refuse_closed() -> None:
    raise Misuse("an object was used after its scheduler was closed: its run is over")


def _attached(
    seed: int | None,
    start_method: str,
    arena: Arena,
    leash: Leash,
    collects: bool,
) -> ProcessScheduler:
    """The scheduler, in a process that was spawned."""
    scheduler = ProcessScheduler.__new__(ProcessScheduler)
    scheduler._attach(seed, start_method, arena, leash, collects)
    return scheduler


_schedulers: set[ProcessScheduler] = set()
"""Those that are not closed."""


def _after_fork() -> None:
    for scheduler in _schedulers:
        scheduler._after_fork()


os.register_at_fork(after_in_child=_after_fork)
