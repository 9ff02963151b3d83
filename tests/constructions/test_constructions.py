"""The chapter's constructions are as good as the primitives of the house.

As for these (tests/internal/test_primitives.py): all programs of three tasks with one action each,
and of two tasks with one to three each. In every class of each program the calls are linearizable
with respect to the steps of the primitive's kinds, and those who sleep at the end would have to, so
no wake-up was lost. Here the parts are the visible operations, since a construction is proved on
parts that are proved themselves.

By default all of the first are run, and every so many of the others; all under `nightly`.
"""

from __future__ import annotations

from itertools import islice

import pytest

from models.constructions.condition_on_locks import AsInTheInterpreter, Condition
from models.constructions.rlock_on_lock import RLock
from tests.constructions.menus import CONSTRUCTIONS, PRIMITIVES, held_to
from tests.internal.exploring import Tally, explore, one_each, prove, up_to
from tests.internal.menus import Menu

EVERY = 3_001
"""A prime, so that the programs that are run differ in all of their actions."""


@pytest.mark.parametrize("menu", CONSTRUCTIONS, ids=str)
def test_three_tasks_of_one_operation(menu: Menu) -> None:
    prove(menu, one_each(menu), internal=False)


@pytest.mark.parametrize("menu", CONSTRUCTIONS, ids=str)
def test_some_of_two_tasks_of_up_to_three(menu: Menu) -> None:
    prove(menu, islice(up_to(menu), 1, None, EVERY), internal=False)


@pytest.mark.nightly
@pytest.mark.parametrize("menu", CONSTRUCTIONS, ids=str)
def test_two_tasks_of_up_to_three(menu: Menu) -> None:
    prove(menu, up_to(menu), internal=False)


def test_one_construction_stands_on_another() -> None:
    """A condition on waiter locks, over an RLock on a Lock: locks and cells all the way down."""
    menu = held_to(PRIMITIVES["Condition, held"], lambda: Condition(RLock()))
    prove(menu, [*one_each(menu, 2), (("wait",), ("timed wait",), ("notify",))], internal=False)


@pytest.mark.parametrize("menu", PRIMITIVES.values(), ids=str)
def test_the_primitives_are_what_they_are_held_to(menu: Menu) -> None:
    """The code of a primitive, run for its specification, says what the explorer's steps do."""
    prove(held_to(menu, menu.make), one_each(menu, 2), internal=False)


HELD = [
    tuple(("acquire", name, "release") for (name,) in tasks)
    for tasks in one_each(PRIMITIVES["Condition, held"])
]
"""Three tasks at a condition, each with its lock. Only where the lock is asked for in a call of its
own do the calls tell who stood in line before whom."""
WITH_A_SLEEPER = [tasks for tasks in HELD if ("acquire", "wait", "release") in tasks]


def test_a_wake_up_goes_to_the_first_in_line() -> None:
    prove(held_to(PRIMITIVES["Condition"], Condition), WITH_A_SLEEPER[::2], internal=False)


@pytest.mark.nightly
def test_three_tasks_that_hold_the_lock() -> None:
    prove(held_to(PRIMITIVES["Condition"], Condition), HELD, internal=False)


def test_the_interpreter_s_condition_loses_a_wake_up() -> None:
    """Its notify may be spent on a waiter whose time has run out, who says just that, and the next
    in line sleeps on. A `notify_all` has something for that one, too."""
    menu = held_to(PRIMITIVES["Condition"], AsInTheInterpreter)
    tally = Tally()
    for waker in ("notify", "notify all"):
        names = ("wait", "timed wait", waker)
        explore(menu, tuple(("acquire", name, "release") for name in names), tally, internal=False)
    assert {tasks[-1][1] for tasks, _ in tally.failures} == {"notify"}
