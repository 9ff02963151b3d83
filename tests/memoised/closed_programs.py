"""Programs that share nothing but objects of the harness, in the ways in which people write them.

Each must be found closed: a needless suspicion costs the speed of memoised exploration.
"""

from __future__ import annotations

import enum
import functools
import itertools
import math
from abc import ABC, abstractmethod
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from operator import attrgetter
from queue import Empty
from typing import Generic, NamedTuple, TypeVar, cast

import verify
from tests.memoised.hiding import Program, run

CLOSED: dict[str, Program] = {}
T = TypeVar("T")
SIZES = {"small": 1, "large": 2}
PRIMES = frozenset({2, 3, 5})


def shares_nothing(program: Program) -> Program:
    """Register a program that is closed."""
    CLOSED[program.__name__] = program
    return program


class Message(NamedTuple):
    kind: str
    numbers: tuple[int, ...]

    def total(self) -> int:
        return sum(self.numbers)


@dataclass(frozen=True, order=True)
class Job:
    priority: int
    name: str = "job"


@dataclass
class Office:
    jobs: verify.PriorityQueue[Job]
    done: verify.Atomic[int]
    names: list[str] = field(default_factory=list)

    def clerk(self) -> None:
        with suppress(Empty):
            while True:
                job = self.jobs.get(block=False)
                assert job.name == "job"
                self.done.add(job.priority)


class Signal(enum.Enum):
    STOP = 1
    GO = 2

    def ends(self) -> bool:
        return self is Signal.STOP


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Storage(ABC):
    __slots__ = ("lock", "room")

    def __init__(self, room: int) -> None:
        self.lock = verify.Lock()
        self.room = room

    @property
    def size(self) -> int:
        return self.room

    @abstractmethod
    def store(self, item: int) -> None: ...


class Cupboard(Storage):
    shelves = (1, 2, 3)

    def __init__(self, room: int) -> None:
        super().__init__(room)
        self.stored = verify.Shared(0)

    @staticmethod
    def doubled(item: int) -> int:
        return 2 * item

    @classmethod
    def of_two(cls) -> Cupboard:
        return cls(2)

    def store(self, item: int) -> None:
        with self.lock:
            if self.stored.value < self.size * self.shelves[0]:
                self.stored.value += self.doubled(item)


class Box(Generic[T]):
    def __init__(self, content: T) -> None:
        self.content: verify.Shared[T] = verify.Shared(content)

    def swap(self, content: T) -> T:
        before, self.content.value = self.content.value, content
        return before


class Runner(verify.Thread):
    def __init__(self, box: Box[int], number: int) -> None:
        super().__init__(name=f"runner {number}")
        self.box = box
        self.number = number

    def run(self) -> None:
        self.box.swap(self.number)


