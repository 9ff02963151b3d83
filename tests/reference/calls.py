"""Operations in the shapes in which programs use them: `with`, `wait`, starting and joining.

Each is a generator to be delegated to: `yield from wait("c", "m")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.semantics import Broken, Operation, Task
from tests.reference.world import Body


def holding(lock: str, body: Body, names: tuple[str, str] = ("acquire", "release")) -> Body:
    """`with lock:` around a body. An exception lets the lock go on its way out, unless it is that
    a wait has lost the lock to somebody who died.
    """
    acquire, release = names
    yield (acquire, lock)
    return (yield from _releasing((release, lock), body))


def holding_again(lock: str, body: Body) -> Body:
    """`with lock:` for a reentrant lock."""
    return (yield from holding(lock, body, ("reacquire", "rerelease")))


def with_permit(permits: str, body: Body) -> Body:
    """`with semaphore:` around a body."""
    yield ("down", permits)
    return (yield from _releasing(("up", permits, 1), body))


def _releasing(release: Operation, body: Body) -> Body:
    try:
        result = yield from body
    except Exception as error:
        if getattr(error, "lost", "") != release[1]:
            yield release
        raise
    yield release
    return result


def wait(condition: str, lock: str, timed: bool = False) -> Body:
    """Wait on a condition; timed, it may give up. Whether it was notified."""
    depth = yield ("enqueue", condition, lock)
    wake = ("wake", condition, lock, depth)
    if (yield ("try", wake) if timed else wake):
        return True
    yield ("retake", lock, depth)
    return False


def await_line(name: str, timed: bool = False) -> Body:
    """Wait for an event or a descriptor; timed, it may give up. Whether it was, or got, ready."""
    if (yield ("line_up", name)):
        return True
    leave = ("leave", name)
    return (yield ("try", leave) if timed else leave)


def meet(
    gate: str, parties: int, timed: bool = False, action: Callable[[], Body] | None = None
) -> Body:
    """Wait at a barrier; timed, it may give up, which breaks it. How many came before."""
    place = yield ("arrive", gate, parties, action is not None)
    if place + 1 < parties:
        go_on = ("pass", gate)
        if not (yield ("try", go_on) if timed else go_on):
            raise Broken
    elif action is not None:
        try:
            yield from action()
        except Exception:
            yield ("break", gate)
            raise
        yield ("open", gate)
    return place


def spin(round_of_it: Callable[[], Body]) -> Body:
    """A loop that only looks. A round returns whether the loop is over, and stands at each of its
    operations (the first time, the second time) in one way only: what it has found before makes no
    difference but for that.
    """
    taken: dict[tuple[Operation, int], int] = {}
    steps = 0
    while True:
        body = round_of_it()
        result: Any = None
        asked: list[Operation] = []
        try:
            while True:
                operation = body.send(result)
                point = operation, asked.count(operation)
                asked.append(operation)
                before = taken.get(point)
                taken[point] = steps
                if before is None:
                    result = yield operation
                else:
                    result = yield ("again", operation, steps - before)
                steps += 1
        except StopIteration as end:
            if end.value:
                return


def spin_until(operation: Operation, holds: Callable[[Any], bool] = bool) -> Body:
    """`while not holds(operation): pass`."""

    def one_look() -> Body:
        return holds((yield operation))

    yield from spin(one_look)


def process(function: Callable[..., Body], *arguments: Any) -> Body:
    """The first task of a process: when it is over it exits, until then it can be ended."""
    yield from function(*arguments)
    yield ("exit",)


def start_and_join(*children: tuple[Any, ...]) -> Body:
    """Start each child, a function and its arguments, then join them in the same order."""
    names: list[Task] = []
    for child in children:
        names.append((yield ("start", *child)))
    for name in names:
        yield ("join", name)


def started_from_main(*children: tuple[Any, ...]) -> Callable[[], Body]:
    """A main task that does nothing but start the children and join them."""
    return lambda: start_and_join(*children)
