"""The programs whose counts are known, in the reference's language.

Each function returns a Program whose main task starts the others and joins them. The same programs
in verify's language are in tests/counts/programs.py, under the same names.
"""

from __future__ import annotations

from typing import Any

from tests.reference.calls import holding, start_and_join, started_from_main, wait
from tests.reference.semantics import Line
from tests.reference.world import Body, Program

LOCK = None
"""A lock nobody holds."""
CONDITION: tuple[tuple[()], tuple[()]] = ((), ())
"""A condition nobody waits for."""
QUEUE: tuple[tuple[()], int, bool] = ((), 0, False)
"""A queue without items, that nobody has shut down."""
LINE = Line()
"""An event that is not set, or a descriptor without data."""
FUTURE = (False, None, 0)
"""A future without a result, and nobody to be called."""
POOL: tuple[tuple[()], frozenset[int], bool] = ((), frozenset(), False)
"""A pool's ledger: the numbers of the tasks to do, those of the finished, whether it is closed."""


def lastzero(n: int) -> Program:
    def reader() -> Body:
        i = n
        while (yield ("read", f"a{i}")) != 0:
            i -= 1

    def writer(j: int) -> Body:
        before = yield ("read", f"a{j - 1}")
        yield ("write", f"a{j}", before + 1)

    cells = {f"a{i}": 0 for i in range(n + 1)}
    return Program(cells, started_from_main((reader,), *((writer, j) for j in range(1, n + 1))))


def readers(n: int) -> Program:
    def writer() -> Body:
        yield ("write", "x", 42)

    def reader() -> Body:
        yield ("read", "x")

    return Program({"x": 0}, started_from_main((writer,), *[(reader,)] * n))


def writers(n: int) -> Program:
    def writer(value: int) -> Body:
        yield ("write", "x", value)

    return Program({"x": 0}, started_from_main(*((writer, value) for value in range(n))))


def indexer(n: int, slots: int = 128, words: int = 4) -> Program:
    def inserter(task: int) -> Body:
        for m in range(1, words + 1):
            word = m * 11 + task
            slot = word * 7 % slots
            while True:
                yield ("acquire", f"lock{slot}")
                found = yield ("read", f"slot{slot}")
                if found == 0:
                    yield ("write", f"slot{slot}", word)
                yield ("release", f"lock{slot}")
                if found == 0:
                    break
                slot = (slot + 1) % slots

    objects: dict[str, Any] = {f"lock{i}": LOCK for i in range(slots)}
    objects |= {f"slot{i}": 0 for i in range(slots)}
    return Program(objects, started_from_main(*((inserter, task) for task in range(n))))


def filesystem(n: int, inodes: int = 32, blocks: int = 26) -> Program:
    def creator(task: int) -> Body:
        inode = task % inodes
        yield ("acquire", f"inode lock{inode}")
        if (yield ("read", f"inode{inode}")) == 0:
            block = inode * 2 % blocks
            while True:
                yield ("acquire", f"block lock{block}")
                if not (yield ("read", f"busy{block}")):
                    yield ("write", f"busy{block}", True)
                    yield ("write", f"inode{inode}", block + 1)
                    yield ("release", f"block lock{block}")
                    break
                yield ("release", f"block lock{block}")
                block = (block + 1) % blocks
        yield ("release", f"inode lock{inode}")

    objects: dict[str, Any] = {}
    for i in range(inodes):
        objects |= {f"inode lock{i}": LOCK, f"inode{i}": 0}
    for i in range(blocks):
        objects |= {f"block lock{i}": LOCK, f"busy{i}": False}
    return Program(objects, started_from_main(*((creator, task) for task in range(n))))


def _increment() -> Body:
    value = yield ("read", "x")
    yield ("write", "x", value + 1)


def lockinc(n: int, repetitions: int = 1) -> Program:
    def incrementer() -> Body:
        for _ in range(repetitions):
            yield from holding("m", _increment())

    return Program({"m": LOCK, "x": 0}, started_from_main(*[(incrementer,)] * n))


def racyinc(n: int, repetitions: int = 1) -> Program:
    def incrementer() -> Body:
        for _ in range(repetitions):
            yield from _increment()

    return Program({"x": 0}, started_from_main(*[(incrementer,)] * n))


def semmutex(n: int) -> Program:
    def incrementer() -> Body:
        yield ("down", "s")
        yield from _increment()
        yield ("up", "s", 1)

    return Program({"s": 1, "x": 0}, started_from_main(*[(incrementer,)] * n))


def spawnjoin(n: int) -> Program:
    def incrementer() -> Body:
        yield from holding("m", _increment())

    def main() -> Body:
        yield from start_and_join(*[(incrementer,)] * n)
        assert (yield ("read", "x")) == n

    return Program({"m": LOCK, "x": 0}, main)


def dining(n: int, ordered: bool = False) -> Program:
    def philosopher(i: int) -> Body:
        first, second = i, (i + 1) % n
        if ordered and first > second:
            first, second = second, first
        yield ("acquire", f"fork{first}")
        yield ("acquire", f"fork{second}")
        yield ("release", f"fork{second}")
        yield ("release", f"fork{first}")

    forks = {f"fork{i}": LOCK for i in range(n)}
    return Program(forks, started_from_main(*((philosopher, i) for i in range(n))))


