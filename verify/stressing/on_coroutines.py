"""Stress as coroutines: each run has a scheduler of its own, in an OS thread of its own.

    run      starts the thread, watches until it has ended
    _carry   (there) the program, the invariants, what came of it; unwinds who is left
    _end     ends a run by force: as on threads, by `abort`, then by an exception

The runner's thread only watches, since whoever computes for ever, or blocks in a call that is not
the harness's, stops all coroutines. A deadlock the scheduler notices by itself.

Coroutines are never interrupted: a disturbance of the timing is that a task lets others go first.
The same seed gives the same run again, unless the program lets real time pass.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

from verify.errors import PropertyViolated, TaskKilled
from verify.scheduling.coroutines import CoroutineScheduler
from verify.scheduling.monitor import TaskFailure
from verify.scheduling.scheduler import Body, TaskHandle
from verify.scheduling.standstill import NOBODY_CAN_WAKE
from verify.stressing.gate import Plan
from verify.stressing.noting import Account, Noting
from verify.stressing.perturbation import LONGEST, Perturbation
from verify.stressing.report import Run
from verify.stressing.stacks import user_stack
from verify.stressing.watchdog import LOOK, PATIENCE, Watchdog, describe

FAREWELL = 0.5
"""Seconds that tasks have to unwind when they are ended."""
ROUNDS = 3
"""How often a task lets the others go first where on threads it would sleep for LONGEST."""


class RunScheduler(Noting, CoroutineScheduler):
    """The scheduler of one run: remembers the names of all tasks."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.failures: list[TaskFailure] = []
        self.names: dict[int, str] = {}

    def spawn(self, body: Body) -> TaskHandle:
        task = super().spawn(body)
        self.names[task.number] = task.name
        return task

    def pause(self, seconds: float) -> None:
        """Let others go first, the more often the longer the disturbance shall be."""
        for _ in range(1 + int(seconds / LONGEST * ROUNDS)):
            self.sleep(0)


class OnCoroutines:
    """Carries runs as coroutines."""

    def __init__(
        self,
        program: Callable[[], object],
        seed: int,
        patience: float = PATIENCE,
    ) -> None:
        self._program = program
        self._seed = seed
        self._patience = patience

    def close(self) -> None:
        """Nothing is kept from run to run."""

    def run(self, number: int, over: Callable[[], bool], plan: Plan | None = None) -> Run:
        """Run the program once; `over` is asked while it goes on, and ends it by force.

        There is never a plan: who waits at a gate would stop all others.
        """
        scheduler = RunScheduler(hash((self._seed, number)))
        counts: dict[int, int] = {}
        perturbation = Perturbation(self._seed, number, scheduler.current, counts, scheduler.pause)
        scheduler.before_operation = perturbation.before_operation
        run = Run()
        carrying = threading.Thread(target=self._carry, args=(scheduler, run), daemon=True)
        carrying.start()
        watchdog = Watchdog(self._patience)
        try:
            verdict = self._watch(watchdog, scheduler, carrying, counts, over)
        except BaseException:
            _end(scheduler, carrying)
            raise
        if verdict:
            run.cut = verdict == "cut"
            if not run.cut:
                _hangs(run, verdict, watchdog.message(verdict), scheduler, carrying)
            run.stuck += _end(scheduler, carrying)
        run.refusal = scheduler.refusal
        for task, name in scheduler.names.items():
            run.operations[name] += counts.get(task, 0)
        return run

    def _watch(
        self,
        watchdog: Watchdog,
        scheduler: RunScheduler,
        carrying: threading.Thread,
        counts: dict[int, int],
        over: Callable[[], bool],
    ) -> str:
        """Until the run has ended (""), or what must be said about it.

        Who is parked matters only while nobody moves, and there may be 100 000 to be looked at.
        """
        before: dict[int, int] = {}
        while True:
            carrying.join(LOOK)
            if not carrying.is_alive():
                return ""
            if over():
                return "cut"
            now = counts.copy()
            blocked = scheduler.blocked() if now == before else []
            before = now
            if watchdog.look((), blocked, now) == "hang":
                return "hang"

    def _carry(self, scheduler: RunScheduler, run: Run) -> None:
        try:
            with suppress(SystemExit, TaskKilled):  # main may exit; the watching thread may end it
                run.account = scheduler.account
                scheduler.run(self._program)
                scheduler.before_operation = None
                scheduler.account = Account()  # what follows is no part of it
                scheduler.run(scheduler.check_invariants)
            run.failures += scheduler.failures
        except PropertyViolated:
            run.failures += scheduler.failures
            _hangs(run, "deadlock", NOBODY_CAN_WAKE, scheduler, None)
        finally:
            run.stuck += scheduler.close()


def _hangs(
    run: Run,
    verdict: str,
    message: str,
    scheduler: RunScheduler,
    carrying: threading.Thread | None,
) -> None:
    """Tell who waits for whom; and where everybody stands who has begun."""
    stacks = {}
    for task in scheduler.tasks():
        frame = task.frame
        if task.number == scheduler.running and carrying is not None:
            frame = sys._current_frames().get(carrying.ident or 0)
        if frame is not None:
            stacks[task.number] = user_stack(frame)
    blocked = scheduler.blocked()
    run.hanging(verdict, message, describe(scheduler.live(), blocked, stacks))
    scheduler.account.hanging(blocked)


def _end(scheduler: RunScheduler, carrying: threading.Thread) -> list[str]:
    """End the run; the name of the task that cannot be ended."""
    scheduler.abort()
    carrying.join(FAREWELL)
    if carrying.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(carrying.ident or 0), ctypes.py_object(TaskKilled)
        )
        carrying.join(FAREWELL)
    if not carrying.is_alive():
        return []
    return [scheduler.names.get(scheduler.running, "main")]
