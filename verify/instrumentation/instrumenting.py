"""Instrumenting: what `verify.instrument` takes, names of packages or one function or class."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from verify.errors import UsageError

T = TypeVar("T")


@overload
def instrument(what: str, /, *more: str) -> None: ...


@overload
def instrument(what: T, /) -> T: ...


def instrument(what: Any, /, *more: str) -> Any:
    """Let code say what it touches, so that its plain attributes, globals and containers count.

    `instrument("package", "module")` before their import: all modules of these names, and those
    below, are rewritten as they are imported. As a decorator of one function or class: that one is.
    Outside of explorations the code does what it did. UsageError for a module that is imported
    already, or has no Python source.
    """
    if isinstance(what, str):
        from verify.instrumentation.importing import instrument_modules

        names = (what, *more)
        if not all(isinstance(name, str) for name in names):
            raise UsageError("verify.instrument takes names, or one function or class")
        instrument_modules(names)
        return None
    if more:
        raise UsageError("verify.instrument takes names, or one function or class")
    from verify.instrumentation.functions import instrumented_in_place

    return instrumented_in_place(what)
