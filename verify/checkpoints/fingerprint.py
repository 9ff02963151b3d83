"""Fingerprints: whether a program, and verify, are what they were when a search was saved.

    program_hash   the files of all modules that a program's module reaches by its globals
    tool_hash      the sources of verify

What is in the standard library, or installed, is left out: it belongs to the environment, as the
interpreter does.
"""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

VERIFY = Path(__file__).resolve().parents[1]
_OUTSIDE = tuple(
    {str(Path(path).resolve()) for name, path in sysconfig.get_paths().items() if "lib" in name}
)


def program_hash(function: Callable[..., Any]) -> str:
    """The sha-256 of a program's sources; of modules, not of what is in them at present."""
    own = function.__code__.co_filename
    reached = {own: ""}
    waiting = [function.__globals__]
    while waiting:
        for module in _modules(waiting.pop()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and file not in reached and _belongs(file):
                reached[file] = module.__name__
                waiting.append(vars(module))
    parts = sorted((name, _sum(file)) for file, name in reached.items())
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _modules(namespace: dict[str, Any]) -> Iterator[ModuleType]:
    for value in list(namespace.values()):
        if isinstance(value, ModuleType):
            yield value
        else:
            name = getattr(value, "__module__", None)
            module = sys.modules.get(name) if isinstance(name, str) else None
            if module is not None:
                yield module


def _belongs(file: str) -> bool:
    path = Path(file).resolve()
    if path.is_relative_to(VERIFY):
        return False
    return not str(path).startswith(_OUTSIDE) and "site-packages" not in path.parts


def _sum(file: str) -> str:
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


@cache
def tool_hash() -> str:
    """The sha-256 of all sources of verify."""
    found = hashlib.sha256()
    for path in sorted(VERIFY.rglob("*.py")):
        found.update(path.relative_to(VERIFY).as_posix().encode() + b"\0")
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
