"""token-bucket 0.4.0: two callers are let through on one token.

**Promise.** `consume` takes a token if there is one, and says whether it did: all or nothing.

**Bug.** It looks, and then it takes, without a lock. The library knows that, and says in its source
why it does without one: the window is small, and the count that goes below zero makes up for it
later. Whoever allows one call because one call is what the other side stands gets two all the same.

**What the explorer shows.** Both look before either takes.

**Fix.** A lock round looking and taking (`LockedStorage`).
"""

from __future__ import annotations

import threading

from together import together
from token_bucket import Limiter, MemoryStorage


class LockedStorage(MemoryStorage):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def replenish(self, key: str, rate: float, capacity: int) -> None:
        with self._lock:
            super().replenish(key, rate, capacity)

    def consume(self, key: str, num_tokens: int) -> bool:
        with self._lock:
            consumed: bool = super().consume(key, num_tokens)
            return consumed


def _two_calls(storage: MemoryStorage) -> None:
    limiter = Limiter(rate=1, capacity=1, storage=storage)
    allowed: list[bool] = []

    def call() -> None:
        allowed.append(limiter.consume("key"))

    together(call, call)
    assert allowed.count(True) == 1, "two calls on one token"


def two_calls() -> None:
    _two_calls(MemoryStorage())


def two_calls_locked() -> None:
    _two_calls(LockedStorage())
