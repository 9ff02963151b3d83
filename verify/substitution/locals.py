"""Locals: `threading.local`, which is of C, its subclasses, and objects of either.

In a task, `local()` is a `verify.local`. An object from before the run, and one of a class that was
derived before, has attributes that are kept here, by run and task. The main task finds those that
the exploring thread has given to it, every other one what `__init__` gives to it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.patches import (
    explored,
    really,
    substitute_derived,
    substitute_name,
    substitute_objects,
)
from verify.substitution.stand_ins import StandIn
from verify.substitution.twins import of_this_run
from verify.sync.local import attribute, delete_attribute, local, set_attribute

_MAIN = 0


def substitute(threading: ModuleType) -> None:
    """Replace the type, its objects, and how classes derived from it find attributes."""
    original = threading.local
    substitute_objects(original, DualLocal)
    substitute_name(
        threading, "local", StandIn(original, local, original, local, DualLocal, dual=DualLocal)
    )
    substitute_derived(original, lambda kind: _methods(original, kind))


class DualLocal:
    """A `threading.local` from before the run: the real one, or in a task the task's own."""

    __slots__ = ("_verify_real",)

    def __init__(self, real: Any) -> None:
        object.__setattr__(self, "_verify_real", real)

    def __getattribute__(self, name: str) -> Any:
        real = object.__getattribute__(self, "_verify_real")
        if explored() is None:
            return getattr(real, name)
        return attribute(real, _space(real), name)

    def __setattr__(self, name: str, value: Any) -> None:
        real = object.__getattribute__(self, "_verify_real")
        if explored() is None:
            setattr(real, name, value)
        else:
            set_attribute(real, _space(real), name, value)

    def __delattr__(self, name: str) -> None:
        real = object.__getattribute__(self, "_verify_real")
        if explored() is None:
            delattr(real, name)
        else:
            delete_attribute(real, _space(real), name)


class _Spaces:
    """The attributes of all such objects in one run."""

    def __init__(self) -> None:
        self.arguments: dict[int, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {}
        """By the address of the object, which is its own while it is kept."""
        self.of: dict[int, tuple[Any, dict[int, dict[str, Any]]]] = {}


def _space(of: Any) -> dict[str, Any]:
    """The attributes of the calling task."""
    spaces = of_this_run(_Spaces)
    by_task = spaces.of.setdefault(id(of), (of, {}))[1]
    scheduler: Any = explored()
    task: int = scheduler.current()
    space = by_task.get(task)
    if space is None:
        space = by_task[task] = {}
        if task == _MAIN and id(of) not in spaces.arguments:
            space.update(really(getattr, of, "__dict__"))
        else:
            _, args, kwargs = spaces.arguments.get(id(of), (of, (), {}))
            _initialise(of, args, kwargs)
    return space


def _initialise(of: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    init = type(of).__init__
    if init is object.__init__:
        return
    try:
        init(of, *args, **kwargs)
    except TypeError as error:
        if args or kwargs:
            raise
        raise Misuse(
            f"a {type(of).__name__} was made before the program runs, so that it is not known with "
            f"which arguments: create it in the program ({error})"
        ) from None


def _init(original: Any) -> Any:
    """The interpreter calls `__init__` for the task that creates an object, which thus has one."""

    def init(of: Any, *args: Any, **kwargs: Any) -> None:
        spaces = of_this_run(_Spaces)
        scheduler: Any = explored()
        if id(of) not in spaces.of:
            spaces.arguments[id(of)] = (of, args, kwargs)
            spaces.of[id(of)] = (of, {scheduler.current(): {}})
        original(of, *args, **kwargs)

    return init


def _methods(original: type, kind: type) -> dict[str, Any]:
    """What is replaced in a class derived from the original."""
    found = {} if "__init__" not in vars(kind) else {"__init__": _init(vars(kind)["__init__"])}
    return {**found, **_ATTRIBUTES} if original in kind.__bases__ else found


_ATTRIBUTES = {
    "__getattribute__": lambda of, name: attribute(of, _space(of), name),
    "__setattr__": lambda of, name, value: set_attribute(of, _space(of), name, value),
    "__delattr__": lambda of, name: delete_attribute(of, _space(of), name),
}
