"""What the interpreter's own tests have found (tests/fidelity/test_own_tests.py): each is a program
that was once not explored as the library runs it.
"""

from __future__ import annotations

import importlib
import queue
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes, refuted

Say = Callable[[Any], None]


class Account:
    make = staticmethod(threading.Lock)
    make_reentrant = staticmethod(threading.RLock)
    who = staticmethod(threading.get_ident)


@pytest.mark.parametrize("name", ["make", "make_reentrant"])
def test_what_a_static_method_makes_is_explored(name: str) -> None:
    """A class of a module, and one that only the program reaches."""

    class Local:
        make = staticmethod(threading.Lock)
        make_reentrant = staticmethod(threading.RLock)

    for kind in (Account, Local):
        real = getattr(kind, name)

        def program(say: Say, kind: Any = kind) -> None:
            lock = getattr(kind, name)()
            number = verify.Shared(0)

            def increment() -> None:
                with lock:
                    number.value += 1

            threads = [threading.Thread(target=increment) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            say((type(lock), number.value))

        kept = verify.RLock if name == "make_reentrant" else verify.Lock
        assert outcomes(program) == {(kept, 2)}
        assert getattr(kind, name) is real


def test_a_static_method_tells_who_asks() -> None:
    def program(say: Say) -> None:
        say(Account.who() == threading.current_thread().ident)
        asking = threading.Thread(target=lambda: say(Account.who() == asking.ident))
        asking.start()
        asking.join()

    assert outcomes(program) == {True}


def imported_once_more(*names: str) -> ModuleType:
    """The first of these modules, as it comes from an import of its own."""
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        return importlib.import_module(names[0])
    finally:
        sys.modules.update(kept)


AGAIN = imported_once_more("queue", "_queue")


def test_a_queue_of_a_second_import_is_explored() -> None:
    """And raises the Empty of that import."""

    def program(say: Say) -> None:
        items = AGAIN.SimpleQueue()
        getting = threading.Thread(target=lambda: say(items.get()))
        getting.start()
        items.put(3)
        getting.join()
        with pytest.raises(AGAIN.Empty):
            items.get(timeout=1)
        with pytest.raises(AGAIN.Empty):
            items.get_nowait()

    assert AGAIN.SimpleQueue is not queue.SimpleQueue
    assert AGAIN.Empty is not queue.Empty
    real = AGAIN.SimpleQueue
    assert outcomes(program) == {3}
    assert AGAIN.SimpleQueue is real
    assert refuted(lambda: AGAIN.SimpleQueue().get()) == "deadlock: main waits for ever"
