"""Locks: `threading.Lock` and `threading.RLock`, which are functions or types of C."""

from __future__ import annotations

from types import ModuleType

from verify.substitution.patches import dispatching, substitute_name
from verify.sync.lock import Lock
from verify.sync.rlock import RLock


def substitute(threading: ModuleType) -> None:
    """Replace what `threading` calls so."""
    substitute_name(threading, "Lock", dispatching(threading.Lock, Lock))
    substitute_name(threading, "RLock", dispatching(threading.RLock, RLock))
