"""Bypasses: programs that call `_thread` itself, on which `threading` stands.

The import system calls it, too, and goes on to get what it is used to.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.locks import new_lock, new_rlock
from verify.substitution.patches import dispatching, substitute_name
from verify.substitution.roster import identifier, own_identifier
from verify.sync.thread import Thread


def substitute(module: ModuleType) -> None:
    """Replace what `_thread` has."""
    for name, ours in (
        ("allocate_lock", new_lock),
        ("allocate", new_lock),
        ("RLock", new_rlock),
        ("get_ident", own_identifier),
        ("get_native_id", own_identifier),
        ("start_new_thread", _start_new_thread),
        ("start_new", _start_new_thread),
        ("start_joinable_thread", _start_joinable_thread),
    ):
        original = vars(module).get(name)
        if original is not None:
            substitute_name(module, name, dispatching(original, _for_programs(original, ours)))


def _for_programs(original: Callable[..., Any], ours: Callable[..., Any]) -> Callable[..., Any]:
    def either(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(2).f_globals.get("__name__", "")  # the frame of `dispatching`
        imports = str(caller).startswith(("importlib.", "_frozen_importlib"))
        return (original if imports else ours)(*args, **kwargs)

    return either


def _start_new_thread(
    target: Callable[..., object], args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
) -> int:
    made = Thread(target=target, args=args, kwargs=kwargs, daemon=True)
    made.start()
    return identifier(made.ident)


def _start_joinable_thread(*args: Any, **kwargs: Any) -> None:
    raise Misuse("_thread.start_joinable_thread is not explored: start a threading.Thread instead")
