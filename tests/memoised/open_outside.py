"""Open programs: what moves on by itself, values that pass through, code that is not a task's."""

from __future__ import annotations

import contextvars
import enum
import functools
import itertools
import os
import random
import threading
import time
import weakref
from typing import Any, NamedTuple

import verify
from tests.memoised.hiding import Program, hides, run

# ------------------------------------------------------------------ what moves on by itself


@hides("numbers, a generator")
def a_generator() -> None:
    x = verify.Shared(0)
    numbers = (i for i in range(10))

    def worker() -> None:
        x.value = next(numbers)

    run(worker, worker)


@hides("tickets, a count")
def an_iterator() -> None:
    x, tickets = verify.Shared(0), itertools.count()

    def worker() -> None:
        x.value = next(tickets)

    run(worker, worker)


@hides("the object of its target of Thread-1 has changed")
def a_method_of_a_list() -> None:
    log: list[int] = []
    names = iter(["Thread-1", "Thread-2"])
    threads = [verify.Thread(target=log.append, args=(i,), name=next(names)) for i in range(2)]
    for thread in threads:
        thread.start()


@hides("its target[1] of collecting has changed")
def a_list_in_a_partial() -> None:
    x = verify.Shared(0)

    def collect(into: list[int], i: int) -> None:
        into.append(x.value + i)

    common: list[int] = []
    threads = [
        verify.Thread(target=functools.partial(collect, common, i), name="collecting")
        for i in range(2)
    ]
    for thread in threads:
        thread.start()


@hides("worker reaches time.monotonic")
def the_time() -> None:
    x = verify.Shared(0.0)

    def worker() -> None:
        x.value = time.monotonic()

    run(worker, worker)


@hides("worker reaches the object of random.random, a Random")
def a_random_number() -> None:
    x = verify.Shared(0.0)

    def worker() -> None:
        x.value = random.random()

    run(worker, worker)


@hides("worker reaches os.environ")
def the_environment() -> None:
    x = verify.Shared("")

    def worker() -> None:
        x.value = os.environ.get("HOME", "")

    run(worker, worker)


@hides("worker reaches id")
def an_address() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        x.value = id(x)

    run(worker, worker)


@hides("worker imports time")
def an_import() -> None:
    x = verify.Shared(0.0)

    def worker() -> None:
        import time as clock

        x.value = clock.monotonic()

    run(worker, worker)


@hides("worker reaches globals")
def the_namespace() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        globals()["total"] = x.value

    run(worker, worker)


OWN = threading.local()
VARIABLE = contextvars.ContextVar("VARIABLE", default=0)
REFERENCE = weakref.ref(Program)
GUARD = threading.Lock()


@hides("worker reaches OWN, a _local")
def a_thread_local() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        OWN.x = x.value

    run(worker, worker)


@hides("worker reaches VARIABLE, a ContextVar")
def a_context_variable() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        VARIABLE.set(x.value)

    run(worker, worker)


@hides("worker reaches REFERENCE, a ReferenceType")
def a_weak_reference() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        x.value = int(REFERENCE() is None)

    run(worker, worker)


@hides("worker reaches GUARD, a lock")
def a_real_lock() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        with GUARD:
            x.value += 1

    run(worker, worker)


OUTSIDE = verify.Lock()


@hides("worker reaches OUTSIDE, which was created outside the program")
def a_lock_from_outside() -> None:
    def worker() -> None:
        with OUTSIDE:
            pass

    run(worker, worker)


@hides("worker looks at the attribute gi_frame")
def a_frame() -> None:
    x = verify.Shared(0)

    def steps() -> Any:
        found = x.value
        yield found

    def worker() -> None:
        iterator = steps()
        next(iterator)
        x.value = iterator.gi_frame.f_locals["found"] if x.value else 0

    run(worker, worker)


# ------------------------------------------------------------------ values that pass through


class Pair(NamedTuple):
    left: list[int]
    right: int


@hides("a list passes through an object of the harness")
def a_list_through_a_queue() -> None:
    queue: verify.Queue[list[int]] = verify.Queue()

    def worker() -> None:
        item = [1]
        queue.put(item)
        item.append(2)

    run(worker)
    assert queue.get() == [1]


@hides("a list passes through an object of the harness")
def a_list_in_a_named_tuple_through_a_queue() -> None:
    queue: verify.Queue[Pair] = verify.Queue()
    run(lambda: queue.put(Pair([], 1)))


@hides("a dict passes through an object of the harness")
def a_shared_dictionary() -> None:
    table: verify.Shared[dict[int, int]] = verify.Shared({})

    def worker(i: int) -> None:
        table.value[i] = i

    run((worker, 1), (worker, 2))


@hides("a frozenset passes through an object of the harness")
def a_shared_set() -> None:
    members: verify.Shared[frozenset[int]] = verify.Shared(frozenset())

    def worker(i: int) -> None:
        members.value |= {i}

    run((worker, 1), (worker, 2))


@hides("its class is made anew in every run")
def an_enum_of_the_program() -> None:
    class Signal(enum.Enum):
        STOP = 1

    signals: verify.Queue[Signal] = verify.Queue()

    def worker() -> None:
        assert signals.get() == Signal.STOP

    thread = verify.Thread(target=worker)
    thread.start()
    signals.put(Signal.STOP)


@hides("compares with `is` what may be equal values")
def equal_values_told_apart() -> None:
    x: verify.Shared[tuple[int, ...]] = verify.Shared((1, 2))

    def worker() -> None:
        before = x.value
        if x.value is before:
            x.value = (1, *before[1:])

    run(worker, worker)


LIMIT = (1, 2)


@hides("compares with `is LIMIT`, which may have equals")
def a_value_told_apart_from_its_equals() -> None:
    x: verify.Shared[tuple[int, ...]] = verify.Shared(LIMIT)

    def worker() -> None:
        if x.value is LIMIT:
            x.value = (1, x.value[1])

    run(worker, worker)


# ------------------------------------------------------------------ code that is not a task's


@hides("seen of a lambda has changed")
def an_invariant_that_counts() -> None:
    x, seen = verify.Shared(0), []  # type: ignore[var-annotated]
    verify.invariant(lambda: seen.append(x.value) is None, "counting")

    def worker() -> None:
        x.value += 1

    run(worker, worker)


@hides("passed of a lambda has changed")
def an_action_of_a_barrier() -> None:
    passed: list[int] = []
    barrier = verify.Barrier(2, action=lambda: passed.append(1))
    run(barrier.wait, barrier.wait)


@hides("Process-1 is a process, which works on copies of what it reaches")
def a_process() -> None:
    x = verify.Shared(0)
    process = verify.Process(target=lambda: setattr(x, "value", 1), name="Process-1")
    process.start()
    process.join()
