"""The thundering herd on real sockets: whom a connection wakes, by how the servers wait for it.

Servers, each of them an OS process, wait for connections at one port of the loopback. A client
connects when all of them sleep, and connects again when it has been answered and all sleep again.

    measure_herd   start the servers, connect so often, close the port, add their accounts up
    _serve         a server: wait, accept, answer, until the port is closed
    _connect       the client

What a program sees of a wake-up is that its wait has returned (`returned`), and whether accept then
had something for it (`in_vain` if not). What the kernel did, only the kernel knows: epoll looks
again when it has been woken, and if the connection has gone meanwhile it goes back to sleep inside
the call. So how often a server gave the processor up is counted, too (`slept`).

What always holds of what a program sees (epoll_ctl(2), and where that leaves it open, the kernel):

* Blocking accept returns with a connection or not at all, and so does epoll under a lock, where
  nobody else accepts.
* Epoll returns while there is a connection, and who has tried to accept knows that there is none
  any more: at most one return for each server and connection. Whether the others return at all is
  a matter of who is quicker, unless the servers are held: then nobody accepts before all have come
  who are woken, and without EPOLLEXCLUSIVE that is everybody, one epoll or many.
* With EPOLLEXCLUSIVE the kernel goes along the line until it has woken one who sleeps. Those awake
  whom it passes are told when they wait next; hence "one or more" in the manual. Where all sleep
  when the connection comes, it is one.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import verify
from verify.errors import InternalFault
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate

SERVERS = 8
CONNECTIONS = 200
PATIENCE = 30.0
"""Seconds within which everybody has been woken who ever will be."""


class Way(NamedTuple):
    """How a server waits, and whom a connection then wakes: all who sleep there, or one."""

    wake: str
    epoll: str = ""
    """Without one it blocks in accept; else "shared" by all servers, or one for "each"."""
    exclusive: bool = False
    alone: bool = False
    """Under a lock, so that one server at most sleeps at the port."""
    held: bool = False
    """Nobody accepts before all who are woken have come."""


WAYS = {
    "accept": Way("one"),
    "shared": Way("all", "shared"),
    "each": Way("all", "each"),
    "exclusive": Way("one", "each", exclusive=True),
    "lock": Way("all", "each", alone=True),
}
HELD = " held"
WAYS |= {what + HELD: way._replace(held=True) for what, way in WAYS.items() if way.epoll}

Account = tuple[int, int, int]
"""What a server has to tell: how often its wait returned, returned in vain, and how often it
slept."""


class Post(NamedTuple):
    """All that the servers and their client share."""

    listener: socket.socket
    epoll: select.epoll | None
    lock: verify.Lock
    go_on: verify.Semaphore
    accounts: verify.Queue[Account]
    looking: mmap.mmap
    """A byte for each server: whether, if it sleeps, it is for a connection."""


def measure_herd(what: str, number: int) -> dict[str, float]:
    """Totals over all connections to so many servers, and the seconds that they took."""
    way = WAYS[what]
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(ProcessScheduler())
        stack.callback(activate, activate(processes))
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS))
        listener.setblocking(not way.epoll)
        looking = stack.enter_context(mmap.mmap(-1, number))
        epoll = stack.enter_context(_poll(way, listener)) if way.epoll == "shared" else None
        lock, go_on, accounts = verify.Lock(), verify.Semaphore(0), verify.Queue[Account]()
        post = Post(listener, epoll, lock, go_on, accounts, looking)
        herd = [verify.Process(target=_serve, args=(way, place, post)) for place in range(number)]
        for server in herd:
            server.start()
        pids = [processes.pid(server.ident) for server in herd if server.ident is not None]
        began = time.perf_counter()
        for _ in range(CONNECTIONS):
            _until_all_sleep(pids, lambda: 0 not in looking[:])
            _connect(way, post, pids)
        _until_all_sleep(pids, lambda: 0 not in looking[:])
        elapsed = time.perf_counter() - began
        listener.shutdown(socket.SHUT_RDWR)
        go_on.release(number)
        for server in herd:
            server.join()
        told = [accounts.get_nowait() for _ in herd]
    returned, in_vain, slept = map(sum, zip(*told, strict=True))
    return {"returned": returned, "in_vain": in_vain, "slept": slept, "elapsed": elapsed}


def _serve(way: Way, place: int, post: Post) -> None:
    """The port is shut down, not closed: that wakes all, and accept is then an error."""
    listener, looking = post.listener, post.looking
    epoll = post.epoll or (_poll(way, listener) if way.epoll else None)
    lock = post.lock if way.alone else contextlib.nullcontext()
    returned = in_vain = 0
    slept = -1  # to be woken when the port is closed is not to be counted
    slept -= resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    looking[place] = 1
    while True:
        try:
            with lock:
                if epoll is not None:
                    epoll.poll()
                if way.held:
                    looking[place] = 0
                    post.go_on.acquire()
                    looking[place] = 1
                connection, _ = listener.accept()
        except BlockingIOError:
            in_vain += 1
        except OSError:
            break
        else:
            with connection:
                connection.send(b".")
        returned += 1
    slept += resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    post.accounts.put((returned, in_vain, slept))


def _poll(way: Way, listener: socket.socket) -> select.epoll:
    epoll = select.epoll()
    epoll.register(listener, select.EPOLLIN | (select.EPOLLEXCLUSIVE if way.exclusive else 0))
    return epoll


def _connect(way: Way, post: Post, pids: list[int]) -> None:
    """Connect once, and be answered. Who holds the servers does not know that all have come who
    will: hence waits for as many as there must be, and until no other is on its way."""
    with socket.create_connection(post.listener.getsockname(), PATIENCE) as connection:
        if way.held:
            least = len(pids) if way.wake == "all" and not way.alone else 1
            _until_all_sleep(pids, lambda: post.looking[:].count(0) >= least)
            post.go_on.release(post.looking[:].count(0))
        if connection.recv(1) != b".":
            raise InternalFault("a server of the herd has not answered")


def _until_all_sleep(pids: list[int], also: Callable[[], bool]) -> None:
    """Give the servers the processor until they have no use for it, and something else is true.

    That first: from then on only the caller can wake a server that sleeps.
    """
    end = time.monotonic() + PATIENCE
    while not (also() and all(_state(pid) == "S" for pid in pids)):
        if time.monotonic() > end:
            raise InternalFault(f"the herd did not go to sleep within {PATIENCE:.0f} s")
        os.sched_yield()


def _state(pid: int) -> str:
    """What /proc says that a process does: R, it runs or could; S, it sleeps; Z, it has ended."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
