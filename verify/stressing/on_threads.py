"""Stress on OS threads: each run has a scheduler of its own, so that nothing leaks into the next.

    run     starts the program as the main task, watches until every task that counts has ended
    _watch  waits for one of them at a time, and looks at all of them in between
    _end    ends who is left: daemons, and everybody after a hang

Ending is polite first: `abort` wakes who is parked, and whoever asks for an operation is unwound.
A task that asks for none, a loop, has the same exception raised in it by the interpreter. A call
that really blocks is reached by neither: such a thread is left, named in the report, and does not
keep the interpreter from ending.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable

from verify.errors import TaskKilled
from verify.scheduling.main_body import MainBody
from verify.scheduling.monitor import Blocked, TaskFailure
from verify.scheduling.scheduler import Body, TaskHandle
from verify.scheduling.threads import ThreadScheduler, ThreadTask
from verify.stressing.gate import Gate, Plan, ThreadTurns
from verify.stressing.guided import Guided
from verify.stressing.noting import Noting
from verify.stressing.perturbation import Perturbation
from verify.stressing.report import Run
from verify.stressing.stacks import user_stack
from verify.stressing.watchdog import LOOK, PATIENCE, Watchdog, describe

SWITCH_INTERVAL = 1e-5
"""Seconds after which the interpreter lets another thread run; its own default is 5e-3."""
FAREWELL = 0.5
"""Seconds that tasks have to unwind when they are ended."""


class RunScheduler(Noting, ThreadScheduler):
    """The scheduler of one run: remembers all tasks, and where their failures are put."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, disposable=True)
        self.failures: list[TaskFailure] = []
        self.tasks: list[ThreadTask] = []

    def spawn(self, body: Body) -> TaskHandle:
        task = super().spawn(body)
        assert isinstance(task, ThreadTask)
        self.tasks.append(task)
        return task


class GuidedRunScheduler(Guided, RunScheduler):
    """The same of a run that does what a plan says."""

    def __init__(self, seed: int, plan: Plan, limit: float) -> None:
        super().__init__(seed)
        self.turns = ThreadTurns(len(plan))
        self.gate = Gate(plan, self.turns, limit)
        self._paths: dict[int, tuple[int, ...]] = {}
        self._births = threading.Lock()  # whose a task is, is noted when it may have begun

    def path(self, task: int) -> tuple[int, ...]:
        if task not in self._paths:
            with self._births:
                self._paths[task] = self.account.path(task)
        return self._paths[task]

    def spawn(self, body: Body) -> TaskHandle:
        with self._births:
            return super().spawn(body)


class OnThreads:
    """Carries runs on OS threads."""

    def __init__(
        self,
        program: Callable[[], object],
        seed: int,
        patience: float = PATIENCE,
    ) -> None:
        self._program = program
        self._seed = seed
        self._patience = patience
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)

    def close(self) -> None:
        """Give the interpreter its own settings back."""
        sys.setswitchinterval(self._interval)

    def run(self, number: int, over: Callable[[], bool], plan: Plan | None = None) -> Run:
        """Run the program once, by a plan if there is one; `over` is asked while it goes on, and
        ends it by force."""
        others = set(threading.enumerate())
        scheduler = self._scheduler(hash((self._seed, number)), plan)
        counts: dict[int, int] = {}
        perturbation = Perturbation(self._seed, number, scheduler.current, counts)
        scheduler.before_operation = perturbation.before_operation
        run = Run()
        scheduler.spawn(MainBody(self._program))
        watchdog = Watchdog(self._patience)
        try:
            verdict = self._watch(watchdog, scheduler, counts, others, over)
        except BaseException:
            _end(scheduler)
            raise
        scheduler.before_operation = None
        if not verdict:
            _check_invariants(scheduler)
        run.failures += scheduler.failures
        if verdict == "cut":
            run.cut = True
        elif verdict:
            blocked = scheduler.blocked()
            run.hanging(verdict, watchdog.message(verdict), _described(scheduler, blocked))
            scheduler.account.hanging(blocked)
        run.account = scheduler.account
        if isinstance(scheduler, GuidedRunScheduler):
            run.unforced = scheduler.turns.refusal or scheduler.gate.missing
        run.refusal = scheduler.refusal
        run.stuck = _end(scheduler)
        for task in scheduler.tasks:
            run.operations[task.name] += counts.get(task.number, 0)
        return run

    def _scheduler(self, seed: int, plan: Plan | None) -> RunScheduler:
        if plan is None:
            return RunScheduler(seed)
        return GuidedRunScheduler(seed, plan, self._patience / 2)  # it says more than the watchdog

    def _watch(
        self,
        watchdog: Watchdog,
        scheduler: RunScheduler,
        counts: dict[int, int],
        others: set[threading.Thread],
        over: Callable[[], bool],
    ) -> str:
        """Until the run has ended (""), or what must be said about it."""
        while True:
            tasks = scheduler.started.copy()
            awaited = next((task for task in tasks if not task.daemon), None)
            if awaited is None:
                return ""
            awaited.thread.join(LOOK)
            if not awaited.thread.is_alive():
                continue
            if over():
                return "cut"
            tasks = scheduler.started.copy()
            strangers = set(threading.enumerate()) - others - {task.thread for task in tasks}
            live = [task.number for task in tasks]
            verdict = watchdog.look(live, scheduler.blocked(), counts.copy(), bool(strangers))
            if verdict:
                return verdict


def _described(scheduler: RunScheduler, blocked: list[Blocked]) -> str:
    tasks = scheduler.started.copy()
    frames = sys._current_frames()
    stacks: dict[int, str] = {}
    for task in tasks:
        stacks[task.number] = user_stack(frames.get(task.thread.ident or 0))
    return describe({task.number: task.name for task in tasks}, blocked, stacks)


def _check_invariants(scheduler: RunScheduler) -> None:
    try:
        scheduler.check_invariants()
    except Exception as error:
        scheduler.caught("main", error)


def _end(scheduler: RunScheduler) -> list[str]:
    """End every task that is left; the names of those that cannot be."""
    if scheduler.started:
        scheduler.abort()
        _join(scheduler)
        for task in scheduler.started.copy():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(task.thread.ident or 0), ctypes.py_object(TaskKilled)
            )
    return _join(scheduler)


def _join(scheduler: RunScheduler) -> list[str]:
    until = time.monotonic() + FAREWELL
    for task in scheduler.tasks:
        task.thread.join(max(0.0, until - time.monotonic()))
    return [task.name for task in scheduler.tasks if task.thread.is_alive()]
