"""Stand-ins: what is put in the place of a type of C, or of the function that makes its objects.

A stand-in is called, subclassed and asked for instances like the type that it stands for. In an
explored task it makes objects of the harness, anywhere else the library's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verify.substitution.patches import explored


class StandIn:
    """Makes objects of one kind or of the other, by who calls it."""

    def __init__(self, original: Any, ours: Callable[..., Any], *kinds: type) -> None:
        """`kinds` are the types of all the objects that it may have made."""
        self.original = original
        self._ours = ours
        self.kinds = kinds

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        make = self.original if explored() is None else self._ours
        return make(*args, **kwargs)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.original if explored() is None else self._ours,)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.kinds)

    def __subclasscheck__(self, kind: type) -> bool:
        return issubclass(kind, self.kinds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __or__(self, other: Any) -> Any:
        return self.original | other

    def __ror__(self, other: Any) -> Any:
        return other | self.original

    def __repr__(self) -> str:
        return repr(self.original)
