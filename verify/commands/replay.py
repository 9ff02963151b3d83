"""`verify replay`: run a saved counterexample again, event by event.

A trace names its model by a key. The model is looked up among those that the command line leads
to; nothing that is named in the file is imported.
"""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Sequence
from pathlib import Path

from verify import __version__
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather, named, path_to
from verify.commands.step import debug, step
from verify.commands.wording import seconds
from verify.errors import ModelError, Nondeterministic, TraceError, UsageError
from verify.exploration.replaying import Replay, run_again
from verify.modelling import Model
from verify.traces.format import read
from verify.traces.render_text import render
from verify.traces.trace import Trace


def replay(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. TraceError if the file is not a trace."""
    path = Path(arguments.trace)
    trace = read(path)
    by_hand = arguments.step or arguments.pdb
    if by_hand and arguments.json:
        raise UsageError(
            "--json prints one document, but --step and --pdb ask what to do next: leave one out"
        )
    if arguments.at is not None and not by_hand:
        raise UsageError("--at says where to begin with --step or --pdb: give one of the two")
    model = _model_of(trace, arguments.trace, arguments.paths, console)
    try:
        result = _run(model, trace, arguments, console)
    except Nondeterministic as difference:
        raise ModelError(f"{model.key} cannot be replayed: {difference}") from None
    if result is None:
        console.line(f"left {model.key} before its end")
        return exit_codes.UNDETERMINED
    code = exit_codes.REFUTED if result.reproduced else exit_codes.NONDETERMINISTIC
    if arguments.json:
        console.document(_document(arguments.trace, model, result, code))
        return code
    if result.reproduced and not arguments.step:
        console.line(
            render(
                result.trace,
                path,
                width=console.width,
                ascii=console.ascii,
                color=console.color,
                replay_arguments=path_to(model),
            )
        )
        console.line()
    verdict = "REPRODUCED" if result.reproduced else "NOT REPRODUCED"
    told = f"{verdict}  {model.key} · {seconds(result.elapsed)}"
    console.line(told.replace(verdict, console.paint(verdict, "red"), 1))
    for text in textwrap.wrap(result.summary, console.width - 2):
        console.line(f"  {text}")
    return code


def _run(
    model: Model, trace: Trace, arguments: argparse.Namespace, console: Console
) -> Replay | None:
    """The replay; None if the person who went along with it left before its end."""
    if arguments.step:
        return step(model, trace, arguments.at, console)
    if arguments.pdb:
        return debug(model, trace, arguments.at, console)
    return run_again(model.function, trace)


def _model_of(trace: Trace, given: str, paths: Sequence[str], console: Console) -> Model:
    """The model that a trace is of; TraceError if it is not among those to be found. `given` is the
    trace's file as it was named.
    """
    models, errors = gather(paths, console)
    file, name = trace.file, trace.name
    found = named(models, trace.model)
    if len(found) == 1 and not found[0].arguments:
        return found[0]
    plain = trace.model in (name, f"{file}::{name}") and "[" not in name
    if not plain or (len(found) == 1 and found[0].arguments):
        raise TraceError(
            f"the trace is of {trace.model}, a test that only pytest can call: replay it with "
            f"pytest {shlex.quote(file)} --verify-replay={shlex.quote(given)}"
        )
    for error in errors:
        console.error(error)
    where = f"among the {len(models)} models in {' '.join(paths) or 'the default place'}"
    several = f"and {len(found)} {where} are called so" if found else f"which is not {where}"
    raise TraceError(
        f"the trace is of {trace.model}, {several}: give the file that holds it, as in "
        "verify replay TRACE FILE"
    )


def _document(file: str, model: Model, result: Replay, code: int) -> dict[str, object]:
    diverged = result.diverged
    return {
        "verify": __version__,
        "command": "replay",
        "trace": file,
        "model": model.key,
        "reproduced": result.reproduced,
        "diverged": None if diverged is None else diverged._asdict(),
        "source_changed": result.source_changed,
        "kind": result.trace.kind,
        "message": result.trace.message,
        "steps": len(result.trace.events),
        "summary": result.summary,
        "elapsed": round(result.elapsed, 6),
        "exit_code": code,
    }
