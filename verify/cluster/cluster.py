"""A cluster: the machines behind a scheduler of dask's, as a search sees them.

Cluster   is connected when it is made; serves one search after the other
Crew      explores the tasks of one search, as that of workers.py does
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from verify.cluster.companion import Companion
from verify.cluster.description import describe
from verify.cluster.outcome import ANY, DIFFERS, DONE, FAULT, LOST, REFUSED
from verify.errors import InternalFault, Nondeterministic, UsageError
from verify.exploration.encoding import Receiver, Sender, known_now
from verify.exploration.frontier import Task
from verify.exploration.loop import Search
from verify.exploration.subtree import Cut
from verify.exploration.together import Found, Note
from verify.scheduling.naming import Names

ANSWERING = 30.0
"""Seconds for the broker to say whether there is a scheduler: some accept a connection, and then
say nothing for ever."""


_ERRORS = {
    FAULT: InternalFault,
    DIFFERS: Nondeterministic,
    REFUSED: UsageError,
    LOST: UsageError,
}


class Cluster:
    """What is behind the address of a scheduler. UsageError if nobody is."""

    def __init__(self, scheduler: str) -> None:
        if find_spec("distributed") is None:
            raise UsageError(
                "--engine dask needs dask.distributed, which is not installed: "
                "pip install 'verify-concurrency[dask]'"
            )
        self._searches = 0
        self._lost = ""
        # Where models are may be something that is called as dask's package.
        self._broker = Companion("verify.cluster.broker")
        try:
            self.send(scheduler)
            answer = self.receive(ANY, ANSWERING)
        except BaseException:
            self.close()
            raise
        if answer is None:
            self._broker.process.kill()
            self.close()
            raise UsageError(
                f"no dask scheduler has answered at {scheduler} for {ANSWERING:g} seconds, though "
                "something listens there: correct --scheduler"
            )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self._broker.end()

    @contextmanager
    def crew(self, search: Search, quota: int) -> Iterator[Crew]:
        """Who explores the tasks of a search, whose first one was stopped after so many executions.

        UsageError if others cannot know its program.
        """
        self._searches += 1
        self.send(("begin", self._searches, describe(search, quota)))
        try:
            yield Crew(self, self._searches, search.engine.names)
        finally:
            self._broker.send(("end",))

    def send(self, message: Any) -> None:
        """Tell the broker."""
        if self._lost:
            raise UsageError(self._lost)
        if not self._broker.send(message):
            raise InternalFault("the process that speaks with the scheduler has died")

    def receive(self, search: int, timeout: float) -> list[Any] | None:
        """What comes of a search next, None if that is nothing for so many seconds; raises what it
        is that went wrong.
        """
        if not self._broker.connection.poll(timeout):
            return None
        try:
            message: tuple[Any, ...] = self._broker.connection.recv()
        except (EOFError, OSError):
            raise InternalFault("the process that speaks with the scheduler has died") from None
        what, of, *told = message
        if of not in (search, ANY):
            return None
        if what == LOST:
            self._lost = told[0]
        if what != DONE:
            raise _ERRORS[what](told[0])
        return told


class Crew:
    """Those who explore the tasks of one search: nobody knows how many they are."""

    def __init__(self, cluster: Cluster, number: int, names: Names) -> None:
        self._cluster = cluster
        self._number = number
        self._asked = 0
        self._names = names
        self._known = known_now(names)
        self._numbers: dict[int, int] = {}  # of the tasks under way, by identity
        self._answers: dict[int, Any] = {}

    def numbers(self) -> Collection[int]:
        """Those whose memory is looked at: that is the business of their own machines."""
        return ()

    def ask(self, task: Task) -> None:
        """Have a task explored."""
        self._asked += 1
        self._numbers[id(task)] = self._asked
        message = Sender(self._names, self._known).task(task)
        self._cluster.send(("task", self._asked, message))

    def answer(self, task: Task, timeout: float) -> tuple[list[Cut], Any, Receiver] | None:
        """What came of a task; None if that is not known within so many seconds."""
        number = self._numbers[id(task)]
        if number not in self._answers:
            heard = self._cluster.receive(self._number, timeout)
            if heard is not None:
                self._answers[heard[0]] = heard[1]
        if number not in self._answers:
            return None
        del self._numbers[id(task)]
        receiver = Receiver(self._names, self._known)
        cuts, beside = receiver.cuts(self._answers.pop(number))
        found = Found(*beside)
        return cuts, found._replace(notes=[Note(*note) for note in found.notes]), receiver
