"""A second copy of a module of the interpreter's own library, from its file.

What is explored is then the library's own code, with the explorer's locks and threads below it; for
the module itself the explorer may have something of its own that stands in.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType


def own_copy(module: ModuleType) -> ModuleType:
    assert module.__file__ is not None
    spec = importlib.util.spec_from_file_location(f"{module.__name__}_copy", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy
