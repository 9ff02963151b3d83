"""Stand-ins: what is put in the place of a type of C, or of the function that makes its objects.

A stand-in is called, subclassed and asked for instances like the type that it stands for. In an
explored task it makes objects of the harness, anywhere else the library's own; or, if it was put
there before the program was imported, dual ones, which are the library's until they are explored.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from verify.substitution.holders import takes_part
from verify.substitution.switch import explored


class StandIn:
    """Makes objects of one kind or of the other, by who calls it."""

    def __init__(
        self,
        original: Any,
        ours: Callable[..., Any],
        *kinds: type,
        dual: Callable[[Any], Any] | None = None,
    ) -> None:
        """`kinds` are the types of all the objects that it may have made."""
        self.original = original
        self.kinds = kinds
        self.dual = dual
        self.early = False
        """Whether it stands there for good, and makes dual objects for the program."""
        self._ours = ours

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if explored() is not None:
            return self._ours(*args, **kwargs)
        made = self.original(*args, **kwargs)
        if not self.early or self.dual is None:
            return made
        caller = sys._getframe(1).f_globals.get("__name__", "")
        return self.dual(made) if takes_part(caller) else made

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
