"""Wire: what one client and a manager's server say to each other, in turn; and the listener, where
a client hands in its end of a new one.

The client asks, the server hears it, answers, and the client learns the answer. A client that waits
for an answer and whose server has died is told so (`waits_for`), as the kernel tells who reads from
a connection that is gone. A server is told nothing of a client that has died, and carries out what
it was asked for: it notices only when there is nobody to take the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from verify.operation import Kind, Lane, Outcome, States, Wake
from verify.sync.primitive import Primitive
from verify.sync.queues import Queue
from verify.values import in_words

SERVERS, CLIENTS = Lane(0, 0), Lane(0, 1)


class Talk(NamedTuple):
    """What has been asked and not been heard, answered and not been learned: one thing or none.

    `server` is the task for whose answers the client waits.
    """

    asked: tuple[Any, ...]
    answered: tuple[Any, ...]
    server: int


def _ask(states: States, task: int, request: Any) -> Outcome:
    return None, (states[0]._replace(asked=(request,)),)


def _is_asked(states: States, task: int, argument: Any) -> bool:
    return bool(states[0].asked)


def _hear(states: States, task: int, argument: Any) -> Outcome:
    talk: Talk = states[0]
    return talk.asked[0], (talk._replace(asked=()),)


def _answer(states: States, task: int, answer: Any) -> Outcome:
    return None, (states[0]._replace(answered=(answer,), server=task),)


def _is_answered(states: States, task: int, argument: Any) -> bool:
    return bool(states[0].answered)


def _learn(states: States, task: int, argument: Any) -> Outcome:
    talk: Talk = states[0]
    return talk.answered[0], (talk._replace(answered=()),)


def _server(states: States, task: int, argument: Any) -> tuple[int, ...]:
    return (states[0].server,)


ASK = Kind("ask", _ask, wakes=lambda *_: Wake(SERVERS, 1, ()), shows_argument=True)
HEAR = Kind("hear", _hear, ready=_is_asked, queue=lambda *_: SERVERS, shows_result=True)
ANSWER = Kind("answer", _answer, wakes=lambda *_: Wake(CLIENTS, 1, ()), shows_argument=True)
LEARN = Kind(
    "learn",
    _learn,
    ready=_is_answered,
    queue=lambda *_: CLIENTS,
    waits_for=_server,
    shows_result=True,
)


class Wire(Primitive):
    """Between the task that makes it and a server, the task with this number."""

    def __init__(self, server: int) -> None:
        super().__init__(Talk((), (), server))

    def ask(self, request: Any) -> None:
        """Say something to the server; an answer follows."""
        self._perform(ASK, request)

    def hear(self) -> Any:
        """Sleep until something is asked."""
        return self._perform(HEAR)

    def answer(self, answer: Any) -> None:
        """Say something to the client."""
        self._perform(ANSWER, answer)

    def learn(self) -> Any:
        """Sleep until there is an answer. OwnerDied if the server has died without giving one."""
        return self._perform(LEARN)

    @staticmethod
    def show(state: Talk, name: Callable[[int], str]) -> str:
        """What is on its way."""
        asked = [f"asked {in_words(value)}" for value in state.asked]
        answered = [f"answered {in_words(value)}" for value in state.answered]
        return ", ".join(asked + answered) or "silent"


class Knock(NamedTuple):
    """A client that wants to be let in."""

    wire: Wire
    authkey: bytes

    def __repr__(self) -> str:
        return "a client"


class Listener(Queue[Knock]):
    """Where a server hears of clients."""
