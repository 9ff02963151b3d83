"""The broker: the process beside a search that speaks with a scheduler of dask's.

    main       connects, and says so, or why not
    Broker     has the tasks of one search after the other explored

Tasks are sent in batches (batching.py). dask sends what a worker had, when it is lost, to another
one; what comes back is known by the number of its task, and counts once. How to speak with the
scheduler, over TLS and with which certificates, is dask's own configuration.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client, KilledWorker

from verify.cluster.batching import CALLS, Batching
from verify.cluster.companion import talk
from verify.cluster.errand import Errand, forget, run
from verify.cluster.outcome import ANY, DIED, DIFFERS, DONE, FAULT, LOST, REFUSED

CONNECTING = 10.0
"""Seconds for a scheduler to answer, and then for a worker to be there."""
LOOK = 1.0
"""Seconds between two looks at who is there."""
ALONE = 60.0
"""Seconds for which there may be no worker at all."""
MOST_DEATHS = 3
"""Explorers that one task may cost, and calls that may fail: as in workers.py."""
CLOSING = 5.0

_FINISHED, _GONE = "finished", "gone"


def main(descriptor: int) -> None:
    """Serve the search that has started this process."""
    send, inbox = talk(descriptor, lambda inbox: inbox.put((_GONE,)))
    address = inbox.get()
    try:
        client = Client(address, timeout=CONNECTING, set_as_default=False)
    except BaseException as error:  # whatever the transport that an address names may raise
        text = f"no dask scheduler answers at {address}: {_line(error)}; start one, or correct"
        send((LOST, ANY, f"{text} --scheduler (certificates are dask's configuration)"))
        os._exit(0)
    try:
        client.wait_for_workers(1, timeout=CONNECTING)
    except TimeoutError:
        text = f"the scheduler at {address} has no workers: start some (dask worker {address})"
        send((LOST, ANY, text))
    else:
        send((DONE, ANY))
        Broker(client, address, send, inbox).serve()
    with suppress(Exception):
        client.close(CLOSING)
    os._exit(0)


class Broker:
    """Has tasks explored."""

    def __init__(
        self,
        client: Client,
        address: str,
        send: Callable[[Any], None],
        inbox: SimpleQueue[Any],
    ) -> None:
        self._client = client
        self._address = address
        self._send = send
        self._inbox = inbox
        self._of = ANY  # the search that is under way, as it is told from others here
        self._search = ""  # and everywhere
        self._description: dict[str, Any] = {}
        self._batching = Batching()
        self._waiting: deque[tuple[int, Any]] = deque()
        self._calls: dict[str, tuple[Any, list[tuple[int, Any]]]] = {}
        self._deaths: dict[int, int] = {}
        self._places = 0
        self._seen = time.monotonic()  # when there was a worker last

    def serve(self) -> None:
        """Until the one who asks, or the scheduler, has gone away."""
        try:
            self._serve()
            self._end()
        except Exception as error:
            self._tell(LOST, f"the scheduler at {self._address} is gone: {_line(error)}")

    def _serve(self) -> None:
        due = 0.0
        while True:
            with suppress(Empty):
                what, *rest = self._inbox.get(timeout=LOOK)
                if what == _GONE:
                    break
                getattr(self, f"_{what}")(*rest)
            if time.monotonic() >= due:
                self._look()
                due = time.monotonic() + LOOK
            self._hand_out()

    def _begin(self, of: int, description: dict[str, Any]) -> None:
        self._of = of
        self._search = uuid4().hex
        self._description = description
        self._batching = Batching()

    def _task(self, number: int, task: Any) -> None:
        self._waiting.append((number, task))

    def _end(self) -> None:
        """Have the workers forget the search; whoever does not answer lets it go after a while."""
        search, self._search = self._search, ""
        if not search:
            return
        self._client.cancel([future for future, _ in self._calls.values()], force=True)
        self._waiting.clear()
        self._calls.clear()
        self._deaths.clear()
        telling = threading.Thread(target=self._tell_all, args=(search,), daemon=True)
        telling.start()
        telling.join(CLOSING)

    def _tell_all(self, search: str) -> None:
        with suppress(Exception):
            self._client.run(forget, search, on_error="ignore")

    def _look(self) -> None:
        self._places = sum(self._client.nthreads().values())
        now = time.monotonic()
        if self._places:
            self._seen = now
        elif now - self._seen > ALONE and self._search:
            text = f"the scheduler at {self._address} has had no worker for {ALONE:g} seconds"
            self._tell(LOST, f"{text}: start some (dask worker {self._address})")

    def _hand_out(self) -> None:
        while self._waiting and len(self._calls) < CALLS * self._places:
            all_tasks = len(self._waiting) + sum(len(tasks) for _, tasks in self._calls.values())
            size = self._batching.size(all_tasks, self._places)
            if self._waiting[0][0] in self._deaths:  # nobody else is to die of it
                size = 1
            tasks = [self._waiting.popleft() for _ in range(min(size, len(self._waiting)))]
            errand = Errand(self._search, self._description, [task for _, task in tasks])
            key = f"verify-{uuid4().hex}"
            future = self._client.submit(run, errand, key=key, pure=False, retries=MOST_DEATHS)
            self._calls[key] = future, tasks
            future.add_done_callback(lambda done: self._inbox.put((_FINISHED, done.key)))

    def _finished(self, key: str) -> None:
        if key not in self._calls:
            return
        future, tasks = self._calls.pop(key)
        try:
            worker, outcomes = future.result()
        except KilledWorker as death:
            self._tell(FAULT, f"{MOST_DEATHS + 1} workers in turn died of one call: {death}")
            return
        except Exception as error:
            if future.status != "error":  # but cancelled, as is what nobody keeps any more
                raise
            text = f"{type(error).__name__}: {_line(error)}"
            self._tell(REFUSED, f"a worker of {self._address} could not run verify: {text}")
            return
        for (number, _), outcome in zip(tasks, outcomes, strict=False):
            self._outcome(worker, number, *outcome)
        done = sum(outcome[0] == DONE for outcome in outcomes)
        self._waiting.extendleft(reversed(tasks[done:]))

    def _outcome(self, worker: str, number: int, what: str, *rest: Any) -> None:
        if what == DONE:
            answer, seconds = rest
            self._batching.took(seconds)
            self._tell(DONE, number, answer)
        elif what in (REFUSED, DIFFERS, FAULT):
            self._tell(what, f"the worker at {worker} {rest[0]}")
        elif what == DIED:
            deaths = self._deaths[number] = self._deaths.get(number, 0) + 1
            if deaths > MOST_DEATHS:
                self._tell(
                    FAULT,
                    f"{deaths} processes in turn died of one part of the search, the last on "
                    f"{worker} with exit code {rest[0]}; run it without --engine dask",
                )

    def _tell(self, what: str, *rest: Any) -> None:
        self._send((what, ANY if what == LOST else self._of, *rest))


def _line(error: BaseException) -> str:
    """An error in one line, which some of those of the network do not fill."""
    return " ".join(str(error).split()) or type(error).__name__
