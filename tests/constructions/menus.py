"""The menus of the constructions: those of the primitives, asked of something else.

Each call is recorded, as one of a class under `@verify.linearizable` is, and at the end of every
execution the history must be one that the primitive explains (specification.py): what each call
gave, and that those who sleep for ever would have to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import verify
from models.constructions import (
    condition_on_locks,
    event_on_condition,
    queue_on_conditions,
    rlock_on_lock,
    semaphore_on_condition,
)
from tests.constructions.specification import specification
from tests.internal.menus import CONDITION, MENUS, Action, Menu, holding
from verify.properties.linearizability import Checker
from verify.properties.linearizable import record
from verify.scheduling.scheduler import current

PRIMITIVES = {menu.name: menu for menu in MENUS}
PRIMITIVES["Condition, held"] = Menu(
    "Condition, held",
    verify.Condition,
    {name: holding(action) for name, action in CONDITION.items()},
)
PRIMITIVES["Condition of a Lock"] = Menu(
    "Condition of a Lock",
    lambda: verify.Condition(verify.Lock()),
    PRIMITIVES["Condition"].actions,
)
"""By name. In calls of the one a condition is held, as it should be; the other is not reentrant."""


class Recorded(NamedTuple):
    """A construction, and the history of the calls at it."""

    subject: Any
    history: Any


def held_to(menu: Menu, build: Callable[[], Any]) -> Menu:
    """The actions of a primitive's menu on what this builds, explained by the primitive."""
    checker = Checker(specification(menu), ended=True)
    name = f"{menu.name}, built"

    def make() -> Recorded:
        return Recorded(build(), current().history(checker, name))

    def recorded(label: str, action: Action) -> Action:
        return lambda it: record(it.history, label, lambda: action(it.subject))

    actions = {label: recorded(label, action) for label, action in menu.actions.items()}
    return Menu(name, make, actions)


CONSTRUCTIONS = (
    held_to(PRIMITIVES["RLock"], rlock_on_lock.RLock),
    held_to(PRIMITIVES["Condition"], condition_on_locks.Condition),
    held_to(PRIMITIVES["Condition, held"], condition_on_locks.Condition),
    held_to(PRIMITIVES["Semaphore"], semaphore_on_condition.Semaphore),
    held_to(PRIMITIVES["BoundedSemaphore"], semaphore_on_condition.BoundedSemaphore),
    held_to(PRIMITIVES["Event"], event_on_condition.Event),
    held_to(PRIMITIVES["Queue"], lambda: queue_on_conditions.Queue(1)),
    held_to(PRIMITIVES["Queue to be joined"], queue_on_conditions.Queue),
)
