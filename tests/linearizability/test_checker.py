"""The checker against the definition, on small random histories and on well-known ones.

The definition tries every order of the calls; the checker must agree with it, whatever it takes for
granted to be quick.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import Any

import pytest

from verify.properties.linearizability import (
    GOES_ON,
    LINEARIZABLE,
    NOT_LINEARIZABLE,
    PENDING,
    UNDETERMINED,
    Call,
    Checker,
    Model,
    check,
    key,
    misfit,
)


def _queue(state: tuple[Any, ...], task: int, action: Any) -> Iterator[tuple[Any, Any]]:
    what, item = action
    if what == "put":
        yield None, (*state, item)
    elif what == "get" and state:
        yield state[0], state[1:]
    elif what == "try":
        yield (state[0], state[1:]) if state else (None, state)


def _register(state: int, task: int, action: Any) -> Iterator[tuple[Any, Any]]:
    what, value = action
    yield (None, value) if what == "write" else (state, state)


def _perhaps(state: int, task: int, action: Any) -> Iterator[tuple[Any, Any]]:
    """A counter whose every add may fail."""
    if action[0] == "add":
        yield True, state + 1
        yield False, state
    else:
        yield state, state


QUEUE = Model((), _queue)
REGISTER = Model(0, _register)
PERHAPS = Model(0, _perhaps)
ACTIONS: dict[Model, list[tuple[str, Any]]] = {
    QUEUE: [("put", 1), ("put", 2), ("get", None), ("try", None)],
    REGISTER: [("write", 1), ("write", 2), ("read", None)],
    PERHAPS: [("add", None), ("look", None)],
}
GIVEN = {QUEUE: [None, 1, 2], REGISTER: [0, 1, 2], PERHAPS: [True, False, 0, 1, 2]}


def by_definition(history: Sequence[Call], model: Model, ended: bool) -> bool:
    """Whether some order of the returned calls and of some of the others explains everything."""
    returned = [call for call in history if call.returned != PENDING]
    others = [call for call in history if call.returned == PENDING]
    chosen = [()] if ended else [c for n in range(len(others) + 1) for c in combinations(others, n)]
    for effective in chosen:
        for order in permutations([*returned, *effective]):
            in_time = all(
                not later.returned < earlier.invoked
                for index, earlier in enumerate(order)
                for later in order[index + 1 :]
            )
            if in_time and any(
                not ended
                or not any(list(model.step(state, one.task, one.action)) for one in others)
                for state in states_after(order, model)
            ):
                return True
    return False


def states_after(order: Sequence[Call], model: Model) -> list[Any]:
    states = [model.initial]
    for call in order:
        states = [
            after
            for state in states
            for outcome, after in model.step(state, call.task, call.action)
            if call.returned == PENDING or outcome == call.outcome
        ]
    return states


def random_history(chance: random.Random, model: Model) -> list[Call]:
    """Up to five calls of three tasks, each task's one after another, with random outcomes."""
    calls: list[Call] = []
    running: dict[int, Call] = {}
    for instant in range(chance.randint(2, 11)):
        task = chance.randrange(3)
        if task in running:
            call = running.pop(task)
            call.returned = instant
            call.outcome = (
                None if call.action[0] in ("put", "write") else chance.choice(GIVEN[model])
            )
        elif len(calls) < 5:
            running[task] = Call(task, chance.choice(ACTIONS[model]), instant)
            calls.append(running[task])
    return calls


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("model", [QUEUE, REGISTER, PERHAPS])
def test_it_agrees_with_the_definition(model: Model, ended: bool) -> None:
    chance = random.Random(1)
    answers = []
    for _ in range(400):
        history = random_history(chance, model)
        expected = by_definition(history, model, ended)
        answer = check(history, model, ended=ended)
        assert answer is (LINEARIZABLE if expected else NOT_LINEARIZABLE)
        answers.append(expected)
    assert min(answers.count(True), answers.count(False)) > 20, "both kinds were tried"


def test_the_call_without_a_place_is_the_first_that_cannot_be_explained() -> None:
    """By the definition on every beginning of the history."""
    chance = random.Random(2)
    found = 0
    for _ in range(300):
        history = random_history(chance, QUEUE)
        expected = None
        for instant in range(12):
            cut = [
                call if call.returned <= instant else Call(call.task, call.action, call.invoked)
                for call in history
                if call.invoked <= instant
            ]
            if not by_definition(cut, QUEUE, False):
                expected = next(call for call in history if call.returned == instant)
                break
        assert misfit(history, QUEUE) is expected
        found += expected is not None
    assert found > 50


def history(*calls: tuple[int, tuple[str, Any], int, int, Any]) -> list[Call]:
    return [Call(*call) for call in calls]


def test_herlihy_and_wing_s_queues() -> None:
    """The first two histories of figure 1 of their paper: E(x) A, E(y) B, D(x) B, D(y) A, E(z) A
    is one; where x was put before y, but y comes out first, is none."""
    put_x, put_y, put_z = ("put", "x"), ("put", "y"), ("put", "z")
    get = ("get", None)
    good = history(
        (0, put_x, 0, 2, None),
        (1, put_y, 1, 3, None),
        (1, get, 4, 6, "x"),
        (0, get, 5, 7, "y"),
        (0, put_z, 8, 9, None),
    )
    assert check(good, QUEUE) is LINEARIZABLE
    bad = history((0, put_x, 0, 1, None), (1, put_y, 2, 3, None), (0, get, 4, 5, "y"))
    assert check(bad, QUEUE) is NOT_LINEARIZABLE
    assert misfit(bad, QUEUE) is bad[2]


