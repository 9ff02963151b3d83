"""Origins: where a class or a function comes from, as far as a walk (walk.py) has to know.

The harness's own are known by the names of their modules: the search does not import primitives.
"""

from __future__ import annotations

from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    GetSetDescriptorType,
    MethodDescriptorType,
    WrapperDescriptorType,
)
from typing import Any

OF_TYPES = (MethodDescriptorType, WrapperDescriptorType, ClassMethodDescriptorType)
"""Methods of a type of the interpreter, as functions."""


def made_in_c(value: Any, kind: type) -> bool:
    """Whether a class got this attribute from an extension module that defines it."""
    if type(value) is BuiltinFunctionType:
        return value.__self__ is kind
    return type(value) in (*OF_TYPES, GetSetDescriptorType) and value.__objclass__ is kind


def has_no_state(kind: type) -> bool:
    """A class of the library whose objects are what their attributes are."""
    return (
        kind is object
        or kind.__module__ in ("abc", "collections.abc", "enum")
        or kind.__module__ == "typing"
    )


def within(kind: type, module: str) -> bool:
    """Whether a class is one of a module's, or derived from one."""
    return any(base.__module__ == module for base in kind.__mro__)


def ours(module: str) -> bool:
    """Whether a module, by its name, is the harness's."""
    return module == "verify" or module.startswith("verify.")
