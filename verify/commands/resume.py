"""`verify resume`: go on with a check that was stopped, from its checkpoint.

The models are looked for as `verify replay` does. Settings that decide what is explored are those
of the file; how many workers there are, and the limits, may be given anew. Searches that are over
are reported once more.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from verify.checkpoints.format import read
from verify.commands.check import Check
from verify.commands.checkpointing import Checkpointing
from verify.commands.console import Console
from verify.commands.gathering import instrument
from verify.errors import CheckpointError
from verify.exploration.limits import as_written
from verify.interrupts import terminated_gently
from verify.settings import project

ANEW = ("max_executions", "max_memory", "max_seconds", "workers")


def resume(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. CheckpointError if the file is not one to go on from."""
    checkpoint = read(Path(arguments.checkpoint))
    before, now = (known.get("instrument", ()) for known in (checkpoint.project, project()))
    if list(before) != list(now):
        raise CheckpointError(
            f"{arguments.checkpoint} is of a project that says instrument = {list(before)}, and "
            f"this one says {list(now)}: change that back, or begin again"
        )
    instrument(checkpoint.instrument)
    anew = {name: getattr(arguments, name) for name in ANEW}
    given = {name: as_written(value) for name, value in anew.items() if value is not None}
    checkpoint = replace(checkpoint, given={**checkpoint.given, **given})
    saving = Checkpointing(arguments.checkpoint, arguments.paths, checkpoint, console)
    with terminated_gently():
        return Check(arguments, checkpoint.given, checkpoint.project, console, saving).run()
