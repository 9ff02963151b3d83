"""Collection: the models in files and directories.

A directory is searched for Python files that mention verify and decorate something with `model`;
other files are not imported. A model belongs to the file that defines it, not to those that import
it. Files come in sorted order, the models of one in the order of their definition.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType

from verify.errors import ModelError, UsageError
from verify.instrumentation.importing import rewriting
from verify.modelling import Model, model_of
from verify.scheduling.sources import is_ours


class ImportFailed(ModelError):
    """A file of models raised while it was imported; `traceback` is the user's part of it."""

    def __init__(self, file: Path, error: BaseException) -> None:
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if not is_ours(frame.filename) and not frame.filename.startswith("<frozen importlib")
        ]
        self.traceback = "".join(
            [
                "Traceback (most recent call last):\n",
                *traceback.format_list(frames),
                *traceback.format_exception_only(error),
            ]
        )
        super().__init__(f"{file} cannot be imported: {type(error).__name__}: {error}")


def default_paths() -> list[Path]:
    """Where models are looked for when nobody says: in `models`, else below the directory here."""
    models = Path("models")
    return [models if models.is_dir() else Path()]


def collect(paths: Iterable[Path | str]) -> list[Model]:
    """All models in the files and below the directories, each once.

    A path may end in `::name` for a single model. UsageError for a path that is not there, one
    without models, or a name that is not among them; ImportFailed if a file cannot be imported.
    """
    found: dict[tuple[Path, str], Model] = {}
    for given in paths:
        text, _, name = str(given).partition("::")
        path = Path(text)
        if not path.exists():
            raise UsageError(f"{path}: no such file or directory")
        models = [model for file in files_of(path) for model in models_in(file)]
        if name:
            known = ", ".join(model.name for model in models)
            models = [model for model in models if model.name == name]
            if not models:
                raise UsageError(f"{path} has no model {name}; it has {known or 'none'}")
        if not models:
            raise UsageError(f"{path} contains no models: decorate a function with @verify.model")
        for model in models:
            found.setdefault((model.file.resolve(), model.name), model)
    return list(found.values())


def files_of(path: Path) -> Iterator[Path]:
    """The files to import for a path: itself, or those below it that look like models."""
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        if any(part.startswith(".") or part == "__pycache__" for part in file.parts[:-1]):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if "verify" in text and "model" in text and "@" in text:
            yield file


def models_in(file: Path) -> list[Model]:
    """Import a file and return the models that it defines."""
    path = file.resolve()
    name = f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    module = imported(file, name)
    models = (model_of(value) for value in vars(module).values())
    here = file.resolve()
    return [model for model in models if model is not None and model.file.resolve() == here]


def imported(file: Path, name: str) -> ModuleType:
    """A file as a module of this name, which is imported once, with its directory on sys.path."""
    path = file.resolve()
    if name in sys.modules:
        return sys.modules[name]
    loader = rewriting(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    directory = str(path.parent)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        del sys.modules[name]
        raise ImportFailed(file, error) from None
    return module
