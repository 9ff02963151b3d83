"""The thundering herd: many tasks asleep on one descriptor, and a connection comes in.

Whom should the kernel wake? Everybody: then one of them takes the connection, and the others were
woken for nothing and sleep again. That is the herd. One: then nothing is wasted, as long as the one
who is woken takes everything there is. If two connections come at once and it takes one, the others
sleep on beside a connection that is ready, for ever. The old cure in the programs themselves is a
lock round accept: at most one task sleeps on the descriptor, the others sleep on the lock.

Every server here accepts one connection and goes home. Wake-ups are counted by the scheduler
(`wakeups`), looks in vain by the servers. On real sockets the same bounds hold: `verify bench
--herd` tells what comes, and what the kernel hides.

To try: in `one_wake_up_for_two_connections`, let a server that leaves something wake the next.
"""

from collections.abc import Callable

import verify

HEADING = "1.3 Blocking and wake-up"


def most_wakeups(wake: str, asleep: int) -> int:
    """How many a connection wakes at most where so many sleep; all but one come for nothing."""
    return asleep if wake == "all" else min(asleep, 1)


def bound(wake: str, servers: int) -> int:
    """The same for as many connections as servers, of whom fewer and fewer are left to be woken."""
    return sum(most_wakeups(wake, asleep) for asleep in range(1, servers + 1))


def server(listener: verify.Descriptor, accepted: verify.Semaphore) -> None:
    listener.wait()
    while not listener.take():
        listener.wait()
    accepted.release()


def server_that_looks_once(
    listener: verify.Descriptor, accepted: verify.Semaphore, in_vain: verify.Atomic[int]
) -> None:
    listener.wait()
    if listener.take():
        accepted.release()
    else:
        in_vain.add(1)


def locking_server(
    listener: verify.Descriptor, accepted: verify.Semaphore, accepting: verify.Lock
) -> None:
    with accepting:
        listener.wait()
        assert listener.take(), "nobody else was there to take it"
    accepted.release()


def client(listener: verify.Descriptor, accepted: verify.Semaphore, connections: int) -> None:
    """Connects again and again, each time when the connection before has been accepted."""
    for _ in range(connections):
        listener.deliver()
        accepted.acquire()


def client_who_sends_the_rest_home(
    listener: verify.Descriptor, accepted: verify.Semaphore, servers: int
) -> None:
    """Connects once; when that has been accepted, there is something for everybody who is left."""
    listener.deliver()
    accepted.acquire()
    listener.deliver(servers - 1)


def impatient_client(listener: verify.Descriptor, connections: int) -> None:
    """Connects so fast that all connections arrive in one go."""
    listener.deliver(connections)


def run(tasks: list[verify.Thread]) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def serve(listener: verify.Descriptor, servers: int, visitor: Callable[..., None]) -> None:
    accepted = verify.Semaphore(0)
    herd = [verify.Thread(target=server, args=(listener, accepted)) for _ in range(servers)]
    run([*herd, verify.Thread(target=visitor, args=(listener, accepted, servers))])


def serve_at_once(listener: verify.Descriptor) -> None:
    accepted = verify.Semaphore(0)
    herd = [verify.Thread(target=server, args=(listener, accepted)) for _ in range(2)]
    run([*herd, verify.Thread(target=impatient_client, args=(listener, 2))])


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=38)
def wake_all() -> None:
    """Right, but wasteful: two wake-ups for the first of two connections, one for the second."""
    listener = verify.Descriptor(wake="all")
    most = bound("all", 2)
    verify.invariant(lambda: listener.wakeups <= most, "a wake-up for every server that is left")
    serve(listener, 2, client)


@verify.model(expect="assertion", classes=942)
def all_but_one_come_for_nothing() -> None:
    """Wrong is the hope that fewer do: of three who are woken, two look in vain."""
    listener, accepted = verify.Descriptor(wake="all"), verify.Semaphore(0)
    in_vain = verify.Atomic(0)
    herd = [
        verify.Thread(target=server_that_looks_once, args=(listener, accepted, in_vain))
        for _ in range(3)
    ]
    visitor = verify.Thread(target=client_who_sends_the_rest_home, args=(listener, accepted, 3))
    run([*herd, visitor])
    wasted = in_vain.load()
    assert wasted < most_wakeups("all", 3) - 1, f"{wasted} of 3 servers came for nothing"


@verify.model(classes=28)
def wake_one() -> None:
    """Right: a connection costs one wake-up at most."""
    listener = verify.Descriptor(wake="one")
    most = bound("one", 2)
    verify.invariant(lambda: listener.wakeups <= most, "one wake-up for a connection")
    serve(listener, 2, client)


@verify.model(classes=48)
def accept_under_a_lock() -> None:
    """Right: wake-all, but at most one server sleeps where connections come in."""
    listener, accepted = verify.Descriptor(wake="all"), verify.Semaphore(0)
    accepting = verify.Lock()
    most = 3 * most_wakeups("all", 1)
    verify.invariant(lambda: listener.wakeups <= most, "one wake-up for a connection")
    herd = [
        verify.Thread(target=locking_server, args=(listener, accepted, accepting)) for _ in range(3)
    ]
    run([*herd, verify.Thread(target=client, args=(listener, accepted, 3))])


@verify.model(expect="deadlock", classes=22)
def one_wake_up_for_two_connections() -> None:
    """Wrong: the one who is woken takes one connection, and the other sleeps beside the second."""
    serve_at_once(verify.Descriptor(wake="one"))


@verify.model(classes=28)
def two_wake_ups_for_two_connections() -> None:
    """Right: there is something for everybody who is woken."""
    serve_at_once(verify.Descriptor(wake="all"))
