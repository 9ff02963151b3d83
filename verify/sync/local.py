"""local: attributes of which every task has its own. Signatures of `threading.local`.

A task's attributes are kept under its number. No task ever sees another's, so an access is no
operation: nobody else can tell when it happened. A subclass's `__init__` runs once for each task,
with the arguments of the creation, before the first access of that task.

The attributes of a task that has ended stay until the object goes. A process begins with none,
also where its parent had some.

Attributes are looked up as for any object: what the class says first if it can be assigned
(a property), then the task's own, then the rest of the class.
"""

from __future__ import annotations

from typing import Any

from verify.scheduling.scheduler import Scheduler, current, here

_ABSENT = object()


class local:
    """An object whose attributes each task has for itself: `threading.local`."""

    __slots__ = ("_local_arguments", "_local_spaces", "_scheduler")

    def __new__(cls, /, *args: Any, **kwargs: Any) -> Any:
        if (args or kwargs) and cls.__init__ is object.__init__:
            raise TypeError("Initialization arguments are not supported")
        scheduler = here.scheduler or current()
        # The interpreter calls `__init__` for the task that creates it, so that one has a space.
        return _make(cls, scheduler, (args, kwargs), {scheduler.current(): {}})

    def __getattribute__(self, name: str) -> Any:
        return attribute(self, _space_of(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        set_attribute(self, _space_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delete_attribute(self, _space_of(self), name)

    def __deepcopy__(self, memo: dict[int, Any]) -> local:
        """In a copied address space: a new process has attributes of its own in any case."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _make, (type(self), _slot(self, "_scheduler"), _slot(self, "_local_arguments"), {})


def attribute(of: Any, space: dict[str, Any], name: str) -> Any:
    """An attribute of an object whose own attributes are, for the calling task, in a dict."""
    if name == "__dict__":
        return space
    kind = type(of)
    found = _of_class(kind, name)
    if not _is_assignable(found) and name in space:
        return space[name]
    if found is _ABSENT:
        raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    get = getattr(type(found), "__get__", None)
    return found if get is None else get(found, of, kind)


def set_attribute(of: Any, space: dict[str, Any], name: str, value: Any) -> None:
    """Set such an attribute."""
    found = _of_class(type(of), name)
    if name == "__dict__":
        raise AttributeError("the __dict__ of a local is read-only")
    if _is_assignable(found):
        type(found).__set__(found, of, value)
    else:
        space[name] = value


def delete_attribute(of: Any, space: dict[str, Any], name: str) -> None:
    """Delete such an attribute."""
    found = _of_class(type(of), name)
    if name == "__dict__":
        raise AttributeError("the __dict__ of a local is read-only")
    if _is_assignable(found):
        type(found).__delete__(found, of)
    elif space.pop(name, _ABSENT) is _ABSENT:
        raise AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")


def _slot(of: local, name: str) -> Any:
    return object.__getattribute__(of, name)


def _make(
    kind: type[local],
    scheduler: Scheduler,
    arguments: tuple[tuple[Any, ...], dict[str, Any]],
    spaces: dict[int, dict[str, Any]],
) -> local:
    made: local = object.__new__(kind)
    for name, value in (
        ("_scheduler", scheduler),
        ("_local_arguments", arguments),
        ("_local_spaces", spaces),
    ):
        object.__setattr__(made, name, value)
    return made


def _space_of(of: local) -> dict[str, Any]:
    """The attributes of the calling task; made and filled by `__init__` at its first access."""
    spaces: dict[int, dict[str, Any]] = _slot(of, "_local_spaces")
    task: int = _slot(of, "_scheduler").current()
    space = spaces.get(task)
    if space is None:
        space = spaces[task] = {}
        args, kwargs = _slot(of, "_local_arguments")
        type(of).__init__(of, *args, **kwargs)
    return space


def _of_class(kind: type, name: str) -> Any:
    for base in kind.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return _ABSENT


def _is_assignable(found: Any) -> bool:
    """Whether it is what Python calls a data descriptor."""
    return hasattr(type(found), "__set__") or hasattr(type(found), "__delete__")
