"""Modules without anything to replace are looked at again as soon as they hold something else."""

from __future__ import annotations

import gc
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from verify.substitution import originals, patches

NAME = "module_of_a_program"
SOURCE = """
class Kept:
    thing = len

def thing():
    pass

free = object()
text = "a"
"""


@pytest.fixture
def module() -> Iterator[ModuleType]:
    """A module of the user's in which there is nothing to replace, and which has been spared."""
    module = sys.modules[NAME] = ModuleType(NAME)
    source = (
        "import queue\nclass Kept:\n    thing = len\n    same = staticmethod(lambda: 1)\n\n"
        "def thing():\n    pass\n\nfree = object()\ntext = 'a'\n"
    )
    exec(source, vars(module))
    for _ in range(2):
        with patches.on():
            pass
    assert module in patches._patches._spared
    yield module
    del sys.modules[NAME]


def real_lock() -> Any:
    return originals.allocate_lock()


def test_a_second_import_in_the_place_of_the_first(module: ModuleType) -> None:
    of: Any = module
    of.queue = ModuleType("queue")
    of.queue.sleep = real = time.sleep
    with patches.on():
        assert of.queue.sleep is not real
    assert of.queue.sleep is real


@pytest.mark.parametrize("name", ["thing", "free", "text", "new"])
@pytest.mark.parametrize("in_class", [False, True])
@pytest.mark.parametrize("make", [lambda: time.sleep, real_lock], ids=["function", "lock"])
def test_a_name_that_is_bound_anew(
    module: ModuleType, name: str, in_class: bool, make: Callable[[], Any]
) -> None:
    of: Any = vars(module)["Kept"] if in_class else module
    original = make()
    setattr(of, name, original)
    with patches.on():
        assert vars(of)[name] is not original
    assert vars(of)[name] is original
    with patches.on():
        assert vars(of)[name] is not original


def test_a_class_that_takes_the_place_of_another(module: ModuleType) -> None:
    lock = real_lock()
    vars(module)["Kept"] = type("Kept", (), {"__module__": NAME, "thing": lock})
    with patches.on():
        assert vars(module)["Kept"].thing is not lock


def test_a_module_that_takes_the_place_of_another(module: ModuleType) -> None:
    original = time.sleep
    again = sys.modules[NAME] = ModuleType(NAME)
    vars(again).update(vars(module), free=original)
    with patches.on():
        assert vars(again)["free"] is not original


class Equal:
    """Says that it equals whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Incomparable:
    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Equal, Incomparable])
def test_what_compares_in_its_own_way(module: ModuleType, kind: type) -> None:
    original = time.sleep
    vars(module).update(thing=kind(), free=original)
    with patches.on():
        assert vars(module)["free"] is not original


def test_objects_of_the_programs_are_not_kept_alive(module: ModuleType) -> None:
    vars(module)["free"] = Equal()
    with patches.on():
        pass
    watched = weakref.ref(vars(module).pop("free"))
    assert watched() is None


def test_a_module_is_not_kept_alive() -> None:
    module = sys.modules[NAME] = ModuleType(NAME)
    exec("class A:\n    pass\n\ndef f():\n    pass\n", vars(module))
    with patches.on():
        pass
    watched = weakref.ref(module)
    function = weakref.ref(vars(module)["f"])
    del sys.modules[NAME], module
    gc.collect()
    assert watched() is None and function() is None
