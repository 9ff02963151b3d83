"""By which pairs of events a program is divided, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sets, tuples

import verify
from tests.counts.programs import run_all
from verify.exploration.case import Case, Order, Place
from verify.exploration.division import CROWDED, LEAST, MOST, Division, Pairs, by_orders
from verify.exploration.piece import Piece
from verify.exploration.strategies import STRATEGIES
from verify.exploration.subtree import Subtree

A_B = Order(1, 0, 2, 0)
B_C = Order(2, 0, 3, 0)
A_C = Order(1, 0, 3, 0)


def test_all_combinations_of_orders() -> None:
    cases = by_orders([A_B, B_C], 2)
    assert cases == [
        (A_B, B_C),
        (A_B, B_C.reversed),
        (A_B.reversed, B_C),
        (A_B.reversed, B_C.reversed),
    ]


def test_no_more_than_half_of_the_pairs() -> None:
    pairs = [(Order(1, 0, task, 0), False) for task in range(2, 9)]
    cases = Division(pairs).cases(LEAST, LEAST)
    assert cases is not None
    assert len(cases) == 2**4 and {len(case) for case in cases if case} == {4}


def test_no_more_than_so_many_pairs() -> None:
    pairs = [(Order(1, 0, task, 0), False) for task in range(2, 5 + 2 * MOST)]
    cases = Division(pairs).cases(LEAST, LEAST)
    assert cases is not None and len(cases) == 2**MOST


def test_orders_that_go_round_in_a_circle_are_left_out() -> None:
    """A before B, B before C and C before A cannot be; nor can it that the second event of a task
    comes before one that its first comes behind."""
    assert by_orders([A_B, B_C, A_C], 3) == by_orders([A_B, B_C], 3)
    assert by_orders([A_B, Order(2, 0, 1, 1)], 2) == by_orders([A_B], 2)
    assert by_orders([A_B, Order(1, 3, 2, 0), A_C], 3) == by_orders([A_B, A_C], 3)


def test_other_orders_of_the_same_tasks_are_taken() -> None:
    assert len(by_orders([A_B, Order(1, 1, 2, 1)], 2)) == 4
    assert len(by_orders([Order(1, 1, 2, 0), Order(1, 0, 2, 1)], 2)) == 2


@given(sets(tuples(integers(1, 3), integers(0, 2), integers(1, 3), integers(0, 2)), max_size=5))
def test_each_combination_is_possible(numbers: set[tuple[int, int, int, int]]) -> None:
    """That is, some order of the events, in which those of each task are in theirs, has it. And an
    order is left out only if it has to be."""
    orders = [Order(*one) for one in sorted(numbers) if one[0] != one[2]]
    chosen: list[Order] = []
    for order in orders:
        combinations = by_orders([*chosen, order], 5)
        if len(combinations) == 2 ** (len(chosen) + 1):
            chosen.append(order)
            assert all(map(possible, combinations))
        else:
            both = [(*case, one) for case in combinations for one in (order, order.reversed)]
            assert not all(map(possible, both))
    assert by_orders(orders, 5) == by_orders(chosen, 5)


def possible(case: Case) -> bool:
    before: dict[Place, set[Place]] = {}
    for order in case:
        earlier, later = order.places
        before.setdefault(earlier, set())
        before.setdefault(later, set()).add(earlier)
    for place in before:
        before[place] |= {other for other in before if other[0] == place[0] and other < place}
    try:
        TopologicalSorter(before).prepare()
    except CycleError:
        return False
    return True


@pytest.mark.parametrize(
    ("executions", "waiting", "worth_while"),
    [
        (LEAST, LEAST, True),
        (LEAST, LEAST * CROWDED + 1, True),
        (LEAST, LEAST * CROWDED - 1, False),
        (LEAST - 1, LEAST, False),
    ],
)
def test_when_it_is_worth_while(executions: int, waiting: float, worth_while: bool) -> None:
    division = Division([(A_B, False)])
    assert (division.cases(executions, int(waiting)) is not None) is worth_while


def test_there_may_be_no_pairs() -> None:
    assert Division([]).cases(LEAST, LEAST) is None


def test_those_that_have_come_in_one_order_only_are_first() -> None:
    division = Division([(A_B, True), (B_C, False)])
    assert division.cases(LEAST, LEAST) == by_orders([B_C], 1)


def pairs_of(
    program: Callable[[], object], monkeypatch: pytest.MonkeyPatch, executions: int
) -> Pairs:
    """What is known after so many executions, or at the end."""
    search = Piece()
    search.turn_to(Subtree(None, 0, (), [], False))
    monkeypatch.setitem(STRATEGIES, "dpor", lambda seed: search)
    verify.explore(program, memoise=False, max_executions=executions)
    assert search.pairs is not None
    return search.pairs


def test_what_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of x both tasks have an event in each execution, in either order. Whether there is one of y
    depends on the order."""

    def program() -> None:
        x, y = verify.Shared(0), verify.Shared(0)

        def one() -> None:
            if x.value == 0:
                y.value = 1

        def other() -> None:
            x.value = 1
            _ = y.value

        run_all((one,), (other,))

    assert pairs_of(program, monkeypatch, 1) == [
        (Order(1, 0, 2, 0), False),
        (Order(1, 1, 2, 1), False),
    ]
    assert pairs_of(program, monkeypatch, 100) == [(Order(1, 0, 2, 0), True)]


def test_events_that_come_without_an_order_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tries of a lock that a third task may have taken before."""

    def program() -> None:
        lock = verify.Lock()

        def attempt() -> None:
            lock.acquire(blocking=False)

        run_all(*[(attempt,)] * 3)

    first = {order for order, _ in pairs_of(program, monkeypatch, 1)}
    kept = {order for order, _ in pairs_of(program, monkeypatch, 100)}
    assert kept < first
