"""Three programs that suites of concurrency bugs have had for long: lazy01, phase01, sync01."""

import verify


def add(lock: verify.Lock, data: verify.Shared[int], amount: int) -> None:
    with lock:
        data.value += amount


def check(lock: verify.Lock, data: verify.Shared[int]) -> None:
    with lock:
        value = data.value
    assert value < 3, "both have added by now"


def lazy01() -> None:
    """Two tasks add 1 and 2; a third asserts that they are not both done."""
    lock, data = verify.Lock(), verify.Shared(0)
    tasks = [verify.Thread(target=add, args=(lock, data, amount)) for amount in (1, 2)]
    tasks.append(verify.Thread(target=check, args=(lock, data)))
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def keep_first_lock(x: verify.Lock, y: verify.Lock) -> None:
    x.acquire()
    x.release()
    x.acquire()
    y.acquire()
    y.release()
    y.acquire()
    y.release()


def phase01() -> None:
    """Two tasks, the first of which never gives the lock back: the other waits for ever."""
    x, y = verify.Lock(), verify.Lock()
    tasks = [verify.Thread(target=keep_first_lock, args=(x, y)) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def produce(empty: verify.Condition, full: verify.Condition, items: verify.Shared[int]) -> None:
    with empty:
        while items.value > 0:
            empty.wait()
        items.value += 1
        full.notify()


def consume(empty: verify.Condition, full: verify.Condition, items: verify.Shared[int]) -> None:
    with full:
        while items.value == 0:
            full.wait()
        empty.notify()


def sync01() -> None:
    """A consumer that takes nothing out: the producer waits for ever."""
    lock = verify.Lock()
    empty, full, items = verify.Condition(lock), verify.Condition(lock), verify.Shared(1)
    tasks = [verify.Thread(target=task, args=(empty, full, items)) for task in (produce, consume)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes_lazy01() -> int:
    """The orders of three critical sections."""
    return 6


def classes_phase01() -> int:
    """Whoever takes x a second time keeps it. The other one has had it before that not at all, or
    once, earlier or later than the first one's first time: 3, for either of the two."""
    return 6


def classes_sync01() -> int:
    """Who is first."""
    return 2


BENCHMARKS = {lazy01: classes_lazy01, phase01: classes_phase01, sync01: classes_sync01}


@verify.model(expect="assertion", classes=classes_lazy01())
def looks_too_late() -> None:
    """Wrong: the check comes last in 2 of the 6 orders."""
    lazy01()
