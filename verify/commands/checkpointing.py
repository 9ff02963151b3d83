"""Checkpointing: the file of one `verify check --checkpoint FILE`, or `verify resume FILE`.

    new      of a check that begins: there must be no file, or one with nothing left to do
    resumed  of one that goes on
    begin    the models of the check, or those of the file, each held against what it was
    saver    what saves the search of one model: it writes the whole file

The file is written as it stands when the check begins, and kept when it is over: then it holds the
results. One that cannot be written is said once, and the search goes on.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from verify.checkpoints.checkpoint import Checkpoint, Kept
from verify.checkpoints.fingerprint import program_hash
from verify.checkpoints.format import AGAIN, encode, read
from verify.commands.console import Console
from verify.errors import CheckpointError
from verify.exploration.saving import Saved, Saver, Unsaved, demand_that_it_can_be_saved
from verify.modelling import Model
from verify.writing import write_whole


class Checkpointing:
    """A checkpoint and the file that it is kept in. `paths`: where the models are looked for."""

    def __init__(
        self, file: str, paths: Sequence[str], checkpoint: Checkpoint, console: Console
    ) -> None:
        self._file = file
        self._paths = paths
        self._checkpoint = checkpoint
        self._console = console
        self._warned = False

    @classmethod
    def new(
        cls,
        arguments: argparse.Namespace,
        given: dict[str, Any],
        project: dict[str, Any],
        console: Console,
    ) -> Checkpointing:
        """That of a check that begins. CheckpointError if its file may be of use to somebody."""
        file = arguments.checkpoint
        if Path(file).exists():
            try:
                over = read(Path(file)).over
            except CheckpointError as error:
                raise CheckpointError(
                    f"{error}; it is not written over: remove it, or name another file"
                ) from None
            if not over:
                raise CheckpointError(
                    f"{file} has a check that is not over: go on with verify resume "
                    f"{shlex.quote(file)}, or remove it"
                )
        checkpoint = Checkpoint(given, project, tuple(arguments.instrument))
        return cls(file, arguments.paths, checkpoint, console)

    def begin(self, found: Sequence[Model]) -> list[Model]:
        """The models to be checked, of those that were found."""
        kept = self._checkpoint.models
        if kept:
            return [self._model_of(one, found) for one in kept]
        for model in found:
            asked = model.within(self._checkpoint.project).searched_with(self._checkpoint.given)
            demand_that_it_can_be_saved(model.key, asked.settings)
        kept += [Kept(model.key, program_hash(model.function)) for model in found]
        self._write()
        return list(found)

    def _model_of(self, kept: Kept, found: Sequence[Model]) -> Model:
        """The model that a search is of, among those to be found: nothing that is named in the file
        is imported."""
        same = [model for model in found if model.key == kept.model] or [
            model for model in found if f"{model.file.name}::{model.name}" == _short(kept.model)
        ]
        if len(same) != 1:
            several = "several are called so" if same else "is not"
            raise CheckpointError(
                f"the checkpoint is of {kept.model}, which {several} among the {len(found)} models "
                f"in {' '.join(self._paths) or 'the default place'}: give the file that holds it, "
                "as in verify resume FILE PATH"
            )
        if program_hash(same[0].function) != kept.program:
            raise CheckpointError(
                f"{self._file} is of another program: {kept.model}, or a module that it uses, has "
                f"changed since; {AGAIN}"
            )
        return same[0]

    def saver(self, model: Model) -> Unsaved:
        """What saves the search of a model, and brings it to where it was."""
        number = next(
            number
            for number, kept in enumerate(self._checkpoint.models)
            if _short(kept.model) == f"{model.file.name}::{model.name}"
            and kept.program == program_hash(model.function)
        )
        return Saver(partial(self._keep, number), self._checkpoint.models[number].search)

    def _keep(self, number: int, saved: Saved) -> None:
        models = self._checkpoint.models
        models[number] = replace(models[number], search=saved)
        self._write()

    def _write(self) -> None:
        try:
            write_whole(Path(self._file), encode(self._checkpoint))
        except (OSError, CheckpointError) as error:
            if not self._warned:
                reason = getattr(error, "strerror", None) or error
                self._console.error(
                    f"the checkpoint cannot be written as {self._file}: {reason} (the search goes "
                    "on, and what was written before stays)"
                )
            self._warned = True

    @property
    def over(self) -> bool:
        """Whether there is nothing left to be explored."""
        return self._checkpoint.over

    @property
    def command(self) -> str:
        """What is to be typed to go on."""
        return shlex.join(["verify", "resume", self._file, *self._paths])

    @property
    def document(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"file": self._file, "over": self.over}


def _short(key: str) -> str:
    """A model's key without the directory of its file."""
    file, _, name = key.rpartition("::")
    return f"{Path(file).name}::{name}"
