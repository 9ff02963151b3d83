"""The host: a process that carries the main task of run after run, and is the root of its tasks.

The runner forks it, so that whatever a program does to the process that it runs in, the runner
stays able to end it. In call order:

    main      asked for a run, carries it out, sends what came of it, until nobody asks any more
    _carry    the program as the main task, then those that it has not joined, then the invariants
    _watch    (a thread) looks at all tasks; on a hang gathers the account and ends the run
    _ask_for_stacks   every process writes its own stack when it gets STACK_SIGNAL

Ending is `abort`, and TaskKilled raised in the main task by a signal, wherever it is; closing the
scheduler then kills who is left. If that takes longer than FAREWELL, the host sends its account
and kills itself, which takes all others with it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from verify.errors import Misuse, TaskKilled
from verify.operation import Kind, States
from verify.scheduling import process_monitor
from verify.scheduling.arena import NotPassedOn
from verify.scheduling.main_body import MainBody
from verify.scheduling.monitor import Blocked
from verify.scheduling.process_cell import SharedCell
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import Body, TaskHandle, activate, run_to_end
from verify.stressing.gate import Gate, Plan
from verify.stressing.guided import Guided
from verify.stressing.mailbox import Mailbox, SharedCounts
from verify.stressing.noting import Noting
from verify.stressing.perturbation import Perturbation
from verify.stressing.posting import PostedAccount, SharedMoments
from verify.stressing.process_end import ended_within
from verify.stressing.report import Run
from verify.stressing.shared_turns import SharedTurns
from verify.stressing.stacks import user_stack
from verify.stressing.watchdog import LOOK, Watchdog, describe

STACK_SIGNAL = signal.SIGUSR2
FAREWELL = 1.0
"""Seconds that the main task has to unwind when it is ended."""
ANSWER = 0.5
"""Seconds that the processes have to write their stacks."""
A_DEATH = "a process of it died"
SETTLE = 2 * process_monitor.LOOK
"""Seconds for which all must be parked: by then each has looked whether somebody died."""


class RunScheduler(Noting, ProcessScheduler):
    """The scheduler of one run: what its tasks are and did is left where the host finds it."""

    account: PostedAccount

    def __init__(
        self, seed: int, counts: SharedCounts, moments: SharedMoments, mailbox: Mailbox
    ) -> None:
        super().__init__(seed)
        self.account = PostedAccount(moments, mailbox, self._arena)
        self.failures = []
        self.main = self.current()
        self._counts = counts
        self._mailbox = mailbox
        counts[self.main] = 0

    def spawn(self, body: Body) -> TaskHandle:
        try:
            task = super().spawn(body)
        except Misuse as refusal:
            self.refusal = str(refusal)
            raise
        if body.daemon:
            self._mailbox.post("daemon", task.number)
        return task

    def _carry_out(
        self, kind: Kind, cells: tuple[Any, ...], argument: Any, states: States, task: int
    ) -> Any:
        try:
            return super()._carry_out(kind, cells, argument, states, task)
        except NotPassedOn as refusal:
            self._mailbox.post("refusal", task, str(refusal))
            raise

    def _run(self, body: Body) -> int:
        try:
            return super()._run(body)
        finally:
            self.post_count(body.name)

    def _write_end(self, end: SharedCell, code: int) -> None:
        self.account.ended(end)  # here, under the guard: many may want to write it, and one does
        super()._write_end(end, code)

    def post_count(self, name: str) -> None:
        """The calling task has come to the end of its code."""
        number = self.current()
        self._mailbox.post("count", number, name, self._counts[number])

    def await_others(self) -> None:
        """Sleep until every task has ended that is no daemon, whoever started it."""
        while True:
            daemons = {task for what, task, *_ in self._mailbox.messages() if what == "daemon"}
            left = self.living().keys() - daemons - {self.main}
            if not left:
                return
            pid = self.pid(min(left))
            if pid:  # else it is being started
                ended_within(pid, None)


class GuidedRunScheduler(Guided, RunScheduler):
    """The same of a run that does what a plan says."""

    def __init__(
        self,
        seed: int,
        counts: SharedCounts,
        moments: SharedMoments,
        mailbox: Mailbox,
        gate: Gate,
    ) -> None:
        super().__init__(seed, counts, moments, mailbox)
        self.gate = gate
        self._path: tuple[int, ...] = ()
        self._whose = self.main  # whose path it is: a new process has its parent's
        self._children_begun = 0

    def path(self, task: int) -> tuple[int, ...]:
        if task != self._whose:
            self._path = (*self._path, self._children_begun)
            self._whose, self._children_begun = task, 0
        return self._path

    def spawn(self, body: Body) -> TaskHandle:
        self.path(self.current())
        self._children_begun += 1
        return super().spawn(body)


class Host:
    """The process that carries runs; created in the runner, `main` runs in the fork."""

    def __init__(
        self,
        program: Callable[[], object],
        seed: int,
        patience: float,
        connection: Connection,
        other_end: Connection,
    ) -> None:
        self._program = program
        self._seed = seed
        self._patience = patience
        self._connection = connection
        self._other_end = other_end
        self._counts = SharedCounts()
        self._mailbox = Mailbox()
        self._moments = SharedMoments()
        self._interruptible = False
        self._main_ended = False
        self._parked: list[Blocked] = []  # when the run hung

    def main(self) -> int:
        """Runs, one for each number and plan that come through the connection."""
        self._other_end.close()  # else nobody would notice when the runner closes its own
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the runner decides what Ctrl-C means
        signal.signal(signal.SIGTERM, self._interrupt)
        signal.signal(STACK_SIGNAL, self._post_stack)
        warnings.filterwarnings("ignore", r".*fork\(\)", DeprecationWarning)
        while True:
            try:
                number, plan = self._connection.recv()
            except EOFError:
                return 0
            try:
                run = self._carry(number, plan)
            except BaseException:
                traceback.print_exc()
                raise
            try:
                self._connection.send(run)
            except ConnectionError:  # the runner has been killed: nobody wants to know any more
                return 0

    def close(self) -> None:
        """In the runner: give back what the fork has inherited."""
        self._counts.close()
        self._moments.close()
        self._mailbox.close()

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._interruptible:
            self._interruptible = False
            raise TaskKilled

    def _post_stack(self, number: int, frame: FrameType | None) -> None:
        self._mailbox.post("stack", os.getpid(), user_stack(frame))

    def _carry(self, number: int, plan: Plan | None) -> Run:
        run = Run()
        self._mailbox.empty()
        self._main_ended = False
        self._parked = []
        turns = None if plan is None else SharedTurns(len(plan), self._mailbox)
        scheduler = self._scheduler(hash((self._seed, number)), plan, turns)
        perturbation = Perturbation(self._seed, number, scheduler.current, self._counts)
        scheduler.before_operation = perturbation.before_operation
        over = threading.Event()
        watching = threading.Thread(target=self._watch, args=(scheduler, run, over), daemon=True)
        watching.start()
        before = activate(scheduler)
        try:
            try:
                self._interruptible = True
                self._main_task(scheduler)
            finally:  # the signal may come here, too: it must not get further than the next clause
                self._interruptible = False
        except TaskKilled:  # by a verdict, else by the runner
            scheduler.abort()
            run.cut = not run.hang
        finally:
            activate(before)
        over.set()
        watching.join()
        self._collect(scheduler, run)
        scheduler.close()
        if turns is not None:
            turns.close()
        return run

    def _scheduler(self, seed: int, plan: Plan | None, turns: SharedTurns | None) -> RunScheduler:
        shared = self._counts, self._moments, self._mailbox
        if plan is None or turns is None:
            return RunScheduler(seed, *shared)
        gate = Gate(plan, turns, self._patience / 2)  # it says more than the watchdog
        return GuidedRunScheduler(seed, *shared, gate)

    def _main_task(self, scheduler: RunScheduler) -> None:
        try:
            run_to_end(MainBody(self._program), partial(scheduler.sleep, 0))
        except TaskKilled:
            raise
        except BaseException as error:
            if not scheduler.caught("main", error) and not isinstance(error, SystemExit):
                raise
        scheduler.post_count("main")
        scheduler.before_operation = None
        self._main_ended = True
        scheduler.await_others()
        try:
            scheduler.check_invariants()
        except Exception as error:
            scheduler.caught("main", error)

    def _collect(self, scheduler: RunScheduler, run: Run) -> None:
        """Failures and counts: of those who have ended, then of those who are about to be."""
        run.failures[:0] = scheduler.failures or ()
        run.refusal = scheduler.refusal
        posted = set()
        for what, task, *message in self._mailbox.messages():
            if what == "count":
                posted.add(task)
                name, count = message
                run.operations[name] += count
            elif what == "refusal":
                (run.refusal,) = message
            elif what == "unforced":
                (why,) = message
                run.unforced = run.unforced or why
        for task, name in scheduler.living().items():
            if task not in posted:
                run.operations[name] += self._counts[task]
        if isinstance(scheduler, GuidedRunScheduler):
            run.unforced = run.unforced or scheduler.gate.missing
        run.account = scheduler.account.read()
        run.account.hanging(self._parked)
        if scheduler.anybody_died():
            run.account.look(A_DEATH)

    def _watch(self, scheduler: RunScheduler, run: Run, over: threading.Event) -> None:
        watchdog = Watchdog(self._patience, SETTLE)
        while not over.wait(LOOK):
            living = scheduler.living()
            if self._main_ended:
                del living[scheduler.main]
            blocked = scheduler.blocked()
            counts = {task: self._counts[task] for task in living}
            verdict = watchdog.look(living, blocked, counts)
            if verdict:
                self._parked = blocked
                account = describe(living, blocked, self._ask_for_stacks(scheduler, living))
                run.hanging(verdict, watchdog.message(verdict), account)
                scheduler.abort()
                os.kill(os.getpid(), signal.SIGTERM)
                if not over.wait(FAREWELL):
                    run.stuck.append("main")
                    run.account = scheduler.account.read()
                    self._connection.send(run)
                    os.kill(os.getpid(), signal.SIGKILL)
                return

    def _ask_for_stacks(self, scheduler: RunScheduler, living: dict[int, str]) -> dict[int, str]:
        """The stacks of all that answer in time; no answer is an answer, too."""
        pids = {task: scheduler.pid(task) for task in living}
        awaited = {pid for pid in pids.values() if pid}
        for pid in awaited - {os.getpid()}:
            os.kill(pid, STACK_SIGNAL)
        stacks = {
            os.getpid(): user_stack(sys._current_frames()[threading.main_thread().ident or 0])
        }
        until = time.monotonic() + ANSWER
        while awaited - stacks.keys() and time.monotonic() < until:
            time.sleep(LOOK / 10)
            found = self._mailbox.messages()
            stacks.update((pid, stack) for what, pid, stack, *_ in found if what == "stack")
        silent = "  (no answer: inside a call that Python cannot interrupt)"
        return {task: stacks.get(pid, silent) for task, pid in pids.items()}
