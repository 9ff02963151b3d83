"""What the interpreter's own tests have found (tests/fidelity/test_own_tests.py): each is a program
that was once not explored as the library runs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import verify
from tests.substitution.exploring import outcomes

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
