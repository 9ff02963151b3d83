"""The models of coroutines in the reference's language: see restated.py."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.calls import holding, start_and_join, started_from_main
from tests.reference.programs import LOCK, QUEUE
from tests.reference.world import Body, Program


def ping_pong(serves: int) -> Program:
    def player(mine: str, other: str) -> Body:
        for _ in range(2):
            yield ("down", mine)
            ball = yield ("read", "ball")
            yield ("write", "ball", ball + 1)
            yield ("up", other, 1)

    def main() -> Body:
        yield from start_and_join((player, "first", "second"), (player, "second", "first"))
        assert (yield ("read", "ball")) == 4

    return Program({"first": serves, "second": 0, "ball": 0}, main)


def produced_when_asked() -> Program:
    def produce() -> Body:
        for item in (1, 2):
            yield ("down", "wanted")
            yield ("write", "place", item)
            yield ("up", "there", 1)

    def consume() -> Body:
        for item in (1, 2):
            yield ("up", "wanted", 1)
            yield ("down", "there")
            assert (yield ("read", "place")) == item

    objects = {"wanted": 0, "there": 0, "place": 0}
    return Program(objects, started_from_main((produce,), (consume,)))


def produced_and_hoped() -> Program:
    def produce() -> Body:
        for item in (1, 2):
            yield ("write", "place", item)

    def consume() -> Body:
        first = yield ("read", "place")
        second = yield ("read", "place")
        assert (first, second) == (1, 2)

    return Program({"place": 0}, started_from_main((produce,), (consume,)))


def turnstile(politely: bool) -> Program:
    def machine() -> Body:
        paid = False
        while (event := (yield ("get", "events"))) != "close":
            if paid and event == "push":
                yield ("add", "passed", 1)
            paid = event == "coin" or (paid and event != "push")

    def visit() -> Body:
        yield ("put", "events", "coin", 0)
        yield ("put", "events", "push", 0)

    def visitor() -> Body:
        yield from holding("turn", visit()) if politely else visit()

    def main() -> Body:
        started = yield ("start", machine)
        yield from start_and_join((visitor,), (visitor,))
        yield ("put", "events", "close", 0)
        yield ("join", started)
        assert (yield ("read", "passed")) == 2

    return Program({"events": QUEUE, "passed": 0, "turn": LOCK}, main)


def correspondence(posting: bool, size: int) -> Program:
    def actor() -> Body:
        desk: list[int] = []
        for _ in range(4):
            work = desk.pop(0) if desk else (yield ("get", "mailbox"))
            done = yield ("read", "done")
            yield ("write", "done", done + 1)
            if work > 1 and posting:
                yield ("put", "mailbox", work - 1, size)
            elif work > 1:
                desk.append(work - 1)

    def client() -> Body:
        yield ("put", "mailbox", 2, size)

    def main() -> Body:
        yield from start_and_join((actor,), (client,), (client,))
        assert (yield ("read", "done")) == 4

    return Program({"mailbox": QUEUE, "done": 0}, main)


def conversation(blocking: bool) -> Program:
    def wait() -> Body:
        if not blocking:
            yield ("release", "thread")
        answer = yield ("get", "answers")
        if not blocking:
            yield ("acquire", "thread")
        assert answer == 42

    def ask() -> Body:
        yield from holding("thread", wait())

    def reply() -> Body:
        def put() -> Body:
            yield ("put", "answers", 42, 0)

        yield from holding("thread", put())

    return Program({"thread": LOCK, "answers": QUEUE}, started_from_main((ask,), (reply,)))


RESTATED: dict[str, Callable[[], Program]] = {
    "coroutines.handed_over": lambda: ping_pong(1),
    "coroutines.after_you_please": lambda: ping_pong(0),
    "coroutines.produced_when_asked": produced_when_asked,
    "coroutines.produced_and_hoped": produced_and_hoped,
    "coroutines.a_coin_for_two": lambda: turnstile(politely=False),
    "coroutines.one_visitor_at_a_time": lambda: turnstile(politely=True),
    "coroutines.actor_with_an_endless_mailbox": lambda: correspondence(True, 0),
    "coroutines.actor_that_writes_to_itself": lambda: correspondence(True, 1),
    "coroutines.actor_that_keeps_its_own_work": lambda: correspondence(False, 1),
    "coroutines.waiting_call": lambda: conversation(blocking=False),
    "coroutines.blocking_call": lambda: conversation(blocking=True),
}
