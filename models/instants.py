"""Linearizability: calls that overlap, and yet seem to happen one at a time, each at an instant.

A class is held to another that is written for one caller at a time. Whatever the calls of several
tasks gave must be explained by some order of them in which each call has its place between its
beginning and its end (Herlihy and Wing, 1990). So calls that overlap may be put in either order,
but one that had returned before another began comes first.

Treiber's stack (1986) takes no lock: whoever finds that the top has changed meanwhile tries again.
Two lanes make no queue: within a lane the first comes first, and nobody who uses one lane can tell;
but an item may be taken from the first lane that was put after one in the second.

To try: let `Lanes.get` look into the second lane first. Does any order explain that?
"""

from __future__ import annotations

from queue import Empty

import verify

Top = tuple[int, "Top"] | None


class OneAtATime:
    """A stack for one caller."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, item: int) -> None:
        self.items.append(item)

    def pop(self) -> int | None:
        return self.items.pop() if self.items else None


@verify.linearizable(OneAtATime)
class Treiber:
    def __init__(self) -> None:
        self.top: verify.Atomic[Top] = verify.Atomic(None)

    def push(self, item: int) -> None:
        top = self.top.load()
        while not self.top.compare_exchange(top, (item, top)):
            top = self.top.load()

    def pop(self) -> int | None:
        top = self.top.load()
        while top is not None:
            if self.top.compare_exchange(top, top[1]):
                return top[0]
            top = self.top.load()
        return None


@verify.linearizable(OneAtATime)
class Hasty(Treiber):
    def push(self, item: int) -> None:
        top = self.top.load()
        self.top.store((item, top))


class InTurn:
    """A queue for one caller."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, item: int) -> None:
        self.items.append(item)

    def get(self) -> int | None:
        return self.items.pop(0) if self.items else None


@verify.linearizable(InTurn)
class Lanes:
    def __init__(self) -> None:
        self.even: verify.Queue[int] = verify.Queue()
        self.odd: verify.Queue[int] = verify.Queue()

    def put(self, item: int) -> None:
        lane = self.odd if item % 2 else self.even
        lane.put(item)

    def get(self) -> int | None:
        for lane in (self.even, self.odd):
            try:
                return lane.get_nowait()
            except Empty:
                continue
        return None


def run(tasks: list[verify.Thread]) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


@verify.model
def treiber_s_stack() -> None:
    """Right: a push or a pop happens where its exchange does."""
    stack = Treiber()
    stack.push(1)
    run([verify.Thread(target=stack.push, args=(2,)), verify.Thread(target=stack.pop)])
    stack.pop()


@verify.model(expect="invariant")
def exchanged_without_a_look() -> None:
    """Wrong: a push that does not look again undoes what came between."""
    stack = Hasty()
    stack.push(1)
    run([verify.Thread(target=stack.push, args=(2,)), verify.Thread(target=stack.pop)])
    stack.pop()
    stack.pop()


@verify.model(expect="invariant")
def two_lanes() -> None:
    """Wrong: 2 comes out first, though 1 was put before it."""
    queue = Lanes()
    run([verify.Thread(target=queue.put, args=(item,), name=f"put-{item}") for item in (1, 2)])
    queue.get()
