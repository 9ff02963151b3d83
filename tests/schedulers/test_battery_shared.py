"""The battery: Shared and Atomic."""

from __future__ import annotations

from math import factorial

import pytest

import verify
from tests.schedulers.running import run


def test_a_shared_update_can_be_lost(carry):
    def program():
        count = verify.Shared(0)

        def increment():
            count.value += 1

        run(increment, increment)
        return count.value

    # r1 w1 and r2 w2: the writes in either order; the later writer's read before or after the
    # earlier write. Both writes last: lost.
    carry(program, 4, {1, 2})


@pytest.mark.parametrize("tasks", [2, 3])
def test_an_atomic_update_cannot(carry, tasks):
    def program():
        count = verify.Atomic(0)
        run(*[lambda: count.add(1)] * tasks)
        return count.load()

    carry(program, factorial(tasks), {tasks})


def test_add_returns_the_old_value(carry):
    def program():
        count, seen = verify.Atomic(5), verify.Shared(())
        seen.value = (count.add(2), count.add(-7), count.load())
        return seen.value

    carry(program, 1, {(5, 7, 0)})


def test_swap_hands_every_value_to_exactly_one(carry):
    def program():
        slot = verify.Atomic("first")
        got = [verify.Shared(None), verify.Shared(None)]
        run(*(lambda i=i: setattr(got[i], "value", slot.swap(i)) for i in range(2)))
        return got[0].value, got[1].value, slot.load()

    # Two writes in either order.
    carry(program, 2, {("first", 0, 1), (1, "first", 0)})


def test_one_compare_exchange_wins(carry):
    def program():
        slot = verify.Atomic(0)
        won = [verify.Shared(None) for _ in range(3)]

        def claim(i):
            won[i].value = slot.compare_exchange(0, i + 1)

        run(*(lambda i=i: claim(i) for i in range(3)))
        assert [share.value for share in won].count(True) == 1
        return slot.load()

    # The winner writes; the two that come after fail, which are reads and not ordered: 3 winners.
    carry(program, 3, {1, 2, 3})


def test_readers_do_not_conflict(carry):
    def program():
        cell = verify.Shared(0)
        seen = [verify.Shared(None) for _ in range(3)]

        def read(i):
            seen[i].value = cell.value

        def write():
            cell.value = 1

        run(write, *(lambda i=i: read(i) for i in range(3)))
        return tuple(share.value for share in seen)

    # Each of three readers comes before or after the one write.
    everything = {(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    carry(program, 8, everything)


def test_store_replaces_the_value(carry):
    def program():
        cell = verify.Atomic("a")
        run(lambda: cell.store("b"))
        return cell.load()

    carry(program, 1, {"b"})