def test_what_has_not_returned_may_have_happened() -> None:
    write, read = ("write", 1), ("read", None)
    for found in (0, 1):
        either = history((0, write, 0, PENDING, None), (1, read, 1, 2, found))
        assert check(either, REGISTER) is LINEARIZABLE
    both = history((0, write, 0, PENDING, None), (1, read, 1, 2, 1), (1, read, 3, 4, 0))
    assert check(both, REGISTER) is NOT_LINEARIZABLE, "but not both"


def test_at_the_end_nobody_waits_who_could_go_on() -> None:
    waiting = history((0, ("get", None), 0, PENDING, None), (1, ("put", 1), 1, 2, None))
    assert check(waiting, QUEUE) is LINEARIZABLE
    assert check(waiting, QUEUE, ended=True) is NOT_LINEARIZABLE
    assert misfit(waiting, QUEUE) is None
    taken = [*waiting, Call(1, ("get", None), 3, 4, 1)]
    assert check(taken, QUEUE, ended=True) is LINEARIZABLE


def test_a_search_without_enough_steps_says_so() -> None:
    """Eight puts at once and a get that finds none of them: all orders fail, in many states."""
    calls = [Call(task, ("put", task), task, 20 + task, None) for task in range(8)]
    calls.append(Call(8, ("get", None), 50, 51, "none of these"))
    assert check(calls, QUEUE, budget=1000) is UNDETERMINED
    assert check(calls[:8], QUEUE, budget=1000) is LINEARIZABLE


def test_each_pair_of_calls_and_state_is_tried_once() -> None:
    """Ten writes of one value at once, and a read of another: 2^10 sets, not 10! orders."""
    calls = [Call(task, ("write", 1), task, 20 + task, None) for task in range(10)]
    calls.append(Call(10, ("read", None), 50, 51, 2))
    assert check(calls, REGISTER, budget=10 * 2**10 + 2) is NOT_LINEARIZABLE


def test_a_long_history_is_no_trouble() -> None:
    calls = [Call(0, ("write", n), 2 * n, 2 * n + 1, None) for n in range(3000)]
    assert check(calls, REGISTER) is LINEARIZABLE


def test_histories_are_the_same_if_the_same_precedes() -> None:
    """Invocations may change places, and responses, but not one with the other."""
    write, read = ("write", 1), ("read", None)
    one = history((0, write, 0, 2, None), (1, read, 1, 3, 1))
    same = history((0, write, 1, 3, None), (1, read, 0, 2, 1))
    other = history((0, write, 0, 1, None), (1, read, 2, 3, 1))
    assert key(one) == key(same) != key(other)
    checker = Checker(REGISTER)
    assert [checker.verdict(calls) for calls in (one, same, other)] == [LINEARIZABLE] * 3
    assert (checker.histories, checker.distinct) == (3, 2)


def test_values_without_a_hash_are_checked_all_the_same() -> None:
    checker = Checker(Model([], lambda state, task, action: [(action, state)]))
    assert checker.verdict([Call(0, [1], 0, 1, [1])]) is LINEARIZABLE
    assert checker.verdict([Call(0, [1], 0, 1, [2])]) is NOT_LINEARIZABLE


Slow = tuple[int, dict[int, int]]


def _increment_in_two(state: Slow, task: int, action: str) -> Iterator[tuple[Any, Slow]]:
    """Reads a counter at one instant and writes it at another; "stuck" reads, and has to wait."""
    count, seen = state
    if task not in seen:
        yield GOES_ON, (count, {**seen, task: count})
    elif action != "stuck":
        left = {other: what for other, what in seen.items() if other != task}
        yield seen[task] + 1, (seen[task] + 1, left)


IN_TWO = Model((0, {}), _increment_in_two)


@pytest.mark.parametrize("ended", [False, True])
def test_a_call_may_take_effect_bit_by_bit(ended: bool) -> None:
    """Two that overlap may both find 0. Of two in sequence, the second finds what the first left.
    Two in sequence inside a third one: that one may undo both, or only one, of which the second
    knows."""

    def answer(*calls: Call) -> Any:
        return check(calls, IN_TWO, ended=ended)

    for outcome in (1, 2):
        assert answer(Call(1, "add", 1, 3, 1), Call(2, "add", 2, 4, outcome)) is LINEARIZABLE
    assert answer(Call(1, "add", 1, 2, 1), Call(2, "add", 3, 4, 1)) is NOT_LINEARIZABLE
    around = Call(1, "add", 1, 9, 1)
    inside = Call(2, "add", 2, 3, 1), Call(2, "add", 4, 5, 2)
    for outcome, expected in enumerate(
        (NOT_LINEARIZABLE, LINEARIZABLE, LINEARIZABLE, NOT_LINEARIZABLE), 1
    ):
        assert answer(around, *inside, Call(3, "add", 10, 11, outcome)) is expected


def test_who_waits_at_the_end_may_have_begun() -> None:
    """Whoever is stuck has done its first bit; one who is not would still have gone on."""
    for action, expected in (("stuck", LINEARIZABLE), ("add", NOT_LINEARIZABLE)):
        history = [Call(1, action, 1), Call(2, "add", 2, 3, 1)]
        assert check(history, IN_TWO, ended=True) is expected
