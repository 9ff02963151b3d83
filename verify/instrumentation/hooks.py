"""Hooks: what rewritten code calls right before it touches what tasks may share.

Each looks first whether the calling thread runs a task that is explored; otherwise it does nothing.
While nothing is explored at all, it is not even called (instrumented.py). What it is told of
becomes a field of a holder:

    an attribute    of the instance; and of the classes where it would be looked for then
    a global        of its module
    a closure's     of the invocation of the function that it belongs to
    an item         of the container, by index or key; the length, the keys, the order are its
                    STRUCTURE, which stands for all items

and the explored scheduler's `plain` says whether that is a step (scheduling/plain_data.py).
Methods, properties, other data descriptors and what `__getattr__` comes up with are no fields: they
are code, which is rewritten itself or not.

What a hook announces follows from what the task has and where it stands, never from what is in a
container: that may be another by the time that it is the task's turn.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from types import BuiltinFunctionType, CellType
from typing import Any

from verify.instrumentation import fields
from verify.instrumentation.containers import (
    STEPS,
    TAKE_ALL,
    Called,
    Effect,
    change,
    layout_of,
    look,
    method_called,
    store_item,
)
from verify.instrumentation.stepping import (
    Steps,
    Taken,
    is_computed,
    listener,
    look_at,
    looks,
    taking_back,
    under,
    whole as whole,
)
from verify.scheduling.plain_data import Scope, Touched
from verify.scheduling.plain_names import STRUCTURE

getitem = operator.getitem
setitem = operator.setitem
delitem = operator.delitem
contains = operator.contains
call = operator.call
slice = slice
add, sub, mul, matmul, truediv = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.matmul,
    operator.truediv,
)
floordiv, mod, pow, lshift, rshift = (
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.lshift,
    operator.rshift,
)
and_, or_, xor = operator.and_, operator.or_, operator.xor
eq, ne, lt, le, gt, ge = (
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
)


# ---------------------------------------------------------------------- attributes


def read(holder: Any, name: str) -> Any:
    """An attribute is about to be read."""
    plain = listener()
    if plain is not None:
        fields.read(plain, holder, name)
    return holder


def write(holder: Any, name: str, value: Any) -> Any:
    """An attribute is about to be set to a value."""
    plain = listener()
    if plain is not None and fields.is_stored_in(holder, name):
        if hasattr(type(value), "__get__"):
            fields.forget()
        plain.publish(value)
        plain.write(holder, name, value)
    return holder


def delete(holder: Any, name: str) -> Any:
    """An attribute is about to be deleted."""
    plain = listener()
    if plain is not None and fields.is_stored_in(holder, name):
        plain.write(holder, name)
    return holder


def created(value: Any) -> None:
    """An object is new."""
    plain = listener()
    if plain is not None:
        plain.created(value)


# ---------------------------------------------------------------------- variables


class Cells:
    """Stands for the variables around a function that alone was rewritten: each has a holder of its
    own, its cell."""

    def __init__(self, cells: dict[str, CellType]) -> None:
        self.cells = cells


def scope(variables: Any) -> Scope:
    """The holder of the variables of one invocation of a function, all used by the one given."""
    plain = listener()
    if plain is None:
        return Scope()
    made: Scope = plain.scope()
    made.variables = variables
    return made


def variable(holder: Any, name: str) -> bool:
    """A global or a closure variable is about to be read."""
    plain = listener()
    if plain is not None:
        plain.read(holder.cells[name] if type(holder) is Cells else holder, name)
    return True


def bind(holder: Any, name: str, value: Any) -> Any:
    """A global or a closure variable is about to be bound to a value."""
    plain = listener()
    if plain is not None:
        plain.publish(value)
        plain.write(holder.cells[name] if type(holder) is Cells else holder, name, value)
    return value


def unbind(holder: Any, name: str) -> None:
    """A global or a closure variable is about to be deleted."""
    plain = listener()
    if plain is not None:
        plain.write(holder.cells[name] if type(holder) is Cells else holder, name)


def visible(variables: dict[str, Any]) -> dict[str, Any]:
    """The local variables of rewritten code, without ours."""
    for name in [name for name in variables if name.startswith("_verify_")]:
        del variables[name]
    return variables


# ---------------------------------------------------------------------- containers


def _announce(
    plain: Any, container: Any, effect: Effect, arguments: tuple[Any, ...], *others: Touched
) -> None:
    """Announce what a call does to a container, and with it what else it touches."""
    plain.access_all(((container, *effect(container, arguments)), *others))


def _operate(container: Any, method: str, key: Any = None, taken: Any = None) -> None:
    """Announce what an operator does that a method of the container's stands for; `taken` is what
    it takes all items of.
    """
    plain = listener()
    if plain is not None:
        layout = layout_of(type(container))
        if layout is not None:
            effect = layout.get(method)
            if effect is not None:
                _announce(plain, container, effect, (key,), *looks(taken))


def item(container: Any, key: Any) -> tuple[Any, Any]:
    """An item is about to be read."""
    _operate(container, "__getitem__", key)
    return container, key


def set_item(container: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
    """An item is about to be set to a value."""
    plain = listener()
    if plain is not None and layout_of(type(container)) is not None:
        plain.publish(value)
        parts = type(key) is slice
        _operate(container, "__setitem__", key, value if parts else None)
        if parts and is_computed(value):
            value = Taken(container, value)
    return container, key, value


def delete_item(container: Any, key: Any) -> tuple[Any, Any]:
    """An item is about to be deleted."""
    _operate(container, "__delitem__", key)
    return container, key


def membership(key: Any, container: Any) -> tuple[Any, Any]:
    """It is about to be looked whether something is in a container."""
    _operate(under(container), "__contains__", key)
    return container, key


def length(value: Any) -> Any:
    """The truth of something is about to be looked at: of a container, its length."""
    _operate(under(value), "__len__")
    return value


def pair(left: Any, right: Any) -> tuple[Any, Any]:
    """All of two things is about to be looked at, in one go."""
    plain = listener()
    if plain is not None:
        look_at(plain, left, right)
    return left, right


def beside(left: Any, right: Any) -> Any:
    """The same, where the right one is all that is wanted."""
    return pair(left, right)[1]


def changing(value: Any, operand: Any, old: bool) -> Any:
    """Something is about to be changed in place, if it is a container, by something else, which may
    be an `old` one.
    """
    plain = listener()
    if plain is None:
        return operand
    others = (operand,) if old else ()
    if layout_of(type(value)) is None:
        look_at(plain, value, *others)
        return operand
    plain.access_all(((value, (), (STRUCTURE,)), *looks(*others)))
    return Taken(value, operand) if is_computed(operand) else operand


def each(value: Any) -> Any:
    """A loop over something is about to begin."""
    plain = listener()
    if plain is None:
        return value
    container = under(value)
    layout = layout_of(type(container))
    if layout is None or layout.get("__iter__") is None:
        return value
    return Steps(container, value)


def iterator(value: Any) -> Any:
    """Something is about to be iterated over, step by step, some time later."""
    steps = each(value)
    if steps is value:
        return value
    whole(under(value))
    return Steps(under(value), iter(value))


# ---------------------------------------------------------------------- calls


def callee(function: Any) -> Any:
    """Something that a variable stands for is about to be called; not yet: it may be a method."""
    plain = listener()
    if plain is None or method_called(function, ()) is None:
        return function
    return functools.partial(_late, function)


def _late(function: Any, /, *arguments: Any, **keywords: Any) -> Any:
    return operator.call(*calling(function, *arguments, **keywords))


def calling(function: Any, /, *arguments: Any, **keywords: Any) -> tuple[Any, ...]:
    """Something is about to be called: what, and with what, for `call`."""
    plain = listener()
    if plain is not None:
        if function is iter and len(arguments) == 1 and hasattr(type(arguments[0]), "__next__"):
            return function, *arguments  # it is its own iterator
        if any(function is one for one in STEPS):
            return _stepping(function, arguments, keywords)
        if function in _COMPUTES_ON_THE_WAY and "key" in keywords and len(arguments) == 1:
            return _stepping(function, arguments, keywords)
        if function is functools.reduce:
            return function, arguments[0], *map(iterator, arguments[1:2]), *arguments[2:]
        known = method_called(function, arguments)
        if known is not None:
            if known.effect in _KEEPS:
                for argument in known.arguments:
                    plain.publish(argument)
            others = looks(*known.arguments) if known.effect in (look, change) else ()
            _announce(plain, known.container, known.effect, known.arguments, *others)
            arguments, keywords = _computed_on_the_way(function, known, arguments, keywords)
        elif issubclass(type(function), type) or type(function) is BuiltinFunctionType:
            if _is_on_attribute(function) and len(arguments) > 1 and not keywords:
                _ON_ATTRIBUTES[function](*arguments[:3])
            look_at(plain, *arguments)
    if keywords:
        return (functools.partial(function, *arguments, **keywords),)
    return (function, *arguments)


def _computed_on_the_way(
    function: Any, known: Called, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a change; those that run code while it is under way come to it again."""
    if known.effect is change:
        name = function.__name__
        if name in TAKE_ALL:
            container = known.container
            arguments = tuple(
                [Taken(container, one) if is_computed(one) else one for one in arguments]
            )
        elif name == "sort" and keywords.get("key") is not None:
            keywords = {**keywords, "key": taking_back(known.container, keywords["key"])}
    return arguments, keywords


def _is_on_attribute(function: Any) -> bool:
    return type(function) is BuiltinFunctionType and function in _ON_ATTRIBUTES


_COMPUTES_ON_THE_WAY = (min, max)
_KEEPS = (change, store_item)


def _stepping(
    function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[Any, ...]:
    stepped = [iterator(argument) for argument in arguments]
    if keywords:
        return (functools.partial(function, *stepped, **keywords),)
    return (function, *stepped)


_ON_ATTRIBUTES: dict[object, Callable[..., object]] = {
    getattr: lambda holder, name, default=None: read(holder, name),
    hasattr: lambda holder, name, wrong=None: read(holder, name),
    setattr: lambda holder, name, value=None: write(holder, name, value),
    delattr: lambda holder, name, wrong=None: delete(holder, name),
}