def store_buffering() -> Program:
    def task(mine: str, other: str) -> Body:
        yield ("write", mine, 1)
        yield ("read", other)

    return Program({"x": 0, "y": 0}, started_from_main((task, "x", "y"), (task, "y", "x")))


def lostwake(n: int) -> Program:
    def waiter() -> Body:
        yield from holding("m", wait("c", "m"))

    def notifier() -> Body:
        yield ("acquire", "m")
        yield ("notify", "c", "m", 1)
        yield ("release", "m")

    children = [(waiter,)] * n + [(notifier,)] * n
    return Program({"m": LOCK, "c": CONDITION}, started_from_main(*children))


def flagwait(n: int, wake_all: bool = True) -> Program:
    def waiter() -> Body:
        yield ("acquire", "m")
        while not (yield ("read", "flag")):
            yield from wait("c", "m")
        yield ("release", "m")

    def setter() -> Body:
        yield ("acquire", "m")
        yield ("write", "flag", True)
        yield ("notify", "c", "m", n if wake_all else 1)
        yield ("release", "m")

    objects = {"m": LOCK, "c": CONDITION, "flag": False}
    return Program(objects, started_from_main(*[(waiter,)] * n, (setter,)))


def barrier(n: int) -> Program:
    def task() -> Body:
        yield ("acquire", "m")
        arrived = (yield ("read", "k")) + 1
        yield ("write", "k", arrived)
        if arrived == n:
            yield ("notify", "c", "m", n)
        else:
            while (yield ("read", "k")) < n:
                yield from wait("c", "m")
        yield ("release", "m")

    return Program({"m": LOCK, "c": CONDITION, "k": 0}, started_from_main(*[(task,)] * n))


def buffer(
    producers: int,
    consumers: int,
    capacity: int = 1,
    items: int = 1,
    one_condition: bool = False,
    use_if: bool = False,
) -> Program:
    not_full, not_empty = ("c", "c") if one_condition else ("not full", "not empty")

    def blocked(full: bool) -> Body:
        count = yield ("read", "n")
        return count == (capacity if full else 0)

    def change(by: int) -> Body:
        """One item in (1) or out (-1), under the lock."""
        mine, theirs = (not_full, not_empty) if by == 1 else (not_empty, not_full)
        if use_if:
            if (yield from blocked(by == 1)):
                yield from wait(mine, "m")
        else:
            while (yield from blocked(by == 1)):
                yield from wait(mine, "m")
        count = yield ("read", "n")
        assert 0 <= count + by <= capacity
        yield ("write", "n", count + by)
        yield ("notify", theirs, "m", 1)

    def task(by: int, times: int) -> Body:
        for _ in range(times):
            yield from holding("m", change(by))

    objects: dict[str, Any] = {"m": LOCK, not_full: CONDITION, not_empty: CONDITION, "n": 0}
    children = [(task, 1, items)] * producers
    children += [(task, -1, items * producers // consumers)] * consumers
    return Program(objects, started_from_main(*children))


def semaphore_buffer(producers: int, consumers: int, capacity: int = 1) -> Program:
    def change(by: int) -> Body:
        count = yield ("read", "n")
        yield ("write", "n", count + by)

    def task(by: int, mine: str, theirs: str) -> Body:
        yield ("down", mine)
        yield from holding("m", change(by))
        yield ("up", theirs, 1)

    objects = {"empty": capacity, "full": 0, "m": LOCK, "n": 0}
    children = [(task, 1, "empty", "full")] * producers
    children += [(task, -1, "full", "empty")] * consumers
    return Program(objects, started_from_main(*children))


def lazy01() -> Program:
    def adder(amount: int) -> Body:
        value = yield ("read", "d")
        yield ("write", "d", value + amount)

    def checker() -> Body:
        yield ("acquire", "m")
        value = yield ("read", "d")
        yield ("release", "m")
        assert value < 3

    def locked_adder(amount: int) -> Body:
        yield from holding("m", adder(amount))

    children = ((locked_adder, 1), (locked_adder, 2), (checker,))
    return Program({"m": LOCK, "d": 0}, started_from_main(*children))


def phase01() -> Program:
    def task() -> Body:
        yield ("acquire", "x")
        yield ("release", "x")
        yield ("acquire", "x")
        yield ("acquire", "y")
        yield ("release", "y")
        yield ("acquire", "y")
        yield ("release", "y")

    return Program({"x": LOCK, "y": LOCK}, started_from_main((task,), (task,)))


def sync01() -> Program:
    def producer() -> Body:
        yield ("acquire", "m")
        while (yield ("read", "n")) > 0:
            yield from wait("empty", "m")
        count = yield ("read", "n")
        yield ("write", "n", count + 1)
        yield ("notify", "full", "m", 1)
        yield ("release", "m")

    def consumer() -> Body:
        yield ("acquire", "m")
        while (yield ("read", "n")) == 0:
            yield from wait("full", "m")
        yield ("notify", "empty", "m", 1)
        yield ("release", "m")

    objects = {"m": LOCK, "empty": CONDITION, "full": CONDITION, "n": 1}
    return Program(objects, started_from_main((producer,), (consumer,)))
