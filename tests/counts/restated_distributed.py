"""The models of a manager, in the reference's language: see restated.py.

A wire is two queues of one place, in which something lies by turns. The server and all that it
starts are the main task's first child; its clients are named by what their wires are called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.calls import process
from tests.reference.programs import QUEUE
from tests.reference.semantics import Empty, Operation
from tests.reference.world import Body, Program

SERVER = (1,)
GET_TASK: Operation = ("get", "tasks")
GET_RESULT: Operation = ("get", "results")
MAKE: Operation = ()

Master = Callable[[], Body]


def listen() -> Body:
    """The server's process, which lets everybody in."""
    while True:
        wire = yield ("get", "listener")
        yield ("start", answer, wire)


def answer(wire: str) -> Body:
    yield ("put", wire + " answers", "welcome", 0)
    while True:
        request = yield ("get", wire + " asks")
        outcome: Any = None
        try:
            if request != MAKE:
                outcome = yield request
        except Empty:
            outcome = "empty"
        yield ("put", wire + " answers", outcome, 0)


def connect(wire: str) -> Body:
    yield ("put", "listener", wire, 0)
    yield ("get", wire + " answers")


def ask(wire: str, request: Operation) -> Body:
    yield ("put", wire + " asks", request, 0)
    return (yield ("get", wire + " answers"))


def make_both(wire: str) -> Body:
    """Connect, and have a proxy made for either queue."""
    yield from connect(wire)
    yield from ask(wire, MAKE)
    yield from ask(wire, MAKE)


def work(wire: str, alone: bool = True, mortal: bool = False) -> Body:
    """A worker that has been given proxies, or is alone and makes its own."""
    yield from make_both(wire) if alone else connect(wire)
    while True:
        n = yield from ask(wire, GET_TASK)
        if mortal and (yield ("choose", (False, True))):
            return
        yield from ask(wire, ("put", "results", n, 0))


def put_task(n: int) -> Body:
    yield from ask("main", ("put", "tasks", n, 0))


def program(main: Callable[[], Body], daemons: int = 1, copied: bool = False) -> Program:
    """Main and so many clients; the first so many children of main are daemons."""
    names = ["listener", "tasks", "results"]
    for client in ("main", "first", "second"):
        names += [client + " asks", client + " answers"]
    names += ["copied tasks", "copied results"] * copied
    return Program(
        dict.fromkeys(names, QUEUE),
        main,
        (),
        tuple((child,) for child in range(1, 1 + daemons)),
    )


def shared_out() -> Program:
    def main() -> Body:
        yield ("start process", listen)
        yield from make_both("main")
        yield from put_task(1)
        yield from put_task(2)
        for wire in ("first", "second"):
            yield ("start process", process, work, wire)
        found = []
        for _ in range(2):
            found.append((yield from ask("main", GET_RESULT)))
        assert sorted(found) == [1, 2]

    return program(main, daemons=3)


def trusting() -> Body:
    assert (yield from ask("main", GET_RESULT)) == 1


def careful() -> Body:
    if (yield from ask("main", ("try", GET_RESULT))) == "empty":
        yield from put_task(1)
        yield from trusting()


def one_dies(master: Master) -> Program:
    def main() -> Body:
        yield ("start process", listen)
        yield from make_both("main")
        yield from put_task(1)
        first = yield ("start process", process, work, "first", False)
        yield ("terminate", first)
        yield ("start process", process, work, "second", False)
        yield from master()

    return program(main, daemons=3)


def either_crashes(master: Master) -> Program:
    def main() -> Body:
        yield ("start process", listen)
        yield from make_both("main")
        yield from put_task(1)
        yield ("start process", process, work, "first", False, True)
        yield ("start process", process, work, "second", False)
        yield from master()

    return program(main, daemons=3)


def behind_the_managers_back() -> Program:
    """What main puts into its own queue is in nobody's copy."""

    def main() -> Body:
        copies = {"copied tasks": "tasks", "copied results": "results"}
        yield ("fork", copies, listen)
        yield from connect("main")
        yield from ask("main", MAKE)
        yield ("put", "copied tasks", 1, 0)
        yield ("start process", process, work, "first")
        assert (yield from ask("main", GET_RESULT)) == 1

    return program(main, copied=True)


def wrong_key() -> Program:
    def turn_away() -> Body:
        yield ("put", "first answers", "no", 0)

    def let_one_in() -> Body:
        yield ("start", answer, (yield ("get", "listener")))
        yield ("get", "listener")
        yield ("start", turn_away)
        yield ("get", "listener")

    def worker() -> Body:
        yield from connect("first")
        yield ("exit",)
        raise PermissionError

    def main() -> Body:
        yield ("start process", let_one_in)
        yield from make_both("main")
        yield ("join", (yield ("start process", worker)))

    return program(main)


OF_DISTRIBUTED: dict[str, Callable[[], Program]] = {
    "distributed.shared_out": shared_out,
    "distributed.lost_with_its_worker": lambda: one_dies(trusting),
    "distributed.handed_out_again": lambda: one_dies(careful),
    "distributed.crashed_over_it": lambda: either_crashes(trusting),
    "distributed.done_by_the_other": lambda: either_crashes(careful),
    "distributed.behind_the_managers_back": behind_the_managers_back,
    "distributed.wrong_key": wrong_key,
}
"""By the model's file and name."""
