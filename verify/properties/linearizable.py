"""linearizable: demand of a class that its methods seem to happen at an instant.

    @verify.linearizable(SequentialStack)
    class Stack: ...

The specification is a class with the same constructor and methods of the same names, written for
one caller at a time: what a method of it returns or raises, and how it leaves the object, is what
the method of the real one must seem to do at some instant between its call and its return. A method
of the specification that returns `NotImplemented` could not happen then: the real one has to wait.

While the class is explored, each call of one of these methods is recorded, and the history of every
object is checked at the end of every execution (linearizability.py). One that nothing explains is a
failure of kind "invariant": a demand on the program as a whole that did not hold, raised by no code
of the program's. What a method calls on its own object is part of the call. On real threads and
processes nothing is recorded, and the class is as if it had not been decorated.

The specification is copied for every step, and compared by its attributes unless it has an
equality. It must not use any object of the harness.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Hashable, Iterator
from types import FunctionType
from typing import Any, NamedTuple, TypeVar

from verify.errors import TaskKilled, UsageError
from verify.properties.linearizability import Checker, Model
from verify.properties.stepwise import Gave, Raised, raised
from verify.scheduling.scheduler import current
from verify.values import in_words

C = TypeVar("C", bound=type)

HISTORY = "_verify_history"
"""The attribute in which an object keeps its record; absent while it is constructed."""


class Asked(NamedTuple):
    """A call of a method. Two are the same only if they look the same."""

    method: str
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        shown = [in_words(value) for value in self.arguments]
        shown += [f"{name}={in_words(value)}" for name, value in self.keywords]
        return f"{self.method}({', '.join(shown)})"


def linearizable(specification: type) -> Callable[[C], C]:
    """Decorate a class whose methods shall be linearizable with respect to a sequential one.

    Every public method of the specification must be one of the class; UsageError if it is not.
    """
    names = [name for name in dir(specification) if _is_method(specification, name)]

    def decorate(decorated: C) -> C:
        missing = [name for name in names if not _is_method(decorated, name)]
        if missing or not names:
            raise UsageError(
                f"{decorated.__name__} cannot be linearizable with respect to "
                f"{specification.__name__}: "
                + (f"it has no method {', '.join(missing)}" if missing else "which has no method")
            )
        checkers = _Checkers(specification)
        for name in names:
            setattr(decorated, name, _recorded(name, getattr(decorated, name)))
        construct: Callable[..., None] = decorated.__init__  # type: ignore[misc]

        @functools.wraps(construct)
        def constructed(self: Any, *arguments: Any, **keywords: Any) -> None:
            construct(self, *arguments, **keywords)
            if type(self).__init__ is constructed:  # else a subclass is still at it
                checker = checkers.of(arguments, keywords)
                setattr(self, HISTORY, current().history(checker, decorated.__name__))

        decorated.__init__ = constructed  # type: ignore[misc]
        return decorated

    return decorate


def _is_method(kind: type, name: str) -> bool:
    return not name.startswith("_") and isinstance(getattr(kind, name, None), FunctionType)


def _recorded(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        history = getattr(self, HISTORY, None)
        if history is None or history.busy:
            return method(self, *arguments, **keywords)
        asked = Asked(name, arguments, tuple(sorted(keywords.items())))
        return record(history, asked, lambda: method(self, *arguments, **keywords))

    return call


def record(history: Any, action: Hashable, call: Callable[[], Any]) -> Any:
    """Make a call, and have it in a history what it asked for and what came of it."""
    made = history.invoke(action)
    try:
        result = call()
    except TaskKilled:
        raise
    except Exception as error:
        history.respond(made, raised(error))
        raise
    history.respond(made, Gave(result))
    return result


class _Checkers:
    """The checkers of a class, by what an object is constructed with: what they learn is kept.

    Slots, because whatever has attributes that change is taken for something that tasks share.
    """

    __slots__ = ("_known", "_specification")

    def __init__(self, specification: type) -> None:
        self._specification = specification
        self._known: dict[Hashable, Checker] = {}

    def of(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Checker:
        """The checker of an object that is constructed with these."""
        initial = self._specification(*arguments, **keywords)
        checker = Checker(Model(initial, _step, _equal))
        try:
            return self._known.setdefault((arguments, tuple(sorted(keywords.items()))), checker)
        except TypeError:  # an argument without a hash
            return checker


def _step(state: Any, task: int, asked: Asked) -> Iterator[tuple[Gave | Raised, Any]]:
    after = copy.deepcopy(state)
    try:
        result = getattr(after, asked.method)(*asked.arguments, **dict(asked.keywords))
    except Exception as error:
        yield raised(error), after
        return
    if result is not NotImplemented:
        yield Gave(result), after


def _equal(a: Any, b: Any) -> bool:
    has_equality = any("__eq__" in vars(base) for base in type(a).__mro__[:-1])
    return bool(a == b) if has_equality else bool(vars(a) == vars(b))
