"""The programs whose counts are known, written with verify's primitives.

The same programs, under the same names, as in tests/reference/programs.py: each function returns a
program, and the objects are created in the same order. Tasks are started from the main task.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import verify

Main = Callable[[], object]


def run_all(*children: tuple[Any, ...]) -> None:
    """Start each child, a function and its arguments, then join them in the same order."""
    threads = [verify.Thread(target=function, args=args) for function, *args in children]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def lastzero(n: int) -> Main:
    def program() -> None:
        a = [verify.Shared(0) for _ in range(n + 1)]

        def reader() -> None:
            i = n
            while a[i].value != 0:
                i -= 1

        def writer(j: int) -> None:
            a[j].value = a[j - 1].value + 1

        run_all((reader,), *((writer, j) for j in range(1, n + 1)))

    return program


def readers(n: int) -> Main:
    def program() -> None:
        x = verify.Shared(0)

        def writer() -> None:
            x.value = 42

        def reader() -> None:
            _ = x.value

        run_all((writer,), *[(reader,)] * n)

    return program


def writers(n: int) -> Main:
    def program() -> None:
        x = verify.Shared(0)

        def writer(value: int) -> None:
            x.value = value

        run_all(*((writer, value) for value in range(n)))

    return program


def indexer(n: int, slots: int = 128, words: int = 4) -> Main:
    def program() -> None:
        locks = [verify.Lock() for _ in range(slots)]
        table = [verify.Shared(0) for _ in range(slots)]

        def inserter(task: int) -> None:
            for m in range(1, words + 1):
                word = m * 11 + task
                slot = word * 7 % slots
                while not insert(slot, word):
                    slot = (slot + 1) % slots

        def insert(slot: int, word: int) -> bool:
            with locks[slot]:
                free = table[slot].value == 0
                if free:
                    table[slot].value = word
            return free

        run_all(*((inserter, task) for task in range(n)))

    return program


def filesystem(n: int, inodes: int = 32, blocks: int = 26) -> Main:
    def program() -> None:
        inode_table = [(verify.Lock(), verify.Shared(0)) for _ in range(inodes)]
        block_table = [(verify.Lock(), verify.Shared(False)) for _ in range(blocks)]

        def creator(task: int) -> None:
            lock, inode = inode_table[task % inodes]
            with lock:
                if inode.value == 0:
                    block = task % inodes * 2 % blocks
                    while not allocate(block, inode):
                        block = (block + 1) % blocks

        def allocate(block: int, inode: verify.Shared[int]) -> bool:
            lock, busy = block_table[block]
            with lock:
                if busy.value:
                    return False
                busy.value = True
                inode.value = block + 1
                return True

        run_all(*((creator, task) for task in range(n)))

    return program


def lockinc(n: int, repetitions: int = 1) -> Main:
    def program() -> None:
        m, x = verify.Lock(), verify.Shared(0)

        def incrementer() -> None:
            for _ in range(repetitions):
                with m:
                    x.value += 1

        run_all(*[(incrementer,)] * n)

    return program


def racyinc(n: int, repetitions: int = 1) -> Main:
    def program() -> None:
        x = verify.Shared(0)

        def incrementer() -> None:
            for _ in range(repetitions):
                x.value += 1

        run_all(*[(incrementer,)] * n)

    return program


def semmutex(n: int) -> Main:
    def program() -> None:
        s, x = verify.Semaphore(1), verify.Shared(0)

        def incrementer() -> None:
            with s:
                x.value += 1

        run_all(*[(incrementer,)] * n)

    return program


def spawnjoin(n: int) -> Main:
    def program() -> None:
        m, x = verify.Lock(), verify.Shared(0)

        def incrementer() -> None:
            with m:
                x.value += 1

        run_all(*[(incrementer,)] * n)
        assert x.value == n

    return program


def dining(n: int, ordered: bool = False) -> Main:
    def program() -> None:
        forks = [verify.Lock() for _ in range(n)]

        def philosopher(i: int) -> None:
            first, second = i, (i + 1) % n
            if ordered and first > second:
                first, second = second, first
            with forks[first], forks[second]:
                pass

        run_all(*((philosopher, i) for i in range(n)))

    return program


def store_buffering() -> Main:
    def program() -> None:
        x, y = verify.Shared(0), verify.Shared(0)

        def task(mine: verify.Shared[int], other: verify.Shared[int]) -> None:
            mine.value = 1
            _ = other.value

        run_all((task, x, y), (task, y, x))

    return program


def lostwake(n: int) -> Main:
    def program() -> None:
        m = verify.Lock()
        c = verify.Condition(m)

        def waiter() -> None:
            with c:
                c.wait()

        def notifier() -> None:
            with c:
                c.notify()

        run_all(*[(waiter,)] * n, *[(notifier,)] * n)

    return program


def flagwait(n: int, wake_all: bool = True) -> Main:
    def program() -> None:
        m = verify.Lock()
        c, flag = verify.Condition(m), verify.Shared(False)

        def waiter() -> None:
            with c:
                while not flag.value:
                    c.wait()

        def setter() -> None:
            with c:
                flag.value = True
                c.notify(n if wake_all else 1)

        run_all(*[(waiter,)] * n, (setter,))

    return program


def barrier(n: int) -> Main:
    def program() -> None:
        m = verify.Lock()
        c, k = verify.Condition(m), verify.Shared(0)

        def task() -> None:
            with c:
                arrived = k.value + 1
                k.value = arrived
                if arrived == n:
                    c.notify_all()
                else:
                    while k.value < n:
                        c.wait()

        run_all(*[(task,)] * n)

    return program


def buffer(
    producers: int,
    consumers: int,
    capacity: int = 1,
    items: int = 1,
    one_condition: bool = False,
    use_if: bool = False,
) -> Main:
    def program() -> None:
        m = verify.Lock()
        not_full = verify.Condition(m)
        not_empty = not_full if one_condition else verify.Condition(m)
        n = verify.Shared(0)

        def change(by: int) -> None:
            """One item in (1) or out (-1), under the lock."""
            mine, theirs = (not_full, not_empty) if by == 1 else (not_empty, not_full)
            blocked = capacity if by == 1 else 0
            if use_if:
                if n.value == blocked:
                    mine.wait()
            else:
                while n.value == blocked:
                    mine.wait()
            count = n.value
            assert 0 <= count + by <= capacity
            n.value = count + by
            theirs.notify()

        def task(by: int, times: int) -> None:
            for _ in range(times):
                with m:
                    change(by)

        children = [(task, 1, items)] * producers
        children += [(task, -1, items * producers // consumers)] * consumers
        run_all(*children)

    return program


def semaphore_buffer(producers: int, consumers: int, capacity: int = 1) -> Main:
    def program() -> None:
        empty, full = verify.Semaphore(capacity), verify.Semaphore(0)
        m, n = verify.Lock(), verify.Shared(0)

        def task(by: int, mine: verify.Semaphore, theirs: verify.Semaphore) -> None:
            mine.acquire()
            with m:
                n.value += by
            theirs.release()

        run_all(*[(task, 1, empty, full)] * producers, *[(task, -1, full, empty)] * consumers)

    return program


def lazy01() -> Main:
    def program() -> None:
        m, d = verify.Lock(), verify.Shared(0)

        def locked_adder(amount: int) -> None:
            with m:
                d.value += amount

        def checker() -> None:
            with m:
                value = d.value
            assert value < 3

        run_all((locked_adder, 1), (locked_adder, 2), (checker,))

    return program


def phase01() -> Main:
    def program() -> None:
        x, y = verify.Lock(), verify.Lock()

        def task() -> None:
            x.acquire()
            x.release()
            x.acquire()
            y.acquire()
            y.release()
            y.acquire()
            y.release()

        run_all((task,), (task,))

    return program


def sync01() -> Main:
    def program() -> None:
        m = verify.Lock()
        empty, full = verify.Condition(m), verify.Condition(m)
        n = verify.Shared(1)

        def producer() -> None:
            with m:
                while n.value > 0:
                    empty.wait()
                n.value += 1
                full.notify()

        def consumer() -> None:
            with m:
                while n.value == 0:
                    full.wait()
                empty.notify()

        run_all((producer,), (consumer,))

    return program
