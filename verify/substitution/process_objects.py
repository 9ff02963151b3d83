"""Process objects: locks, queues and values of `multiprocessing` that were made before the run.

They are of the system's, so another object is put in their place wherever a program keeps one: the
real one outside what is explored, its twin in a task. A queue must be empty then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from verify.substitution.patches import at_end, explored, substitute_objects
from verify.substitution.process_locks import BoundedSemaphore, Lock, RLock, Semaphore
from verify.substitution.process_queues import JoinableQueue, Queue, SimpleQueue
from verify.substitution.process_values import Value
from verify.substitution.twins import twin_of
from verify.sync.event import Event


def _semaphore(real: Any) -> Semaphore:
    return Semaphore(real.get_value())


def _bounded(real: Any) -> BoundedSemaphore:
    return BoundedSemaphore(real.get_value())


def _lock(real: Any) -> Lock:
    made = Lock()
    if real._semlock._get_value() == 0:
        made.acquire(False)
    return made


def _event(real: Any) -> Event:
    made = Event()
    if real.is_set():
        made.set()
    return made


def _value(real: Any) -> Value:
    kind = type(real.get_obj())
    return Value([real.value], lambda value: kind(value).value, True)


_STANDING: dict[str, dict[str, Callable[[Any], Any]]] = {
    "multiprocessing.synchronize": {
        "Lock": _lock,
        "RLock": lambda real: RLock(),
        "Semaphore": _semaphore,
        "BoundedSemaphore": _bounded,
        "Event": _event,
    },
    "multiprocessing.queues": {
        "Queue": lambda real: Queue(real._maxsize),
        "JoinableQueue": lambda real: JoinableQueue(real._maxsize),
        "SimpleQueue": lambda real: SimpleQueue(),
    },
    "multiprocessing.sharedctypes": {"Synchronized": _value},
}


def substitute(module: ModuleType) -> None:
    """Replace the objects of a module's classes."""
    for name, standing in _STANDING[module.__name__].items():
        substitute_objects(getattr(module, name), partial(_dual, standing))


class Dual:
    """An object from before the run: the real one, or in a task its twin."""

    def __init__(self, standing: Callable[[Any], Any], real: Any) -> None:
        vars(self).update(_standing=standing, _real=real)

    def _now(self) -> Any:
        return self._real if explored() is None else twin_of(self, _standing_of)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._now(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._now(), name, value)

    def __enter__(self) -> Any:
        return self._now().__enter__()

    def __exit__(self, *error: Any) -> None:
        self._now().__exit__(*error)

    def __repr__(self) -> str:
        return repr(self._now())

    def __deepcopy__(self, memo: dict[int, Any]) -> Dual:
        """In another process: the same object."""
        return self


def _standing_of(dual: Dual) -> Any:
    return dual._standing(dual._real)


_duals: dict[int, Dual] = {}
"""By the address of the real object, which is its own while the dual keeps it."""
at_end(_duals.clear)


def _dual(standing: Callable[[Any], Any], real: Any) -> Dual:
    found = _duals.get(id(real))
    if found is None:
        found = _duals[id(real)] = Dual(standing, real)
    return found