class Spinning(verify.Lock):
    """A user's own lock, made of the harness's."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        while not super().acquire(blocking=False):
            super().acquire()
            return True
        return True


@contextmanager
def holding(lock: verify.Lock) -> Iterator[None]:
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def traced(function: Callable[..., T]) -> Callable[..., T]:
    @functools.wraps(function)
    def call(*arguments: int) -> T:
        return function(*arguments)

    return call


@verify.model
def inner_model() -> None:
    x = verify.Shared(0)
    run(lambda: x.value, lambda: x.value)


@shares_nothing
def a_table_of_locks() -> None:
    forks = {i: verify.Lock() for i in range(3)}

    def eat(i: int) -> None:
        first, second = sorted((i, (i + 1) % len(forks)))
        with forks[first], forks[second]:
            pass

    run(*((eat, i) for i in range(3)))


@shares_nothing
def messages() -> None:
    queue: verify.Queue[Message] = verify.Queue(1)
    total = verify.Atomic(0)

    def sender(i: int) -> None:
        queue.put(Message("numbers", tuple(range(i))))

    def receiver() -> None:
        match queue.get():
            case Message("numbers", numbers) as message:
                assert message.total() == sum(numbers)
                total.add(message.total())

    run((sender, 2), (sender, 3), receiver, receiver)


@shares_nothing
def an_office() -> None:
    office = Office(verify.PriorityQueue(), verify.Atomic(0))
    for i in range(2):
        office.jobs.put(Job(i))
    run(office.clerk, office.clerk)
    assert office.done.load() == 1


@shares_nothing
def signals() -> None:
    queue: verify.Queue[Signal | Level | None] = verify.Queue()

    def worker() -> None:
        while (signal := queue.get()) is not Signal.STOP:
            assert signal is None or signal == Level.HIGH
        assert signal.ends()

    run(worker, (queue.put, None), (queue.put, Level.HIGH), (queue.put, Signal.STOP))


@shares_nothing
def inherited_and_slotted() -> None:
    cupboard: Storage = Cupboard.of_two()
    run((cupboard.store, 1), (cupboard.store, 2))


@shares_nothing
def threads_of_a_class() -> None:
    box = Box[int](0)
    runners = [Runner(box, i) for i in range(2)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()


@shares_nothing
def a_lock_of_ones_own() -> None:
    lock, x = Spinning(), verify.Shared(0)

    def worker() -> None:
        with lock:
            x.value += 1

    run(worker, worker)


@shares_nothing
def partials_and_decorators() -> None:
    lock, x = verify.Lock(), verify.Shared(0)

    @traced
    def add(amount: int, times: int) -> None:
        with holding(lock):
            x.value += amount * times

    run(functools.partial(add, 2, 1), functools.partial(add, times=2, amount=3))


@shares_nothing
def containers_of_its_own() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        seen: dict[int, list[int]] = defaultdict(list)
        line, counts = deque([1, 2]), Counter[int]()
        for i in itertools.chain(line, (3,)):
            seen[x.value].append(i)
            counts[i] += 1
            x.value = math.floor(len(seen) / 2) + max(counts.values())
        line.clear()
        squares = {i * i for i in range(3)} | {n for n in PRIMES if n > 2}
        x.value = len(squares) + SIZES["small"] + cast(int, len(line))

    run(worker, worker)


@shares_nothing
def generators_of_its_own() -> None:
    x = verify.Shared(0)

    def looks(times: int) -> Iterator[int]:
        for _ in range(times):
            yield x.value

    def worker() -> None:
        x.value = sum(looks(2)) + 1
        print(f"saw {[*looks(1)]}")

    run(worker, worker)


@shares_nothing
def tasks_that_start_tasks() -> None:
    lock, x = verify.Lock(), verify.Shared(0)

    def worker(depth: int) -> None:
        with lock:
            x.value += 1
        if depth:
            children = [verify.Thread(target=worker, args=(depth - 1,)) for _ in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
            assert not children[0].is_alive()

    run((worker, 1))


@shares_nothing
def variables_of_its_own() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        count = 0

        def step() -> None:
            nonlocal count
            count += 1

        step()
        x.value = count

    run(worker, worker)


@shares_nothing
def functions_that_know_each_other() -> None:
    x = verify.Shared(3)

    def even(n: int) -> bool:
        return n == 0 or odd(n - 1)

    def odd(n: int) -> bool:
        return n != 0 and even(n - 1)

    def worker() -> None:
        x.value += even(x.value)

    run(worker, worker)


@shares_nothing
def an_invariant_and_a_barrier() -> None:
    x = verify.Shared(0)
    verify.invariant(lambda: x.value < 3)
    barrier = verify.Barrier(2, action=lambda: setattr(x, "value", 1))

    def worker() -> None:
        if barrier.wait() == 0:
            x.value = 2

    run(worker, worker)


@shares_nothing
def branches_and_sleeps() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        action = verify.choose([lambda: x.value, lambda: setattr(x, "value", 1)])
        action()
        verify.sleep(1)

    run(worker, worker)


@shares_nothing
def objects_sorted_by_an_attribute() -> None:
    jobs = (Job(2), Job(1))
    x = verify.Shared(jobs[0])

    def worker() -> None:
        x.value = min(jobs, key=attrgetter("priority"))
        if x.value in jobs and type(x.value) is Job:
            raise ValueError(f"{x.value} is one of them")

    run(worker, worker)


@shares_nothing
def a_model_within() -> None:
    inner_model()
