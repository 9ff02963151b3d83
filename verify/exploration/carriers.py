"""Carriers: the greenlets on which the memoised engine runs the code of tasks.

    start   takes a run's code up to its first operation
    go_on   takes it on to the next one
    park    (in the greenlet) goes back to whoever started the run or let it go on
    kill    unwinds a run's code wherever it stands
    close   ends those that wait for a run

They come from a pool, because a fresh one costs ten times more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import greenlet

from verify.errors import TaskKilled
from verify.exploration.immutable import Open
from verify.exploration.looks import Looks
from verify.exploration.requests import End, Known, Request
from verify.operation import Operation, carry_out
from verify.scheduling.explored_task import BLOCKING, ExploredCell
from verify.scheduling.failing import failure_of, is_failure
from verify.scheduling.life import CHOOSE
from verify.scheduling.scheduler import Body, run_on


class Run:
    """A greenlet that runs the code of one task along one history."""

    def __init__(self, root: Request, body: Body) -> None:
        self.root = root
        self.task = root.task
        self.body = body
        self.name = body.name
        self.at: Request | None = None
        self.carrier: Any = None
        self.feed: list[Request] = []  # the history that it is led along, from the root
        self.fed = 0
        self.result: Any = None
        self.error: Exception | None = None
        self.asked: Operation | None = None
        self.mode = BLOCKING
        self.options = 1
        self.body_asked: Body | None = None
        self.created: list[tuple[int, Any]] = []
        self.objects = 0
        self.children = 0
        self.bodies: list[Body] = []  # what it has started
        self.names_used: dict[str, int] = {}
        self.end: End | None = None
        self.fault: BaseException | None = None
        self.offered: Sequence[Any] = ()  # the options of its latest choice, made by this very run
        self.looks = Looks()
        self.met: Any = None  # what it knows of plain data: plain_cells.py

    def answer(self, step: Known) -> tuple[Any, Exception | None]:
        """What the code gets back from an operation: a result or an error."""
        self.looks.add(step)
        if step.request.kind is CHOOSE:
            return self.offered[step.option], None
        effect = step.effect
        if effect.error is None:
            return effect.result, None
        # One of its own, as always: code that catches an exception may write on it.
        request = step.request
        again = carry_out(request.kind, effect.before, request.task, request.argument)
        return again.result, again.error


class Started:
    """A task as its starter sees it."""

    def __init__(self, number: int, name: str, end: ExploredCell) -> None:
        self.number = number
        self.name = name
        self.end = end


class Carriers:
    """Runs code, one run at a time; `current` is which."""

    def __init__(self) -> None:
        self.current: Run | None = None
        self.killing = False
        self._hub: Any = None
        self._pool: list[Any] = []

    def start(self, run: Run) -> None:
        """Run code from its beginning until it asks for an operation or ends."""
        run.carrier = self._pool.pop() if self._pool else greenlet.greenlet(self._carry)
        self._switch(run, run)

    def go_on(self, run: Run) -> None:
        """Let code go on with the result that its run holds."""
        self._switch(run)

    def park(self) -> None:
        """Leave the code that is running where it is; returns when it goes on."""
        self._hub.switch()

    def kill(self, run: Run) -> None:
        """End a run's code; it can perform no operation any more."""
        hub, self._hub = self._hub, greenlet.getcurrent()
        self.killing = True
        for _ in range(1000):
            if run.end is not None:
                break
            run.carrier.throw(TaskKilled)
        self.killing = False
        self._hub = hub

    def close(self) -> None:
        """End the greenlets in the pool: what their stacks hold, no garbage collection can see."""
        while self._pool:
            self._pool.pop().throw()

    def _switch(self, run: Run, *arguments: Any) -> None:
        before, self.current = self.current, run
        hub, self._hub = self._hub, greenlet.getcurrent()
        run.asked = None
        run.carrier.switch(*arguments)
        self.current, self._hub = before, hub

    def _carry(self, run: Run) -> None:
        """The life of a pooled greenlet: one run after another."""
        while True:
            carrier = run.carrier
            carrier.gr_context = None  # contextvars of the run before are not this one's
            run.end = self._carried(run)
            self._pool.append(carrier)
            run = self._hub.switch()

    def _carried(self, run: Run) -> End:
        code = 0
        try:
            left = run.body.run()
            if left is not None:  # most bodies leave nothing
                run_on(run.body, left)
        except TaskKilled:
            code = -9
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Open as fault:
            run.fault = fault
        except BaseException as error:
            if is_failure(error):
                failure = failure_of(error, run.task, 0)
                return End(1, failure.kind, failure.message, failure.place)
            run.fault = error
        return End(code, "", "", None)
