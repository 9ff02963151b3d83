"""Coroutines: cooperative tasks in one OS thread. Nobody is interrupted, so a guard is nothing.

A task goes on until it has to wait, lets others go first (`yield`, `sleep(0)`) or ends. Then it is
the turn of who has been ready for longest. In call order:

    run       the hub, in the caller's greenlet: starts the main task, waits for what is still to
              come when nobody is ready, goes home when all have ended that are no daemons
    _work     the life of a worker, a pooled greenlet: one ready task after another
    park      a task that has to wait stays on its worker, and switches to who is next
    close     unwinds whoever is left

An ordinary function keeps its worker from its beginning to its end. A generator needs one only from
one `yield` to the next: whichever is free resumes it. If an operation has to wait in between, that
worker stays with it until its next `yield`. So a task that is suspended at a `yield` costs a
generator, and no stack.

A call that really blocks, or computes, stops all of them. Only the hub waits for time to pass, and
there Ctrl-C breaks into the main task's wait, as it does on threads.
"""

from __future__ import annotations

import traceback
from _thread import allocate_lock, get_ident
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import GeneratorType
from typing import Any, Self

from greenlet import getcurrent, greenlet

from verify.compiling import mypyc_attr
from verify.errors import Misuse, PropertyViolated, TaskKilled
from verify.operation import EVERYONE, Lane, Operation
from verify.scheduling.coroutine import Coroutine, CoroutineSleeper
from verify.scheduling.in_process import InProcessMonitor
from verify.scheduling.laned_cell import LanedCell
from verify.scheduling.life import ALIVE, JOIN
from verify.scheduling.main_body import MainBody
from verify.scheduling.scheduler import Body, TaskHandle, activate, code_of, resumed
from verify.scheduling.standstill import NOBODY_CAN_WAKE, who_waits
from verify.scheduling.timers import Timers

SPARE = 64
"""Workers that are kept though they have nothing to do: each holds a stack."""
STUBBORN = 1000
"""How often a task that is being ended may catch that, or yield, before it is given up."""
HEED = 0.4
"""The longest sleep: a signal that comes on the way into one is heard only when it is over."""


