"""An explored process: a task that works on copies of what it can reach, as after a fork.

Copied are the arguments, the closure cells and the module globals that the code names; objects of
the harness are shared and stay themselves, unless they say otherwise. Modules and classes are not
data and stay themselves too: methods find their own module's globals, all but those of the process
itself and a method that is its target.

When its code is over the process exits, which is an event: until then it can still be terminated.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeGuard

from verify.scheduling.scheduler import Body
from verify.scheduling.sources import is_ours


class _Child:
    """A body whose `run` works on copies."""

    process = True

    def __init__(self, body: Body, exit: Callable[[], None]) -> None:
        self._exit = exit
        self.name = body.name
        self.daemon = body.daemon
        child = copy.copy(body)
        memo: dict[int, Any] = {}
        for key, value in vars(body).items():
            if key != "_scheduler" and key != "_task":
                setattr(child, key, _copied(value, memo))
        child.__class__ = _own_class(type(body), memo)
        carried: Any = getattr(child, "carried", None)
        if carried is not None:  # a process of the library's, whose class is the user's
            carried.__class__ = _own_class(type(carried), memo)
        self._run: Callable[[], object] = child.run

    def run(self) -> None:
        try:
            self._run()
        except SystemExit:
            self._exit()
            raise
        self._exit()


def own_address_space(body: Body, exit: Callable[[], None]) -> Body:
    """The same task on copies of everything that it can reach; `exit` is how it ends."""
    return _Child(body, exit)


def _own_class(kind: type, memo: dict[int, Any]) -> type:
    """The class of a user's process, with methods that find the globals of the child."""
    methods: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] in sys.stdlib_module_names - {"__main__"}:
            continue
        for name, method in vars(base).items():
            if _is_users(method):
                methods[name] = _copied_function(method, memo)
    return type(kind.__name__, (kind,), methods) if methods else kind


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    if isinstance(value, FunctionType):
        return _copied_function(value, memo) if _is_users(value) else value
    if isinstance(value, MethodType) and _is_users(value.__func__):
        return MethodType(_copied_function(value.__func__, memo), _copied(value.__self__, memo))
    if isinstance(value, ModuleType | type):
        return value
    for function in _functions_in(value):
        _copied_function(function, memo)  # and so `deepcopy` finds a copy, where it makes none
    try:
        return copy.deepcopy(value, memo)
    except TypeError:  # what cannot be copied (a file, a generator) stays shared, as a handle does
        return value


def _functions_in(value: Any) -> Iterator[FunctionType]:
    """The user's functions that containers hold: arguments, a table of what to call."""
    found, seen = [value], set()
    while found:
        one = found.pop()
        if _is_users(one):
            yield one
        elif isinstance(one, tuple | list | dict) and id(one) not in seen:
            seen.add(id(one))
            found.extend(one.values() if isinstance(one, dict) else one)


def _is_users(function: object) -> TypeGuard[FunctionType]:
    """Whether it is code of the user's: what the harness shares must stay what it is."""
    return isinstance(function, FunctionType) and not is_ours(function.__code__.co_filename)


def _copied_function(function: FunctionType, memo: dict[int, Any]) -> FunctionType:
    known = memo.get(id(function))
    if known is not None:
        return known  # type: ignore[no-any-return]
    globals_then = function.__globals__
    space: dict[str, Any] = memo.setdefault(id(globals_then), {})  # all of a module have one
    for name, value in globals_then.items():
        space.setdefault(name, value)
    closure = function.__closure__
    cells = None if closure is None else tuple(CellType() for _ in closure)
    child = FunctionType(function.__code__, space, function.__name__, function.__defaults__, cells)
    memo[id(function)] = child
    child.__kwdefaults__ = _copied(function.__kwdefaults__, memo)
    child.__defaults__ = _copied(function.__defaults__, memo)
    for name in sorted(_names(function.__code__)):
        if name in space and space[name] is globals_then.get(name):
            space[name] = _copied(space[name], memo)
    for new, old in zip(cells or (), closure or (), strict=True):
        try:
            new.cell_contents = _copied(old.cell_contents, memo)
        except ValueError:  # an empty cell stays empty
            continue
    return child


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names
