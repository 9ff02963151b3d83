"""Which operations may be carried out by a glimpse of the state, without the guard (monitor.py)."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import verify.sync
from verify.operation import Kind
from verify.sync import event, lock, shared, stock


def kinds_of(module: str) -> list[Kind]:
    """The kinds of operation that a module of `verify.sync` declares or uses."""
    found = vars(import_module(f"verify.sync.{module}")).values()
    return [kind for kind in found if isinstance(kind, Kind)]


def test_of_two_objects_that_one_step_writes_only_one_can_be_glimpsed() -> None:
    """They are written one after the other: who glimpsed both could see one new and then one old.
    Conditions alone are written along with another object, their lock."""
    modules = [module.name for module in pkgutil.iter_modules(verify.sync.__path__)]
    with_two = {name for name in modules if any(len(k.footprint) == 2 for k in kinds_of(name))}
    assert with_two == {"condition"}
    assert not any(kind.glances for kind in kinds_of("condition"))


def test_what_only_looks_and_never_waits_is_a_glimpse() -> None:
    """Not a join, which waits, nor a comparison of the user's values, which runs code of theirs."""
    assert all(kind.glances for kind in (event.IS_SET, event.WAIT, lock.LOCKED, shared.LOAD))
    others = (event.SET, event.CLEAR, stock.JOIN, shared.STORE, shared.COMPARE_EXCHANGE)
    assert not any(kind.glances for kind in others)
