"""Small programs whose searches have all that a checkpoint must keep."""

from __future__ import annotations

from collections.abc import Callable

import verify
from tests.counts.programs import lastzero, lockinc, racyinc, run_all
from tests.workers.programs import lost, reads_or_not, shared_late

Program = Callable[[], object]


def two_invariants() -> None:
    """The second object is only looked at when the first has a value."""
    a, b = verify.Shared(0), verify.Shared(0)
    verify.invariant(lambda: a.value <= 1 or b.value < 9, name="first")

    def both() -> None:
        a.value += 1
        b.value += 1

    run_all(*[(both,)] * 2)


def chooses() -> None:
    total = verify.Shared(0)

    def add(number: int) -> None:
        total.value += verify.choose([number, 2 * number, 3])
        if total.value == 5:
            verify.cover("five")

    run_all(*((add, number) for number in (1, 2)))
    assert total.value != 4


def awaits() -> None:
    flag, total = verify.Shared(0), verify.Shared(0)

    def wait() -> None:
        while not flag.value:
            pass
        total.value += 1

    def let() -> None:
        total.value += 1
        flag.value = 1
        total.value += 1

    run_all((wait,), (let,), (wait,))


def waits_for_ever() -> None:
    flag, total = verify.Shared(0), verify.Shared(0)

    def wait() -> None:
        while not flag.value:
            pass
        total.value += 1

    def let() -> None:
        total.value += 1
        if total.value == 1:
            flag.value = 1

    run_all((wait,), (let,), (let,))


def orders_of_locks() -> None:
    one, other, total = verify.Lock(), verify.Lock(), verify.Shared(0)

    def there() -> None:
        with one, other:
            total.value += 1

    def back() -> None:
        if total.value == 1:
            with other, one:
                total.value += 1

    run_all((there,), (back,), (back,))


def asks_whether_it_lives() -> None:
    """No strategy with a plan can search it: the search begins again, and cannot be divided."""
    total = verify.Shared(0)

    def add() -> None:
        total.value += 1

    task = verify.Thread(target=add)
    task.start()
    if task.is_alive():
        total.value += 1
    task.join()


def starts_more() -> None:
    """Tasks and objects that there are in some executions only."""
    turn = verify.Shared(0)

    def take(number: int) -> None:
        seen, turn.value = turn.value, number
        if seen > number:
            cell = verify.Shared(0)

            def child() -> None:
                cell.value += 1
                turn.value += 1

            run_all((child,), (child,))

    run_all(*((take, number) for number in (1, 2)))


def sends() -> None:
    """Tasks that are processes, with a queue between them."""
    queue: verify.Queue[int] = verify.Queue(1)
    total = verify.Shared(0)

    def put(number: int) -> None:
        queue.put(number)

    def get() -> None:
        total.value = 10 * total.value + queue.get()

    tasks = [verify.Process(target=put, args=(number,)) for number in (1, 2)]
    tasks += [verify.Process(target=get) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert total.value != 21


PROGRAMS: dict[str, Program] = {
    "lastzero": lastzero(4),
    "racyinc": racyinc(3),
    "lockinc": lockinc(4),
    "lost soon": lost(4),
    "lost late": lost(1),
    "learns late": shared_late,
    "two invariants": two_invariants,
    "chooses": chooses,
    "awaits": awaits,
    "waits for ever": waits_for_ever,
    "orders of locks": orders_of_locks,
    "asks whether it lives": asks_whether_it_lives,
    "starts more": starts_more,
    "sends": sends,
    "reads or not": reads_or_not(5),
}
