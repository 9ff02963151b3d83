"""Workers: processes that explore the subtrees of one search, on all cores.

They are forked from the search when it has turned out to be long, so each has the program, and all
that has been learnt of it, and needs no name to find it by. One task at a time goes to each over a
pipe, and what came of it comes back (encoding.py); whoever is done first gets the next one. Which
tasks there are and what counts first is the frontier's business, and does not depend on them.

    Crew.ask     hands a task over, or lines it up until somebody is free
    Crew.answer  waits for what came of a task; one whose worker has died goes to another
    serve        the worker's side
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from verify.errors import InternalFault
from verify.exploration.encoding import Message, Receiver, Sender
from verify.exploration.frontier import Task
from verify.exploration.subtree import Cut
from verify.scheduling.naming import Names

GONE_HOME = 93
"""The exit code of a worker that has told why it has nothing more to do."""
PR_SET_PDEATHSIG = 1
"""Of prctl(2)."""
MOST_DEATHS = 3
"""Workers that one task may cost: the fourth would die of it as well."""


class Explorers(Protocol):
    """Those who explore the tasks of one search."""

    def numbers(self) -> Collection[int]:
        """The numbers of their processes, of those on this machine."""

    def ask(self, task: Task) -> None:
        """Have a task explored."""

    def answer(self, task: Task, timeout: float) -> tuple[list[Cut], Any, Receiver] | None:
        """What came of a task; None if that is not known within so many seconds."""


class _Worker:
    """One process, as the search sees it."""

    def __init__(self, names: Names, serve: Callable[[Connection], None], others: list[Connection]):
        context = get_context("fork")
        self.connection, theirs = context.Pipe()
        self.sender, self.receiver = Sender(names), Receiver(names)
        self.task: Task | None = None
        self.process = context.Process(
            target=_run, args=(serve, theirs, [*others, self.connection]), daemon=True
        )
        self.process.start()
        theirs.close()


def _run(serve: Callable[[Connection], None], mine: Connection, others: list[Connection]) -> None:
    """The process: nobody's output, nobody's terminal, and no end of another's pipe."""
    _end_with_the_search()
    for connection in others:
        connection.close()
    os.setpgrp()  # Ctrl-C at the terminal is the search's business
    with suppress(EOFError, OSError):
        serve(mine)
    os._exit(GONE_HOME)


def _end_with_the_search() -> None:
    """Whoever waits for a task learns by the pipe that the search is gone; where a system can, it
    also ends one that is in the middle of a task, and may never look up."""
    if sys.platform == "linux":
        import ctypes  # here: most searches have no workers

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL.value)


class Crew:
    """The workers of one search."""

    def __init__(self, names: Names, count: int, serve: Callable[[Connection], None]) -> None:
        self._names = names
        self._serve = serve
        self._workers: list[_Worker] = []
        self._waiting: deque[Task] = deque()
        self._answers: dict[int, tuple[list[Cut], Any, Receiver]] = {}
        self._deaths: dict[int, int] = {}
        self._count = count

    def numbers(self) -> list[int]:
        """The numbers of their processes."""
        return [worker.process.pid for worker in self._workers if worker.process.pid is not None]

    def start(self) -> None:
        """Have them come."""
        while len(self._workers) < self._count:
            self._add()

    def _add(self) -> None:
        others = [worker.connection for worker in self._workers]
        self._workers.append(_Worker(self._names, self._serve, others))

    def ask(self, task: Task) -> None:
        """Have a task explored."""
        self._waiting.append(task)
        self._hand_out()

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.task is None and self._waiting:
                worker.task = self._waiting.popleft()
                with suppress(OSError):  # it has died: that will be noticed
                    worker.connection.send(worker.sender.task(worker.task))

    def answer(self, task: Task, timeout: float) -> tuple[list[Cut], Any, Receiver] | None:
        """What came of a task; None if that is not known within so many seconds."""
        if id(task) not in self._answers:
            self._listen(timeout)
        return self._answers.pop(id(task), None)

    def _listen(self, timeout: float) -> None:
        by_connection = {worker.connection: worker for worker in self._workers}
        for connection in wait(list(by_connection), timeout):
            assert isinstance(connection, Connection)
            worker = by_connection[connection]
            try:
                message: Message = connection.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            cuts, beside = worker.receiver.cuts(message)
            self._answers[id(worker.task)] = cuts, beside, worker.receiver
            worker.task = None
        self._hand_out()

    def _bury(self, worker: _Worker) -> None:
        """A worker has died: another takes its place, and its task."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        task = worker.task
        if task is not None and worker.process.exitcode == GONE_HOME:
            self._waiting.appendleft(task)
        elif task is not None:
            deaths = self._deaths[id(task)] = self._deaths.get(id(task), 0) + 1
            if deaths > MOST_DEATHS:
                raise InternalFault(
                    f"{deaths} worker processes in turn died of one part of the search, the last "
                    f"with exit code {worker.process.exitcode}; run it with workers=1"
                )
            self._waiting.appendleft(task)
        self._add()

    def close(self) -> None:
        """Send everybody home."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
        self._workers.clear()


@contextmanager
def crew(names: Names, count: int, serve: Callable[[Connection], None]) -> Iterator[Crew]:
    """Workers for as long as the block runs."""
    made = Crew(names, count, serve)
    try:
        made.start()
        yield made
    finally:
        made.close()
