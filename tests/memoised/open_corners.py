"""Open programs: the corners in which something can hide, one for each way that the walk takes."""

from __future__ import annotations

import functools
import itertools
import logging
import time
from abc import ABC
from collections import defaultdict
from types import FunctionType
from typing import Any, Generic, NamedTuple, TypeVar

import greenlet

import verify
from tests.memoised.hiding import hides, run
from verify.exploration.report import Report

T = TypeVar("T")


class Late(verify.Thread):
    __slots__ = ("noted",)

    def __init__(self, x: verify.Shared[int]) -> None:
        super().__init__(name="late")
        self.x = x

    def run(self) -> None:
        if self.x.value:
            self.noted = self.x.value
        else:
            self.new = 1


class Owned(verify.Lock):
    __slots__ = ("owner",)


class Pair(NamedTuple):
    left: list[int]
    right: int


class Ancestor:
    log: list[int] = []  # noqa: RUF012


class Counting(type):
    made = 0


class Remembering:
    remember = staticmethod(lambda seen=[]: seen.append(1))


class Ageing:
    @property
    def age(self) -> float:
        return time.monotonic()


class Inherited(Ancestor):
    pass


class Measured(metaclass=Counting):
    pass


class Kind(ABC):  # noqa: B024
    pass


class Box(Generic[T]):
    made = 0

    def __init__(self, content: T) -> None:
        type(self).made += 1


IntBox = Box[int]


@hides("the attributes of late has changed")
def a_new_attribute_of_a_thread() -> None:
    late = Late(verify.Shared(0))
    late.start()
    late.join()
    assert late.new == 1


@hides("self.noted of late has changed")
def a_slot_of_a_thread() -> None:
    late = Late(verify.Shared(1))
    late.start()
    late.join()
    assert late.noted == 1


@hides("lock.owner of worker has changed")
def a_slot_of_a_lock() -> None:
    lock: Any = Owned()

    def worker(i: int) -> None:
        with lock:
            lock.owner = i

    run((worker, 1), (worker, 2))


@hides("into")
def a_list_in_the_keywords_of_a_partial() -> None:
    x, common = verify.Shared(0), []  # type: ignore[var-annotated]

    def collect(into: list[int]) -> None:
        into.append(x.value)

    job = functools.partial(collect, into=common)
    run(job, job)


@hides("job of worker has changed")
def an_attribute_of_a_partial() -> None:
    x = verify.Shared(0)
    job: Any = functools.partial(len, ())

    def worker() -> None:
        job.seen = x.value

    run(worker, worker)


@hides("a default argument of a lambda has changed")
def a_static_method_that_remembers() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        x.value += 1
        Remembering.remember()

    run(worker, worker)


@hides("age reaches time.monotonic")
def a_property_that_looks_at_the_clock() -> None:
    x, ageing = verify.Shared(0.0), Ageing()

    def worker() -> None:
        x.value = ageing.age

    run(worker, worker)


@hides("Ancestor.log of an_attribute_of_an_inherited_class has changed")
def an_attribute_of_an_inherited_class() -> None:
    x, inherited = verify.Shared(0), Inherited()

    def worker() -> None:
        inherited.log.append(x.value)

    run(worker, worker)


@hides("table['a'] of worker has changed")
def a_list_in_a_dictionary() -> None:
    x, table = verify.Shared(0), {"a": [0]}

    def worker() -> None:
        table["a"].append(x.value)

    run(worker, worker)


class Key:
    count = 0


@hides("a key of table of worker has changed")
def a_key_of_a_dictionary() -> None:
    x, table = verify.Shared(0), {Key(): 1}

    def worker() -> None:
        for key in table:
            key.count += x.value + 1

    run(worker, worker)


@hides("pair[0] of worker has changed")
def a_list_in_a_named_tuple() -> None:
    x, pair = verify.Shared(0), Pair([], 1)

    def worker() -> None:
        pair.left.append(x.value)

    run(worker, worker)


@hides("worker reaches the factory of numbers, a count")
def a_factory_that_counts() -> None:
    x = verify.Shared(0)
    numbers: dict[int, int] = defaultdict(itertools.count().__next__)

    def worker() -> None:
        x.value = numbers[x.value]

    run(worker, worker)


@hides("worker reaches logging.warning, which is not known")
def a_function_of_the_library() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        if x.value:
            logging.warning("done")

    run(worker, worker)


OWN_BUILTINS = {"__builtins__": {"len": lambda text: 1}}
LENGTH = FunctionType((lambda: len("abc")).__code__, OWN_BUILTINS)


@hides("a lambda has builtins of its own")
def builtins_of_its_own() -> None:
    run(LENGTH, LENGTH)


@hides("a class of an extension module")
def a_class_of_an_extension() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        if x.value:
            greenlet.greenlet(worker).switch()

    run(worker, worker)


@hides("worker calls Kind.register, which changes what an instance is")
def a_class_that_is_registered() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        if not isinstance(x.value, Kind):
            Kind.register(int)

    run(worker, worker)


@hides("worker reaches Measured, a class with a metaclass")
def a_metaclass() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        x.value = Measured.made

    run(worker, worker)


@hides("report, an object of the harness that is no primitive")
def an_object_of_the_harness() -> None:
    x, report = verify.Shared(0), Report("dpor")

    def worker() -> None:
        report.executions += x.value

    run(worker, worker)


@hides("Box has changed")
def a_class_behind_an_alias() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        IntBox(x.value)

    run(worker, worker)


@hides("worker assigns the attribute __class__")
def the_class_of_an_object() -> None:
    x, key = verify.Shared(0), Key()

    def worker() -> None:
        if x.value:
            key.__class__ = Inherited  # type: ignore[assignment]

    run(worker, worker)


@hides("has a __del__, which runs when memory is tidied up")
def a_finalizer_of_its_own() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        class Mourned:
            def __del__(self) -> None:
                x.value += 1

        Mourned()

    run(worker, worker)


@hides("inner assigns the global")
def a_global_assigned_within() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        def inner() -> None:
            global latest
            latest = x.value

        inner()

    run(worker, worker)


@hides("worker assigns count, a variable of the function around it")
def a_variable_assigned_from_within() -> None:
    x, count = verify.Shared(0), 0

    def worker() -> None:
        def inner() -> None:
            nonlocal count
            count += x.value

        inner()

    run(worker, worker)
    assert count == 0


LIMIT = (1, 2)


@hides("compares with `is LIMIT`")
def values_told_apart_within() -> None:
    x: verify.Shared[tuple[int, ...]] = verify.Shared(LIMIT)

    def worker() -> None:
        if any(value is LIMIT for value in (x.value,)):
            x.value = (1, x.value[1])

    run(worker, worker)
