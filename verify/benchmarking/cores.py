"""How many cores a group of tasks uses, by what they do and by what carries them.

    loop on threads      counting, in Python: one thread at a time, since each must hold the GIL
    loop on processes    the same where each task has an interpreter of its own
    hash on threads      SHA-256 of a megabyte, in C, which lets the GIL go meanwhile
    ask on threads       a byte to a server on the loopback that answers after 4 ms: waiting

All tasks of a group begin together and work for half a second. What they have done by then is what
the group does; the processor time that they took, over the time that passed, is how many cores it
used, and what the machine did besides (`others`) is what it could not have. The server is a process
of its own, and one of these others.

    measure_cores   one group
    _work           one task of it
    _answer         the server
"""

from __future__ import annotations

import hashlib
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

import verify
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler

SECONDS = 0.5
ANSWER = 0.004
PATIENCE = 20.0
"""Seconds until all tasks are there, unless one has failed."""
STEPS = 20_000
MEGABYTE = bytes(1 << 20)


class Report(NamedTuple):
    """What a task has done: so many rounds, until then, with so much processor time."""

    rounds: int
    ended: float
    used: float


def measure_cores(what: str, number: int) -> dict[str, float]:
    """What a group of so many tasks does in a second, and how many cores it uses."""
    work, carrier = what.split(" on ")
    with ExitStack() as stack:
        port = _serve(stack) if work == "ask" else 0
        scheduler = (
            stack.enter_context(ProcessScheduler()) if carrier == "processes" else ThreadScheduler()
        )
        stack.callback(activate, activate(scheduler))
        gate, end = verify.Barrier(number + 1, timeout=PATIENCE), verify.Shared(0.0)
        reports = verify.Queue[Report]()
        group = [
            verify.Thread(target=_work, args=(work, port, gate, end, reports))
            for _ in range(number)
        ]
        for task in group:
            task.start()
        gate.wait()
        began, others = time.perf_counter(), _busy()
        end.value = began + SECONDS
        gate.wait()
        for task in group:
            task.join()
        others = _busy() - others
        told = [reports.get_nowait() for _ in group]
    elapsed = max(each.ended for each in told) - began
    used = sum(each.used for each in told)
    return {
        "rate": sum(each.rounds for each in told) / elapsed,
        "used": used / elapsed,
        "others": max(0.0, others - used) / elapsed,
        "elapsed": elapsed,
    }


def _work(
    work: str,
    port: int,
    gate: verify.Barrier,
    end: verify.Shared[float],
    reports: verify.Queue[Report],
) -> None:
    """Comes twice to the gate: when it is there, and when it is known until when to work."""
    with ExitStack() as stack:
        do = _round(work, port, stack)
        gate.wait()
        gate.wait()
        rounds, used, until = 0, time.thread_time(), end.value
        while (now := time.perf_counter()) < until:
            do()
            rounds += 1
        used = time.thread_time() - used
    reports.put(Report(rounds, now, used))


def _busy() -> float:
    """Seconds that all cores together have worked since the machine was started (proc(5))."""
    words = Path("/proc/stat").read_text().split(maxsplit=9)
    user, nice, system, _idle, _waiting, interrupts, softly = map(int, words[1:8])
    return (user + nice + system + interrupts + softly) / os.sysconf("SC_CLK_TCK")


def _round(work: str, port: int, stack: ExitStack) -> Callable[[], object]:
    """What is done over and over."""
    if work == "loop":
        return _count
    if work == "hash":
        return partial(hashlib.sha256, MEGABYTE)
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))

    def ask() -> None:
        connection.send(b"?")
        connection.recv(1)

    return ask


def _count() -> None:
    count = 0
    for _ in range(STEPS):
        count ^= 1


def _serve(stack: ExitStack) -> int:
    """Start the server; its port. It ends with the stack, or with this process."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
    processes = stack.enter_context(ProcessScheduler())
    before = activate(processes)
    verify.Process(target=_answer, args=(listener,)).start()
    activate(before)
    port: int = listener.getsockname()[1]
    return port


def _answer(listener: socket.socket) -> None:
    """Each byte after the same time, hence in the order in which they came."""
    epoll = select.epoll()
    epoll.register(listener, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    due: deque[tuple[float, socket.socket]] = deque()
    while True:
        for number, _ in epoll.poll(max(0.0, due[0][0] - time.perf_counter()) if due else None):
            if number == listener.fileno():
                client, _ = listener.accept()
                clients[client.fileno()] = client
                epoll.register(client, select.EPOLLIN)
            elif clients[number].recv(1):
                due.append((time.perf_counter() + ANSWER, clients[number]))
            else:
                clients.pop(number).close()
        while due and due[0][0] <= time.perf_counter():
            due.popleft()[1].send(b"!")
