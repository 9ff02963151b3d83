"""Instrumented modules: those whose code has been rewritten to say what it touches.

Each has a global that is true while nothing is explored, so that its code then does without the
hooks. `listening` is put around whatever explores; nested, the outermost counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

OFF = "_verify_off"
MODULE = "_verify_module"
"""The global of a rewritten module that is the holder of its globals."""
SCOPE = "_verify_scope_"
"""What the variables of rewritten functions that have the holder of the others begin with."""

MODELS = "."
"""Stands, among the names of modules, for the files that hold the models."""

given: dict[str, None] = {}
"""What the command line names to be rewritten, which a replay must be told again."""

unasked: set[str] = set()
"""Files that only pytest rewrites by itself."""

_namespaces: list[dict[str, Any]] = []
_listeners = [0]


def enter(namespace: dict[str, Any]) -> None:
    """From now on a module is told whether anything is explored."""
    namespace[OFF] = not _listeners[0]
    _namespaces.append(namespace)


@contextmanager
def listening() -> Iterator[None]:
    """While the block runs, the modules call their hooks."""
    _tell(1)
    try:
        yield
    finally:
        _tell(-1)


def _tell(step: int) -> None:
    _listeners[0] += step
    for namespace in _namespaces:
        namespace[OFF] = not _listeners[0]
