"""Contexts: what `multiprocessing` and its contexts make, by name."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.patches import dispatching, substitute_method, substitute_name
from verify.substitution.pipes import pipe
from verify.substitution.process_locks import (
    BoundedSemaphore,
    Condition,
    Lock,
    RLock,
    Semaphore,
)
from verify.substitution.process_pools import Pool
from verify.substitution.process_queues import JoinableQueue, Queue, SimpleQueue
from verify.substitution.process_values import array, value
from verify.sync.barrier import Barrier
from verify.sync.event import Event


def _event() -> Event:
    return Event()


def _barrier(parties: int, action: Any = None, timeout: float | None = None) -> Barrier:
    return Barrier(parties, action, timeout)


def _raw_value(kind: Any, *args: Any) -> Any:
    return value(kind, *args, lock=False)


def _raw_array(kind: Any, size_or_initializer: Any) -> Any:
    return array(kind, size_or_initializer, lock=False)


def _manager() -> None:
    raise Misuse(
        "multiprocessing.Manager is not explored yet: share a multiprocessing.Queue, Value or "
        "Array, or use verify.Manager"
    )


_MADE: dict[str, Callable[..., Any]] = {
    "Lock": Lock,
    "RLock": RLock,
    "Condition": Condition,
    "Semaphore": Semaphore,
    "BoundedSemaphore": BoundedSemaphore,
    "Event": _event,
    "Barrier": _barrier,
    "Queue": Queue,
    "JoinableQueue": JoinableQueue,
    "SimpleQueue": SimpleQueue,
    "Pool": Pool,
    "Pipe": pipe,
    "Value": value,
    "Array": array,
    "RawValue": _raw_value,
    "RawArray": _raw_array,
    "Manager": _manager,
}


def substitute(multiprocessing: ModuleType) -> None:
    """Replace the methods of all contexts, and the module's names, which are those of one."""
    context = multiprocessing.context.BaseContext
    for name, make in _MADE.items():
        substitute_method(context, name, _without_context(make))
        made = getattr(multiprocessing, name)
        substitute_name(multiprocessing, name, dispatching(made, make))


def _without_context(make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda context, *args, **kwargs: make(*args, **kwargs)
