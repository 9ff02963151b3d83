"""Programs of which something shows only in some orders: in a worker first, or after a stop.

Those at the top can be imported by name, as a cluster does.
"""

from __future__ import annotations

from collections.abc import Callable

import verify
from tests.counts.programs import run_all


def lost(final: int) -> Callable[[], object]:
    """Four increments in two steps each, of which some are lost: that leaves not this number."""

    def program() -> None:
        counter = verify.Shared(0)

        def add() -> None:
            counter.value += 1

        run_all(*[(add,)] * 4)
        assert counter.value != final

    return program


def two_lost() -> None:
    """A goal that is reached where two of three increments are lost."""
    counter = verify.Shared(0)

    def add() -> None:
        counter.value += 1

    run_all(*[(add,)] * 3)
    if counter.value == 1:
        verify.cover("two are lost")


def shared_late() -> None:
    """Only in one order does a plain object come to be shared, and an invariant to be demanded."""
    turns = verify.Shared(())
    box = [0]

    def take(number: int) -> None:
        turns.value = (*turns.value, number)
        if turns.value == (2, 0, 1):
            verify.invariant(lambda: turns.value != (2, 0, 1, 3), name="no fourth")
            box.append(number)

    run_all(*((take, number) for number in range(3)))


def awaited_late() -> None:
    """Only where 2 and 0 are first does anybody await anything; an invariant comes later still."""
    turns, lock = verify.Shared(()), verify.Lock()

    def take(number: int) -> None:
        with lock:
            turns.value = (*turns.value, number)
        now = turns.value
        if now == (2, 0) and number == 0:
            while not turns.value[2:]:
                pass
        if now == (2, 1, 0) and number == 0:
            verify.invariant(lambda: len(turns.value) == 3, name="all three")

    run_all(*((take, number) for number in range(3)))


def started_late() -> None:
    """Two of three tasks start another one, whoever they are; these get in each other's way."""
    turns = verify.Shared(())
    locks = [verify.Lock(), verify.Lock()]

    def nest(number: int) -> None:
        with locks[number % 2], locks[1 - number % 2]:
            turns.value = ()

    def take(number: int) -> None:
        turns.value = before = (*turns.value, number)
        if len(before) > 1:
            verify.Thread(target=nest, args=(number,)).start()

    run_all(*((take, number) for number in range(3)))


def reads(number: int, never: int = -1) -> Callable[[], object]:
    """One writes, and so many read, each before that or after; not so many may do so after."""

    def program() -> None:
        written = verify.Shared(0)
        seen = [verify.Shared(0) for _ in range(number)]

        def read(index: int) -> None:
            seen[index].value = written.value

        def write() -> None:
            written.value = 1

        run_all(*((read, index) for index in range(number)), (write,))
        assert sum(one.value for one in seen) != never

    return program


def reads_or_not(number: int, instead: str = "") -> Callable[[], object]:
    """The same, and one more who reads something else, that is written once, unless one more thing
    is written by then; instead, this one reads what nobody writes, or fails.

    In the order in which executions are run, that is seen late.
    """

    def program() -> None:
        written, other, more, never = (verify.Shared(0) for _ in range(4))

        def read(cell: verify.Shared[int]) -> None:
            _ = cell.value

        def look() -> None:
            if not more.value:
                read(other)
            elif instead == "reads":
                read(never)
            else:
                assert instead != "fails"

        def write(cell: verify.Shared[int]) -> None:
            cell.value = 1

        readers = [(read, written)] * number
        run_all((write, other), (look,), (write, written), *readers, (write, more))

    return program
