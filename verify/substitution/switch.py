"""The switch: whether what is called belongs to the explored scheduler, or is the library's own.

It is the former while something is explored, in the OS thread that explores, and there in a task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from verify.scheduling.scheduler import Scheduler, here
from verify.substitution import originals

_Result = TypeVar("_Result")


_DESCRIBED = ("__module__", "__name__", "__qualname__", "__doc__")
"""What a function takes over from the one that it stands for; its annotations might be made now."""


class _Exploring(originals.local):
    depth = 0


_exploring = _Exploring()

early = [False]
"""Whether what the library has made for a program as it was imported can be taken over."""


def explored() -> Scheduler | None:
    """The explored scheduler, if the calling OS thread runs a task of an exploration now."""
    return here.scheduler if _exploring.depth else None


def really(function: Callable[..., _Result], *args: Any, **kwargs: Any) -> _Result:
    """Call a function as if nothing were explored. It must not perform any operation: another task
    that goes first would find nothing explored, either.
    """
    depth, _exploring.depth = _exploring.depth, 0
    try:
        return function(*args, **kwargs)
    finally:
        _exploring.depth = depth


def dispatching(original: Callable[..., Any], explored: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is one or the other, by who calls it."""

    @wraps(original, _DESCRIBED)
    def either(*args: Any, **kwargs: Any) -> Any:
        if _exploring.depth and here.scheduler is not None:
            return explored(*args, **kwargs)
        return original(*args, **kwargs)

    # Where a task stands in a loop is told by the names of what it has called (awaiting.py).
    named: Any = either
    named.__code__ = named.__code__.replace(co_name=original.__name__)
    return either


@contextmanager
def exploring() -> Iterator[None]:
    """The calling OS thread explores in the block."""
    _exploring.depth += 1
    try:
        yield
    finally:
        _exploring.depth -= 1


def dispatching_property(original: property, explored: property) -> property:
    """A property that is one or the other; what the explored one has not is the original's."""

    def either(one: Any, other: Any) -> Any:
        return one if other is None else dispatching(one, other)

    return property(
        either(original.fget, explored.fget),
        either(original.fset, explored.fset),
        original.fdel,
        original.__doc__,
    )


def dispatching_attribute(name: str, explored: Callable[[Any], Any]) -> property:
    """What an object has in its `__dict__`, which a property of its class goes before."""

    def get(of: Any) -> Any:
        if _exploring.depth and here.scheduler is not None:
            return explored(of)
        try:
            return vars(of)[name]
        except KeyError:
            raise AttributeError(
                f"{type(of).__name__!r} object has no attribute {name!r}"
            ) from None

    def put(of: Any, value: Any) -> None:
        vars(of)[name] = value

    return property(get, put)
