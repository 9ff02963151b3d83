"""An explorer: the process beside a worker of dask's that explores the tasks of one search.

It has imported nothing but the program, and ends when the worker does, when it has not been asked
for a while, or when there is nothing more that it could do as the search would. Each task comes in
a message that is complete in itself, since nobody knows who gets the next one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from verify.cluster.companion import talk
from verify.cluster.description import (
    Description,
    demand_caught_up,
    known_of,
    lessons_of,
    search_of,
)
from verify.cluster.outcome import DIFFERS, DONE, FAULT, GONE_HOME, REFUSED
from verify.errors import Nondeterministic, UsageError
from verify.exploration.encoding import Message, Receiver, Sender
from verify.exploration.lessons import catch_up
from verify.exploration.supervision import Supervision
from verify.exploration.together import Tasks

IDLE = 30.0
"""Seconds without a task after which nobody is expected to ask for another."""


def main(descriptor: int) -> None:
    """Explore tasks until there are no more."""
    send, inbox = talk(descriptor, lambda inbox: os._exit(GONE_HOME))
    try:
        _explore(inbox.get(), send, inbox)
    except UsageError as error:
        send((REFUSED, str(error)))
    except Nondeterministic as difference:
        send((DIFFERS, str(difference)))
    except BaseException as fault:
        send((FAULT, f"met {type(fault).__name__}: {fault}"))
    os._exit(GONE_HOME)


def _explore(
    description: Description, send: Callable[[Any], None], inbox: SimpleQueue[Any]
) -> None:
    search = search_of(description)
    supervision = Supervision(
        search.engine, search.model, search.health.holders, search.health.watched
    )
    names, known = search.engine.names, known_of(description)
    with supervision.on() as printed:
        tasks = Tasks(search, supervision, printed)
        catch_up(search, description["quota"], lessons_of(description), printed)
        demand_caught_up(search, description)
        done = False
        while not done:
            with supervision.idle():
                try:
                    message = inbox.get(timeout=IDLE)
                except Empty:
                    return
            began = time.perf_counter()
            answer, done = tasks.explore(message, Receiver(names, known), Sender(names, known))
            with supervision.idle():
                send((DONE, _plain(answer), time.perf_counter() - began))


def _plain(answer: Message) -> Message:
    """Without any type of ours, which those between here and the search need not know."""
    new, (cuts, found) = answer
    return new, (cuts, tuple(found._replace(notes=[tuple(note) for note in found.notes])))