@mypyc_attr(allow_interpreted_subclasses=True)
class CoroutineScheduler(InProcessMonitor):
    """Tasks are coroutines of the thread that calls `run`, and in the end must call `close`."""

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(seed)
        self._tasks: dict[int, Coroutine] = {}
        self._main = self._started = 0
        self._awaited = 0  # those among the tasks that are no daemons
        self._ready: deque[Coroutine] = deque()
        self._timers: Timers[CoroutineSleeper] = Timers()
        self._running: Coroutine | None = None
        self._spare: list[Any] = []
        self._hub: Any = None
        self._after_end: Any = None  # whose turn it is after the end of a worker, by way of the hub
        self._os_thread = get_ident()
        self._error: BaseException | None = None
        self._alarm = allocate_lock()
        self._alarm.acquire()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def run(self, program: Callable[[], object]) -> Any:
        """Run a program as the main task, until all tasks have ended; what it returned.

        Raises PropertyViolated if that cannot happen any more: a deadlock, told with who waits for
        what; the sleepers are still there to be looked at, until `close`. Raises what the program
        raises, unless `failures` are kept.
        """
        self._hub = getcurrent()
        self._os_thread = get_ident()
        before = activate(self)
        returned: list[Any] = []

        def main() -> object:
            returned.append(program())
            return returned[0]

        try:
            self._main = self.spawn(MainBody(main)).number
            while self._awaited:
                if self.aborted:
                    raise TaskKilled
                following, self._after_end = self._after_end or self._next(), None
                if following is not self._hub:
                    following.switch()
                elif self._ready:
                    # Here and nowhere else: a greenlet counts its calls from where it was started.
                    greenlet(self._work, self._hub).switch()
                elif self._timers:
                    self._let_time_pass()
                else:
                    raise PropertyViolated("\n".join(self._deadlock()))
                self._running = None
        finally:
            activate(before)
            self._running = None
        if self._error is not None:
            raise self._error
        result = returned[0] if returned else None
        return None if type(result) is GeneratorType else result

    def _let_time_pass(self) -> None:
        try:
            self._alarm.acquire(timeout=min(self._timers.until_next(), HEED))
        except KeyboardInterrupt as interrupt:
            asleep = self._parked.get(self._main)
            if asleep is None:
                raise
            self._tasks[self._main].error = interrupt
            asleep.release()

    def _deadlock(self) -> list[str]:
        return [f"deadlock: {NOBODY_CAN_WAKE}", *who_waits(self.live(), self.blocked())]

    # ------------------------------------------------------------------ whose turn it is

    def _next(self, free: Any = None) -> Any:
        """The greenlet to go on in: the longest ready task's, a free worker, or the hub.

        A worker that goes on takes the task at the head of the line from there.
        """
        if self._timers:
            for sleeper in self._timers.run_out():
                sleeper.run_out()
        if not self._ready or not self._awaited or self.aborted:
            return self._hub
        worker = self._ready[0].worker
        if worker is not None:
            self._ready.popleft()
            return worker
        return free or (self._spare.pop() if self._spare else self._hub)

    def _work(self) -> None:
        """The life of a worker; it begins when a task is at the head of the line that has none."""
        here = getcurrent()
        while True:
            task = self._ready.popleft()
            self._running = task
            self._go_on(task, here)
            following = self._next(here)
            if following is here:
                continue
            if len(self._spare) >= SPARE:
                self._after_end = following
                return
            self._spare.append(here)
            following.switch()

    def _go_on(self, task: Coroutine, here: Any) -> None:
        """Run a task from its beginning, or from a `yield`, to its end or to its next `yield`."""
        here.gr_context = task.context  # those of the task before are not this one's
        code = 1
        try:
            if task.body is not None:
                body, task.body = task.body, None
                task.code = code_of(body, body.run())
            if task.code is not None and resumed(task.code):
                task.context = here.gr_context
                self._ready.append(task)
                return
            code = 0
        except KeyboardInterrupt:
            self._ended(task, code)
            raise  # in the hub: it ends the run
        except BaseException as error:
            self._raised(task, error)
        self._ended(task, code)

    def _raised(self, task: Coroutine, error: BaseException) -> None:
        if self.caught(task.name, error):
            return
        if task.number == self._main:
            self._error = error
        elif not isinstance(error, SystemExit):
            traceback.print_exception(error)

    def _ended(self, task: Coroutine, code: int) -> None:
        task.code = None
        task.end.state = code
        self.wake_lane(task.end, 0, EVERYONE)
        if self._tasks.pop(task.number, None) is not None and not task.daemon:
            self._awaited -= 1

    def _give_way(self, task: Coroutine) -> None:
        """Let others go on, from the running task's own greenlet; comes back on its turn."""
        task.worker = getcurrent()
        try:
            self._next().switch()
        finally:
            task.worker = None
            self._running = task
        if task.error is not None:
            error, task.error = task.error, None
            raise error

    # ------------------------------------------------------------------ what the monitor asks for

    def cell(
        self, state: Any, beside: Any = None, shared: bool = True, of: type | None = None
    ) -> LanedCell:
        return LanedCell(state, self._label(of))

    def enter(self, cell: LanedCell) -> None:
        pass

    def leave(self, cell: LanedCell) -> None:
        pass

    def park(
        self, operation: Operation, task: int, lane: Lane | None, deadline: float | None
    ) -> bool:
        me = self._tasks[task]
        timers = None if deadline is None else self._timers
        cell: LanedCell = operation.cells[0 if lane is None else lane.position]
        sleeper = CoroutineSleeper(me, self._ready, timers, cell, operation)
        self._link(sleeper, lane)
        if deadline is not None:
            self._timers.set(deadline, sleeper)
        try:
            self._give_way(me)
        except BaseException:
            self._disturbed(sleeper, lane)
            if not sleeper.due:
                sleeper.forget_time()
            raise
        finally:
            del self._parked[task]
        return self._woken(sleeper, lane)

    def abort(self) -> None:
        self.aborted = True
        with suppress(RuntimeError):  # it has rung already
            self._alarm.release()

    def current(self) -> int:
        running = self._running
        if running is None or get_ident() != self._os_thread:
            raise Misuse(
                "an object of coroutines was used from outside them: they live in one OS thread, "
                "and no longer than their run. Let a verify.Thread use it, or run the program with "
                "`verify stress --on threads`"
            )
        return running.number

    @property
    def running(self) -> int:
        """The task that is running, for whoever watches from another thread; -1 if none is."""
        running = self._running
        return -1 if running is None else running.number

    def live(self) -> dict[int, str]:
        return {task.number: task.name for task in self._tasks.copy().values()}

    def spawn(self, body: Body) -> TaskHandle:
        if self.aborted:
            raise TaskKilled
        if body.process:
            self.refusal = (
                f"{body.name} is a Process, and coroutines are tasks of one process alone: make it "
                "a Thread, or run the program with `verify stress --on processes`"
            )
            raise Misuse(self.refusal)
        task = Coroutine(self._started, body)
        self._started += 1
        self._tasks[task.number] = task
        self._awaited += not task.daemon
        self._ready.append(task)
        return task

    def join(self, task: TaskHandle, timeout: float | None = None) -> bool:
        assert isinstance(task, Coroutine)
        joined: bool = self.call(JOIN, task.end, task.number, True, timeout)
        return joined

    def alive(self, task: TaskHandle) -> bool:
        assert isinstance(task, Coroutine)
        return task.end.state is ALIVE

    def exit_code(self, task: TaskHandle) -> int | None:
        return None

    def sleep(self, seconds: float) -> None:
        if seconds != 0:
            super().sleep(seconds)
            return
        if self.aborted:
            raise TaskKilled
        me = self._tasks[self.current()]
        self._ready.append(me)
        self._give_way(me)

    # ------------------------------------------------------------------ the end

    def tasks(self) -> list[Coroutine]:
        """The tasks that have not ended, in the order of their numbers."""
        return list(self._tasks.copy().values())

    def close(self) -> list[str]:
        """Unwind who is left; the names of those who do not end. In the thread of the run."""
        self.aborted = True
        self.before_operation = None
        self._hub = getcurrent()
        before = activate(self)  # for objects that are created on the way out
        for task in self.tasks():
            for _ in range(STUBBORN):
                if task.end.state is ALIVE:
                    self._unwind(task)
        self._running = None
        activate(before)
        for worker in self._spare:
            worker.throw()
        self._spare.clear()
        # What is known of a thread's greenlets beyond its end, greenlet looks for among all objects
        # that there are.
        self._hub = self._after_end = None
        return list(self.live().values())

    def _unwind(self, task: Coroutine) -> None:
        self._running = task
        if task.worker is not None:
            task.worker.throw(TaskKilled)
        else:
            try:
                if task.code is not None:
                    task.code.throw(TaskKilled)
                    return
            except (TaskKilled, StopIteration):
                pass
            except BaseException as error:
                self._raised(task, error)
            self._ended(task, 1)
