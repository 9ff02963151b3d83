"""Gathering: the models a command is about, and everything that kept others from being loaded.

One file that cannot be imported does not keep the models of the others from being checked. What
they make of the library's as they are imported can be taken over, because nothing else than to test
them happens in this process.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from verify.collection import collect, default_paths, files_of, models_in
from verify.commands.console import Console
from verify.errors import UsageError
from verify.modelling import Model
from verify.scheduling import instrumented
from verify.settings import project
from verify.substitution.patches import start


def gather(paths: Sequence[str], console: Console) -> tuple[list[Model], list[UsageError]]:
    """The models in `paths` (as `collect` takes them; none: the default), and what went wrong."""
    found: dict[tuple[Path, str], Model] = {}  # keys may be equal: they are seen from here
    errors: list[UsageError] = []
    start()
    with console.imports_kept_apart():
        for path in paths or [str(path) for path in default_paths()]:
            try:
                models = _at(path, errors)
            except UsageError as error:
                errors.append(error)
            except OSError as error:
                errors.append(UsageError(f"{error.strerror}: {path}"))
            else:
                found.update(((model.file.resolve(), model.name), model) for model in models)
    return list(found.values()), errors


def _at(path: str, errors: list[UsageError]) -> list[Model]:
    if not Path(path).is_dir():
        return collect([path])
    models: list[Model] = []
    failed = False
    for file in files_of(Path(path)):
        try:
            models += models_in(file)
        except UsageError as error:
            errors.append(error)
            failed = True
    return models if models or failed else collect([path])  # which says that there are none


def named(models: Sequence[Model], key: str) -> list[Model]:
    """The models that a key means: one of just that key, or else those of that name in a file of
    that name, for a key has another path where it is seen from another directory."""
    file, _, name = key.partition("::")
    return [model for model in models if model.key == key] or [
        model for model in models if model.name == name and model.file.name == Path(file).name
    ]


def instrument(given: Sequence[str]) -> None:
    """Ask for the modules that the command line or the project wants instrumented."""
    names = [*project().get("instrument", ()), *given]
    instrumented.given.update(dict.fromkeys(given))
    if names:
        from verify.instrumentation.importing import instrument_modules

        instrument_modules(names)


def path_to(model: Model) -> str:
    """What a command typed here must be given to find a model; empty if it looks there anyway."""
    file = model.file.resolve()
    here = Path.cwd()
    return _typed(file.relative_to(here) if file.is_relative_to(here) else file)


def path_in(key: str) -> str:
    """The same for a model that is known by its key alone."""
    return _typed(Path(key.rpartition("::")[0]))


def _typed(file: Path) -> str:
    # Where the default is this whole directory, the file is named all the same: it is quicker.
    return "" if file.parts[:1] == ("models",) else shlex.quote(str(file))
