"""Importing: modules are rewritten when they are imported.

    instrument_modules   asks for packages and modules by name, before they are imported
    Finder               on sys.meta_path: takes what the others find, if it has been asked for, and
                         puts a Rewriting in the place of its loader
    Rewriting            the loader of a source file; what it compiles is rewritten first
    load                 gives a module its hooks, and runs its code

Everything else stays with the library's loader: file names, `__cached__`, resources, what inspect
and tracebacks show. The cache of compiled code is neither read nor written. Packages are asked for
with all that is below; an extension module below a package cannot be seen into, and is left alone.
"""

from __future__ import annotations

import ast
import importlib.machinery
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from verify.errors import UsageError
from verify.scheduling import instrumented

SOURCE = importlib.machinery.SourceFileLoader


def parsed(source: str | bytes, path: str, name: str) -> ast.Module:
    """The syntax tree of a module. UsageError if it cannot be parsed."""
    try:
        return ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise UsageError(
            f"{name} cannot be instrumented: {path}{line} is no Python {sys.version_info[0]}."
            f"{sys.version_info[1]}: {reason}. Correct it, or leave the module out of `instrument`"
        ) from None


def compiled(tree: ast.Module, path: str) -> CodeType:
    """The code of a module that announces what it touches."""
    from verify.instrumentation.statements import rewritten  # here: most runs never need it

    code: CodeType = compile(rewritten(tree), path, "exec", dont_inherit=True)
    return code


def prepare(namespace: dict[str, Any], holder: object) -> None:
    """Put the hooks among the globals of rewritten code; `holder` is what they are globals of."""
    from verify.instrumentation import hooks

    if "_verify_off" not in namespace:
        namespace["_verify"] = hooks
        namespace["_verify_module"] = holder
        instrumented.enter(namespace)


class Rewriting(SOURCE):
    """Loads a source file, rewritten."""

    def get_code(self, fullname: str) -> CodeType:
        """The rewritten code; never that of the cache, which is not."""
        path = self.get_filename(fullname)
        return compiled(parsed(self.get_data(path), path, fullname), path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        prepare(vars(module), module)
        super().exec_module(module)


class Finder:
    """Finds the modules that have been asked for."""

    def __init__(self) -> None:
        self.names: dict[str, None] = {}
        self.models: bool | None = None
        """Whether the files of models are rewritten, too, if anybody has said."""
        self._searching: set[str] = set()

    def covers(self, name: str) -> bool:
        """Whether a module has been asked for: by its own name, or that of a package around."""
        parts = name.split(".")
        return any(".".join(parts[:end]) in self.names for end in range(1, len(parts) + 1))

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec that the other finders have for it, with another loader."""
        if not self.names or name in self._searching or not self.covers(name):
            return None
        self._searching.add(name)
        try:
            spec = _found(name, path, target)
        finally:
            self._searching.discard(name)
        if spec is None or spec.loader is None or not spec.has_location:
            if spec is not None and name in self.names and spec.loader is not None:
                raise UsageError(_refusal(name, spec))
            return spec
        if type(spec.loader) is SOURCE:
            spec.loader = Rewriting(name, spec.loader.path)
        elif isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
            if name in self.names:
                raise UsageError(_refusal(name, spec))
        elif not hasattr(spec.loader, "instruments"):
            raise UsageError(_refusal(name, spec))
        return spec


def _found(
    name: str, path: Sequence[str] | None, target: ModuleType | None
) -> importlib.machinery.ModuleSpec | None:
    for finder in [*sys.meta_path]:
        if finder is not FINDER:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
    return None


def _refusal(name: str, spec: importlib.machinery.ModuleSpec) -> str:
    what = "it has no source"
    if isinstance(spec.loader, importlib.machinery.ExtensionFileLoader):
        what = f"it is a C extension ({spec.origin})"
    elif spec.origin in ("built-in", "frozen"):
        what = f"it is {spec.origin}: part of the interpreter"
    elif spec.origin is not None:
        what = f"there is only compiled code, or an archive ({spec.origin})"
    return (
        f"{name} cannot be instrumented: {what}. Leave it out of `instrument`, and share what it "
        "has through verify.Shared, or behind a lock, where tasks use it"
    )


FINDER: Any = Finder()


def rewriting(name: str, path: str) -> Rewriting | None:
    """The loader of a file of models, if these are rewritten or it has been asked for."""
    return Rewriting(name, path) if FINDER.models or FINDER.covers(Path(path).stem) else None


def instrument_modules(names: Iterable[str]) -> None:
    """Rewrite modules and packages, with all that is below, when they are imported.

    UsageError for a name that is none, or a module that is imported already.
    """
    for name in names:
        if name == instrumented.MODELS:
            FINDER.models = True
            continue
        if not all(part.isidentifier() for part in name.split(".")):
            raise UsageError(f"{name!r} is not the name of a module or package to instrument")
        if name.partition(".")[0] == "verify":
            raise UsageError(f"{name} is part of verify itself, which is not instrumented")
        if FINDER.covers(name):
            continue
        early = sys.modules.get(name)
        if early is not None and instrumented.OFF not in vars(early):
            raise UsageError(
                f"{name} is imported already, and was not instrumented: ask for it first "
                f'(verify.instrument("{name}") above its import; under pytest the option '
                f"--verify-instrument {name}, or instrument = [...] in [tool.verify])"
            )
        FINDER.names[name] = None
    if FINDER.names and FINDER not in sys.meta_path:
        sys.meta_path.insert(0, FINDER)
