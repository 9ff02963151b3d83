"""Functions: one function or class is rewritten where it stands, for `@verify.instrument`.

The file it comes from is rewritten as a whole, so that names mean there what they do in the file;
then the function's code is exchanged for its counterpart. The function stays the same object, with
its globals, defaults and cells; if it uses variables of a function around it, it is one more cell
that it has, for their holder, and so it is a new function in place of the old one.

    instrumented_in_place   a function or a class: what the decorator comes back with
    _counterpart            the code of the same function in the rewritten file
"""

from __future__ import annotations

import functools
import inspect
import linecache
import sys
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from verify.errors import UsageError
from verify.instrumentation.hooks import Cells
from verify.instrumentation.importing import compiled, parsed, prepare
from verify.scheduling.instrumented import OFF


def instrumented_in_place(value: Any) -> Any:
    """The same function or class, rewritten. UsageError if it has no source, or is neither."""
    if isinstance(value, type):
        for name, member in list(vars(value).items()):
            changed = _member(member, value.__module__)
            if changed is not member:
                setattr(value, name, changed)
        return value
    function = inspect.unwrap(value) if callable(value) else value
    if not isinstance(function, FunctionType):
        raise UsageError(
            f"{value!r:.60} cannot be instrumented: it is neither the name of a module nor a "
            "function or class with Python source"
        )
    changed = _function(function)
    if value is function:
        return changed
    if changed is not function:
        raise UsageError(
            f"{function.__qualname__} uses variables of the function around it: let "
            "@verify.instrument stand right above its `def`, below the other decorators"
        )
    return value


def _member(member: Any, module: str) -> Any:
    """What a class has under some name, rewritten if it is code of that class."""
    if isinstance(member, FunctionType) and member.__module__ == module:
        return _function(member)
    if isinstance(member, classmethod | staticmethod):
        inner = _member(member.__func__, module)
        return member if inner is member.__func__ else type(member)(inner)
    if isinstance(member, property):
        parts = [_member(part, module) for part in (member.fget, member.fset, member.fdel)]
        return member if parts == [member.fget, member.fset, member.fdel] else property(*parts)
    if isinstance(member, functools.cached_property):
        member.func = _member(member.func, module)
    return member


def _function(function: FunctionType) -> FunctionType:
    old = function.__code__
    if function.__globals__.get(OFF) is not None and _is_rewritten(old):
        return function
    code = _counterpart(function)
    prepare(function.__globals__, sys.modules.get(function.__module__, function.__globals__))
    if code.co_freevars == old.co_freevars:
        function.__code__ = code
        return function
    cells = dict(zip(old.co_freevars, function.__closure__ or (), strict=True))
    around = CellType(Cells(cells))
    closure = tuple([cells.get(name, around) for name in code.co_freevars])
    made = FunctionType(code, function.__globals__, function.__name__, closure=closure)
    made.__defaults__, made.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    functools.update_wrapper(made, function)
    del made.__wrapped__  # type: ignore[attr-defined]
    return made


def _is_rewritten(code: CodeType) -> bool:
    return OFF in code.co_names or any(
        _is_rewritten(inner) for inner in code.co_consts if isinstance(inner, CodeType)
    )


def _counterpart(function: FunctionType) -> CodeType:
    code = function.__code__
    file = code.co_filename
    source = "".join(linecache.getlines(file, function.__globals__))
    what = f"{function.__module__}.{function.__qualname__}"
    if not source:
        raise UsageError(
            f"{what} cannot be instrumented: there is no source of it ({file}). Write it in a file"
        )
    for found in _codes(_rewritten_file(source, file, function.__module__)):
        if (found.co_qualname, found.co_firstlineno) == (code.co_qualname, code.co_firstlineno):
            return found
    raise UsageError(
        f"{what} cannot be instrumented: {file} has changed since it was loaded. Start again"
    )


@functools.lru_cache(maxsize=16)
def _rewritten_file(source: str, file: str, module: str) -> CodeType:
    return compiled(parsed(source, file, module), file)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)
