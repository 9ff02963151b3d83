"""Instrumenting: test files under pytest, which has its own way to load them.

pytest rewrites the `assert` statements of test files as it loads them. Those with models are
rewritten here first, so that what they do to plain attributes, variables and containers is seen,
then by pytest; in the other order, its code would be taken for the user's. Without rewritten
asserts (--assert=plain), pytest loads test files as anything else is loaded, and a finder of ours
puts the loader of instrumented modules in place.
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from _pytest.assertion.rewrite import rewrite_asserts

from verify.instrumentation.importing import (
    FINDER,
    SOURCE,
    Rewriting,
    instrument_modules,
    parsed,
    prepare,
)
from verify.instrumentation.statements import rewritten
from verify.scheduling import instrumented
from verify.settings import project


def ask_for(given: Sequence[str], rootpath: Path) -> None:
    """Instrument what the command line or the project names. UsageError if that cannot be."""
    names = project(rootpath).get("instrument")
    if names is not None:
        FINDER.models = instrumented.MODELS in names
    instrument_modules([*(names or ()), *given])
    instrumented.given.update(dict.fromkeys(given))


def is_asked_for(name: str, source: bytes) -> bool:
    """Whether a test file is rewritten: by its name, or for the models that it may have; those are
    what the project leaves out if it says what is instrumented."""
    has_models = b"verify" in source and b"model" in source and b"@" in source
    return FINDER.covers(name) or (has_models and FINDER.models is not False)


def load_instrumented(finder: Any, module: ModuleType, source: bytes) -> bool:
    """Run a test file, rewritten; False if it is not to be."""
    spec = module.__spec__
    assert spec is not None
    if not is_asked_for(spec.name, source):
        return False
    path = str(spec.origin)
    instrumented.unasked.add(path)
    tree = rewritten(parsed(source, path, spec.name))
    rewrite_asserts(tree, source, path, finder.config)
    prepare(vars(module), module)
    exec(compile(tree, path, "exec", dont_inherit=True), vars(module))
    return True


class PlainTestFiles:
    """Finds test files for a pytest that leaves asserts alone."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The usual spec with the loader of instrumented modules, for a test file with models."""
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or type(spec.loader) is not SOURCE:
            return None
        file = Path(spec.loader.path)
        if not any(fnmatch.fnmatch(file.name, pattern) for pattern in self._patterns):
            return None
        if is_asked_for(name, file.read_bytes()):
            instrumented.unasked.add(spec.loader.path)
            spec.loader = Rewriting(name, spec.loader.path)
        return spec


def load_without_pytest(patterns: Sequence[str]) -> None:
    """Instrument test files that pytest does not load itself."""
    if not any(isinstance(finder, PlainTestFiles) for finder in sys.meta_path):
        finders: list[Any] = sys.meta_path
        finders.insert(0, PlainTestFiles(patterns))
