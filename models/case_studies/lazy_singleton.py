"""A singleton that is created when it is first asked for: two threads ask, and get two.

**Promise.** There is one registry, and everybody gets that one.

**Bug.** Looking whether it exists and creating it are two steps. What the slower thread registers
goes into a registry that nobody else will ever see.

**What the explorer shows.** Both look before either creates; a name that was registered is gone.

**Fix.** Double-checked locking: look, take the lock, and look again. The first look is a race on
purpose, and allowed to be one: that a reference is there is all that it tells.
"""

from __future__ import annotations

import threading

from together import together


class Registry:
    _only: Registry | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.names: list[str] = []

    @classmethod
    def get(cls) -> Registry:
        if cls._only is None:
            cls._only = cls()
        return cls._only

    @classmethod
    def get_locked(cls) -> Registry:
        if cls._only is None:
            with cls._lock:
                if cls._only is None:
                    cls._only = cls()
        return cls._only


def registered_by_two() -> None:
    Registry._only = None
    together(
        lambda: Registry.get().names.append("ann"),
        lambda: Registry.get().names.append("bob"),
    )
    assert sorted(Registry.get().names) == ["ann", "bob"], "a name is gone"


def registered_by_two_locked() -> None:
    Registry._only = None
    together(
        lambda: Registry.get_locked().names.append("ann"),
        lambda: Registry.get_locked().names.append("bob"),
    )
    assert sorted(Registry.get_locked().names) == ["ann", "bob"], "a name is gone"
