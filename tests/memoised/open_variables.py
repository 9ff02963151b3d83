"""Open programs: containers and variables that tasks have in common."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable

import tests.memoised
import verify
from tests.memoised.hiding import hides, run

# ------------------------------------------------------------------ containers


@hides("results of worker has changed")
def a_list_in_the_closure() -> None:
    lock, results = verify.Lock(), []  # type: ignore[var-annotated]

    def worker(i: int) -> None:
        with lock:
            results.append(i)

    run((worker, 1), (worker, 2))
    assert results == [1, 2]


@hides("table of claim has changed")
def a_dictionary_tested_and_then_set() -> None:
    lock, table = verify.Lock(), {"free": True}

    def claim() -> None:
        if table["free"]:
            with lock:
                table["free"] = False

    run(claim, claim)


@hides("seen of worker has changed")
def a_set_in_the_closure() -> None:
    x, seen = verify.Shared(0), {0}

    def worker(i: int) -> None:
        seen.add(i)
        x.value = len(seen)

    run((worker, 1), (worker, 2))


@hides("line of worker has changed")
def a_deque_in_the_closure() -> None:
    x, line = verify.Shared(0), deque([1, 2])

    def worker() -> None:
        x.value = line.popleft()

    run(worker, worker)


@hides("its argument 1[1][0] of worker-1 has changed")
def a_list_in_a_tuple_in_the_arguments() -> None:
    x = verify.Shared(0)

    def worker(pair: tuple[int, tuple[list[int]]]) -> None:
        pair[1][0].append(pair[0])
        x.value = len(pair[1][0])

    common: list[int] = []
    run((worker, (1, (common,))), (worker, (2, (common,))))


@hides("rows[1] of worker has changed")
def a_list_in_a_list() -> None:
    x, rows = verify.Shared(0), [[0], [0]]

    def worker(i: int) -> None:
        rows[1][0] += i
        x.value = rows[1][0]

    run((worker, 1), (worker, 2))


@hides("its argument extra of worker-1 has changed")
def a_list_in_the_keyword_arguments() -> None:
    x, extra = verify.Shared(0), [0]

    def worker(extra: list[int]) -> None:
        extra[0] += 1
        x.value = extra[0]

    threads = [verify.Thread(target=worker, kwargs={"extra": extra}) for _ in range(2)]
    for thread in threads:
        thread.start()


@hides("found of main_changes_it has changed")
def a_list_that_only_the_main_task_changes() -> None:
    x, found = verify.Shared(0), [0]

    def main_changes_it() -> None:
        x.value = found[0]

    thread = verify.Thread(target=main_changes_it)
    thread.start()
    found[0] = 1
    thread.join()


@hides("a set of objects, whose order is that of memory")
def a_set_of_locks() -> None:
    locks = {verify.Lock(), verify.Lock()}

    def worker() -> None:
        for lock in locks:
            lock.acquire()

    run(worker, worker)


# ------------------------------------------------------------------ variables

total = 0
known: dict[str, int] = {}


@hides("worker assigns the global total")
def a_global_counter() -> None:
    lock = verify.Lock()

    def worker() -> None:
        global total
        with lock:
            total += 1

    run(worker, worker)


@hides("known of a_global_dictionary has changed")
def a_global_dictionary() -> None:
    x = verify.Shared(0)

    def worker(i: int) -> None:
        known[f"worker {i}"] = x.value

    run((worker, 1), (worker, 2))
    known.clear()


@hides("worker assigns best, a variable of the function around it")
def a_nonlocal_variable() -> None:
    lock, best = verify.Lock(), 0

    def worker(i: int) -> None:
        nonlocal best
        with lock:
            best = max(best, i)

    run((worker, 1), (worker, 2))


@hides("i of a lambda has changed")
def a_loop_variable_bound_late() -> None:
    x = verify.Shared(0)
    for i in range(2):
        verify.Thread(target=lambda: setattr(x, "value", i)).start()  # noqa: B023


@hides("limit of worker has changed")
def a_variable_that_gets_its_value_later() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        if x.value:
            x.value = limit

    thread = verify.Thread(target=worker)
    thread.start()
    limit = 3
    thread.join()


@hides("a default argument of worker has changed")
def a_mutable_default() -> None:
    x = verify.Shared(0)

    def worker(i: int, seen: list[int] = []) -> None:  # noqa: B006
        seen.append(i)
        x.value = len(seen)

    run((worker, 1), (worker, 2))


@hides("the attributes of worker has changed")
def a_function_attribute() -> None:
    x = verify.Shared(0)

    def worker() -> None:
        worker.calls = getattr(worker, "calls", 0) + 1  # type: ignore[attr-defined]
        x.value = worker.calls  # type: ignore[attr-defined]

    run(worker, worker)


@hides("the module tests.memoised, as a whole")
def an_attribute_of_a_module() -> None:
    x = verify.Shared(0)

    def worker(i: int) -> None:
        tests.memoised.latest = x.value + i  # type: ignore[attr-defined]

    run((worker, 1), (worker, 2))


@hides("calls of counted has changed")
def a_decorator_that_counts() -> None:
    x = verify.Shared(0)

    def counting(function: Callable[[], None]) -> Callable[[], None]:
        calls = [0]

        @functools.wraps(function)
        def counted() -> None:
            calls[0] += 1
            function()

        return counted

    @counting
    def worker() -> None:
        x.value += 1

    run(worker, worker)
