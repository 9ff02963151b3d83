"""The models of the thundering herd once more, in the reference's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.calls import await_line, holding, start_and_join, started_from_main
from tests.reference.programs import LINE, LOCK
from tests.reference.world import Body, Invariant, Program


def herd(wake: str, servers: int, most_wakeups: int, locking: bool = False) -> Program:
    def accept() -> Body:
        yield from await_line("listener")
        while not (yield ("take", "listener", 1)):
            yield from await_line("listener")

    def server() -> Body:
        yield from holding("accepting", accept()) if locking else accept()
        yield ("up", "accepted", 1)

    def client() -> Body:
        for _ in range(servers):
            yield ("deliver", "listener", 1, wake)
            yield ("down", "accepted")

    def few_wakeups(states: dict[str, Any]) -> bool:
        return bool(states["listener"].calls <= most_wakeups)

    objects: dict[str, Any] = {"listener": LINE, "accepted": 0}
    if locking:
        objects["accepting"] = LOCK
    return Program(
        objects,
        started_from_main(*[(server,)] * servers, (client,)),
        (Invariant("wake-ups", ("listener",), few_wakeups),),
    )


def herd_that_looks_once(servers: int) -> Program:
    def server() -> Body:
        yield from await_line("listener")
        if (yield ("take", "listener", 1)):
            yield ("up", "accepted", 1)
        else:
            yield ("add", "in vain", 1)

    def client() -> Body:
        yield ("deliver", "listener", 1, "all")
        yield ("down", "accepted")
        yield ("deliver", "listener", servers - 1, "all")

    def main() -> Body:
        yield from start_and_join(*[(server,)] * servers, (client,))
        assert (yield ("read", "in vain")) < servers - 1

    return Program({"listener": LINE, "accepted": 0, "in vain": 0}, main)


def herd_at_once(wake: str) -> Program:
    def server() -> Body:
        yield from await_line("listener")
        while not (yield ("take", "listener", 1)):
            yield from await_line("listener")
        yield ("up", "accepted", 1)

    def client() -> Body:
        yield ("deliver", "listener", 2, wake)

    objects = {"listener": LINE, "accepted": 0}
    return Program(objects, started_from_main((server,), (server,), (client,)))


OF_HERDS: dict[str, Callable[[], Program]] = {
    "thundering_herd.wake_all": lambda: herd("all", 2, 3),
    "thundering_herd.wake_one": lambda: herd("one", 2, 2),
    "thundering_herd.all_but_one_come_for_nothing": lambda: herd_that_looks_once(3),
    "thundering_herd.accept_under_a_lock": lambda: herd("all", 3, 3, locking=True),
    "thundering_herd.one_wake_up_for_two_connections": lambda: herd_at_once("one"),
    "thundering_herd.two_wake_ups_for_two_connections": lambda: herd_at_once("all"),
}
"""By the model's file and name."""
