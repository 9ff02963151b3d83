"""Conditions: `threading.Condition`, over whatever lock it was given.

Over a lock that is the harness's, or has a twin, a condition has a twin as well. Over any other
object with `acquire` and `release`, such as a lock that the program has written itself, the
library's own code runs: it parks each waiter at a lock of its own, which is the harness's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.substitution.locks import twin_of_lock
from verify.substitution.patches import really, substitute_attribute, substitute_method
from verify.substitution.twins import copied, set_twin, twin_of
from verify.sync.condition import Condition


def substitute(threading: ModuleType) -> None:
    """Replace the methods, and the two that every condition has of its lock."""
    kind = threading.Condition
    original = kind.__init__

    def init(of: Any, lock: Any = None) -> None:
        twin = Condition(shared=False) if lock is None else _over(lock)
        really(original, of, twin._lock if lock is None and twin is not None else lock)
        set_twin(of, twin)

    substitute_method(kind, "__init__", init)
    for name in ["wait", "wait_for", "notify", "notify_all", "__enter__", "__exit__"]:
        substitute_method(kind, name, _method(name, getattr(kind, name)))
    substitute_method(kind, "__repr__", _represent)
    substitute_method(kind, "__deepcopy__", _copied)
    for name in ("acquire", "release"):
        substitute_attribute(kind, name, _of_lock(name))


def _over(lock: Any) -> Condition | None:
    ours = twin_of_lock(lock)
    return None if ours is None else Condition(ours, shared=False)


def _standing(of: Any) -> Condition | None:
    return _over(of._lock)


def _method(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def method(of: Any, *args: Any, **kwargs: Any) -> Any:
        twin = twin_of(of, _standing)
        if twin is None:
            return original(of, *args, **kwargs)
        return getattr(twin, name)(*args, **kwargs)

    return method


def _copied(of: Any, memo: dict[int, Any]) -> Any:
    made = copied(of, _standing, memo)
    vars(made)["_lock"] = copy.deepcopy(of._lock, memo)
    return made


def _of_lock(name: str) -> Callable[[Any], Any]:
    def attribute(of: Any) -> Any:
        twin = twin_of(of, _standing)
        return getattr(of._lock if twin is None else twin, name)

    return attribute


def _represent(of: Any) -> str:
    twin = twin_of(of, _standing)
    waiting = len(of._waiters) if twin is None else repr(twin).rpartition(", ")[2].rstrip(")>")
    return f"<Condition({of._lock!r}, {waiting})>"
