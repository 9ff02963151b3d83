"""Primitives: `threading`'s Event, Semaphore, BoundedSemaphore and Barrier, by their twins."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.substitution.patches import really, substitute_method
from verify.substitution.twins import copied, in_state, set_twin, twin_of
from verify.sync.barrier import Barrier, Gate
from verify.sync.event import Event
from verify.sync.flag import Flag
from verify.sync.primitive import Primitive
from verify.sync.semaphore import BoundedSemaphore, Semaphore

_BROKEN = -2
"""The state of a `threading.Barrier` that is broken."""


def substitute(threading: ModuleType) -> None:
    """Replace the methods of the four classes."""
    event = _Class(threading.Event, Event, _standing_event)
    event.methods("wait set clear is_set")
    semaphore = _Class(threading.Semaphore, Semaphore, _standing_semaphore)
    semaphore.methods("acquire release __enter__ __exit__")
    bounded = _Class(threading.BoundedSemaphore, BoundedSemaphore, _standing_semaphore)
    bounded.methods("release")
    barrier = _Class(threading.Barrier, Barrier, _standing_barrier)
    barrier.methods("wait reset abort")
    barrier.properties("parties n_waiting broken")


class _Class:
    """A class of which every method is its twin's."""

    def __init__(
        self, kind: Any, ours: Callable[..., Primitive], standing: Callable[[Any], Primitive]
    ) -> None:
        self._kind = kind
        self._standing = standing
        original = kind.__init__

        def init(of: Any, *args: Any, **kwargs: Any) -> None:
            really(original, of, *args, **kwargs)
            set_twin(of, ours(*args, shared=False, **kwargs))

        def represent(of: Any) -> str:
            state = repr(twin_of(of, standing)).partition(": ")[2]
            return f"<{type(of).__module__}.{type(of).__qualname__} at {id(of):#x}: {state}"

        substitute_method(kind, "__init__", init)
        substitute_method(kind, "__deepcopy__", lambda of, memo: copied(of, standing, memo))
        substitute_method(kind, "__repr__", represent)

    def methods(self, names: str) -> None:
        for name in names.split():
            substitute_method(self._kind, name, self._method(name))

    def _method(self, name: str) -> Callable[..., Any]:
        standing = self._standing

        def method(of: Any, *args: Any, **kwargs: Any) -> Any:
            return getattr(twin_of(of, standing), name)(*args, **kwargs)

        return method

    def properties(self, names: str) -> None:
        for name in names.split():
            substitute_method(self._kind, name, property(self._getter(name)))

    def _getter(self, name: str) -> Callable[[Any], Any]:
        return lambda of: getattr(twin_of(of, self._standing), name)


def _standing_event(of: Any) -> Primitive:
    return in_state(Event.__new__(Event), Flag(of._flag, (), ()))


def _standing_semaphore(of: Any) -> Primitive:
    bound: int | None = getattr(of, "_initial_value", None)
    twin = Semaphore.__new__(Semaphore if bound is None else BoundedSemaphore)
    twin._bound = bound
    return in_state(twin, of._value)


def _standing_barrier(of: Any) -> Primitive:
    twin = Barrier.__new__(Barrier)
    twin._parties, twin._action, twin._timeout = of._parties, of._action, of._timeout
    return in_state(twin, Gate(broken=of._state == _BROKEN))
