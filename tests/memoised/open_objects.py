"""Open programs: objects with attributes, and iterators, that tasks have in common."""

from __future__ import annotations

import enum
import functools
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import verify
from tests.memoised.hiding import hides, run

# ------------------------------------------------------------------ objects


class Account:
    """A balance beside a lock, and a class that counts."""

    opened = 0

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.balance = 0

    def pay(self, amount: int) -> None:
        with self.lock:
            self.balance += amount

    def open(self) -> None:
        with self.lock:
            type(self).opened += 1


class Slotted:
    __slots__ = ("count", "lock")

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.count = 0

    def worker(self) -> None:
        with self.lock:
            self.count += 1


@dataclass
class Point:
    x: int
    y: int


class Color(enum.Enum):
    RED = 1


class Recording(verify.Thread):
    """Keeps its result, for whoever started it."""

    def __init__(self, x: verify.Shared[int]) -> None:
        super().__init__(name="recorder")
        self.x = x
        self.result = 0

    def run(self) -> None:
        self.result = self.x.value


class Lazy:
    def __init__(self) -> None:
        self.x = verify.Shared(0)

    @functools.cached_property
    def first_seen(self) -> int:
        return self.x.value

    def worker(self) -> None:
        self.x.value = self.first_seen + 1


class Mourned:
    def __init__(self, x: verify.Shared[int]) -> None:
        self.x = x

    def __del__(self) -> None:
        pass

    def worker(self) -> None:
        self.x.value += 1


@hides("self of pay has changed")
def an_attribute_of_a_bound_method() -> None:
    account = Account()
    run((account.pay, 1), (account.pay, 2))


@hides("account of worker has changed")
def an_attribute_of_an_object() -> None:
    account = Account()

    def worker() -> None:
        account.pay(1)

    run(worker, worker)


@hides("Account has changed")
def a_class_attribute() -> None:
    account = Account()
    run(account.open, account.open)


@hides("self.count of worker has changed")
def a_slot() -> None:
    counter = Slotted()
    run(counter.worker, counter.worker)


@hides("point of worker has changed")
def a_dataclass() -> None:
    lock, point = verify.Lock(), Point(0, 0)

    def worker() -> None:
        with lock:
            point.x += 1

    run(worker, worker)


@hides("has changed")
def an_attribute_of_an_enum_member() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        Color.RED.seen = x.value  # type: ignore[attr-defined]
        x.value = 1

    run(worker, worker)


@hides("result of recorder has changed")
def an_attribute_of_a_thread() -> None:
    x = verify.Shared(1)
    recorder = Recording(x)
    recorder.start()
    recorder.join()
    assert recorder.result == 1


@hides("lock of worker has changed")
def an_attribute_of_a_lock() -> None:
    lock: Any = verify.Lock()

    def worker(i: int) -> None:
        with lock:
            lock.latest = i

    run((worker, 1), (worker, 2))


@hides("queue of worker has changed")
def the_size_of_a_queue() -> None:
    queue: verify.Queue[int] = verify.Queue(1)

    def worker() -> None:
        queue.put(1)
        queue.maxsize += 1

    run(worker, worker)


@hides("helper reaches other, a task, which changes when it is started")
def a_task_that_another_one_looks_at() -> None:
    x = verify.Shared(0)
    other = verify.Thread(target=lambda: setattr(x, "value", 1))

    def helper() -> None:
        if other.is_alive():
            x.value = 2

    run(helper)
    other.start()


@hides("lru_cache")
def a_cache() -> None:
    x = verify.Shared(0)

    @functools.lru_cache
    def look() -> int:
        return x.value

    def worker() -> None:
        x.value = look() + 1

    run(worker, worker)


@hides("cached_property")
def a_cached_property() -> None:
    lazy = Lazy()
    run(lazy.worker, lazy.worker)


@hides("__del__ runs when memory is tidied up")
def a_finalizer() -> None:
    x = verify.Shared(0)
    run(Mourned(x).worker, Mourned(x).worker)


# ------------------------------------------------------------------ attributes by name


class Plain:
    level = 0


class Raised(Plain):
    level = 1


CLASS = "__class__"


@hides("worker may reach the attribute __class__ by its name, with setattr")
def a_class_that_is_assigned_by_name() -> None:
    x, one = verify.Shared(0), Plain()

    def worker() -> None:
        x.value += one.level
        setattr(one, "__class__", Raised)  # noqa: B010

    run(worker, worker)


@hides("worker may reach the attribute __defaults__ by its name, with setattr")
def a_default_that_is_assigned_by_name() -> None:
    x = verify.Shared(0)

    def number(default: int = 0) -> int:
        return default

    def worker() -> None:
        x.value += number()
        setattr(number, "__defaults__", (1,))  # noqa: B010

    run(worker, worker)


@hides("worker may reach the attribute __globals__ by its name, with operator.attrgetter")
def a_namespace_that_is_found_by_name() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        space = operator.attrgetter("__globals__")(worker)
        x.value += space.setdefault("unheard of", 1)

    run(worker, worker)


@hides("worker may reach the attribute __globals__ by its name")
def a_namespace_that_is_asked_for() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        space = object.__getattribute__(worker, "__globals__")
        x.value += space.setdefault("unheard of", 1)

    run(worker, worker)


def assign(one: object, name: str, value: object) -> None:
    setattr(one, name, value)


@hides("assign reaches attributes by names from elsewhere, with setattr")
def an_attribute_of_any_name() -> None:
    x, one = verify.Shared(0), Plain()

    def worker() -> None:
        x.value += one.level
        assign(one, "__class__", Raised)

    run(worker, worker)


@hides("reaches its argument 1, by which attributes are reached by name")
def an_attribute_by_an_argument() -> None:
    x, one = verify.Shared(0), Plain()

    def worker(assign: Callable[[object, str, object], None]) -> None:
        x.value += one.level
        assign(one, CLASS, Raised)

    run((worker, setattr), (worker, setattr))
