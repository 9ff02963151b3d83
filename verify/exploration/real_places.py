"""Real places: where the value of a plain field really is, past all code of the user's.

A memoised search puts there what an announced access is to find, and hides it from any other
(plain_cells.py).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MemberDescriptorType
from typing import Any, NoReturn

from verify.scheduling.plain_fields import ABSENT, Scope


class Hidden:
    """In a field that nobody has announced to look at: nothing can be done with it.

    Each place has one of its own, for what is one object is taken to be equal.
    """

    def __init__(self, found: Callable[[], NoReturn]) -> None:
        self._found = found

    def _seen(self, *others: object) -> NoReturn:
        self._found()

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _seen
    __hash__ = __bool__ = __repr__ = __str__ = __format__ = _seen
    __len__ = __iter__ = __index__ = __int__ = __float__ = __call__ = __getattr__ = _seen
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _seen


def has_place(holder: object, name: str) -> bool:
    """Whether this is a field that can be looked at, and put, by its name."""
    if type(holder) is Scope:
        return holder.cell(name) is not None
    return _slot(holder, name) is not None or _namespace(holder) is not None


def present(holder: object, name: str) -> tuple[Any, ...]:
    """What really is in a field now."""
    slot = _slot(holder, name)
    if type(holder) is Scope:
        try:
            return (holder.cell(name).cell_contents,)
        except ValueError:
            return ABSENT
    if slot is not None:
        try:
            return (slot.__get__(holder),)
        except AttributeError:
            return ABSENT
    space = _namespace(holder)
    return (space[name],) if space is not None and name in space else ABSENT


def put(holder: object, name: str, state: tuple[Any, ...]) -> None:
    """Let this be in a field."""
    slot = _slot(holder, name)
    space = _namespace(holder)
    if type(holder) is Scope:
        if state:
            holder.cell(name).cell_contents = state[0]
        elif present(holder, name):
            del holder.cell(name).cell_contents
    elif slot is not None:
        if state:
            slot.__set__(holder, state[0])
        elif present(holder, name):
            slot.__delete__(holder)
    elif space is not None:
        if state:
            space[name] = state[0]
        else:
            space.pop(name, None)


def _slot(holder: object, name: str) -> Any:
    for base in type(holder).__mro__:
        if name in vars(base):
            found = vars(base)[name]
            return found if type(found) is MemberDescriptorType else None
    return None


def _namespace(holder: object) -> dict[str, Any] | None:
    try:
        space: dict[str, Any] = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return None
    return space
