"""The models with loops that only look, in the reference's language: see restated.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.calls import spin, spin_until, start_and_join, started_from_main
from tests.reference.programs import LOCK
from tests.reference.semantics import Operation
from tests.reference.world import Body, Program


def flag(*written: bool) -> Program:
    """One waits for a flag, another writes it."""

    def waiter() -> Body:
        yield from spin_until(("read", "flag"))

    def writer() -> Body:
        for value in written:
            yield ("write", "flag", value)

    tasks = [(waiter,), (writer,)] if written else [(waiter,)]
    return Program({"flag": False}, started_from_main(*tasks))


def lock_of_one_word() -> Program:
    return _two_increments(
        lambda: spin_until(("exchange", "lock", 0, 1)), ("write", "lock", 0), free=0
    )


def lock_that_is_tried() -> Program:
    def have() -> Body:
        if (yield ("try", ("acquire", "lock"))):
            return True
        yield ("sleep",)
        return False

    return _two_increments(lambda: spin(have), ("release", "lock"), free=LOCK)


def _two_increments(take: Callable[[], Body], let_go: Operation, free: Any) -> Program:
    def increment() -> Body:
        yield from take()
        value = yield ("read", "count")
        yield ("write", "count", value + 1)
        yield let_go

    def main() -> Body:
        yield from start_and_join((increment,), (increment,))
        assert (yield ("read", "count")) == 2

    return Program({"lock": free, "count": 0}, main)


def door(turns: bool, turn_first: bool = False) -> Program:
    """Peterson's algorithm, in the wrong order, or what is left of it without turns."""

    def visit(me: int) -> Body:
        other = 1 - me

        def may_go() -> Body:
            if not (yield ("read", f"wish {other}")):
                return True
            return turns and (yield ("read", "turn")) != other

        wish: Operation = ("write", f"wish {me}", True)
        turn: Operation = ("write", "turn", other)
        yield turn if turn_first else wish
        if turns:
            yield wish if turn_first else turn
        yield from spin(may_go)
        assert (yield ("add", "inside", 1)) == 0
        yield ("add", "inside", -1)
        yield ("write", f"wish {me}", False)

    objects = {"wish 0": False, "wish 1": False, "turn": 0, "inside": 0}
    return Program(objects, started_from_main((visit, 0), (visit, 1)))
