"""`verify graph`: the states of models and the steps between them, as DOT and as SVG.

Both files are written side by side into the current directory, and named after the model.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather
from verify.commands.progress import Progress
from verify.commands.table import USUAL_CAUSES
from verify.commands.wording import counted
from verify.drawing.pictures import dot, networked, svg
from verify.errors import Nondeterministic, UsageError
from verify.exploration.limits import Limits
from verify.exploration.state_graph import StateGraph, state_graph
from verify.modelling import Model
from verify.writing import write_whole


def graph(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    models, problems = gather(arguments.paths, console)
    codes = set()
    documents: list[dict[str, Any]] = []
    for model in models:
        found: StateGraph | None = None
        difference = ""
        files: Sequence[str] = ()
        try:
            found = _find(model, arguments.max_states, console)
            files = _write(model, found)
        except Nondeterministic as error:
            difference = str(error)
        except UsageError as error:
            problems.append(error)
            continue
        codes.add(_code(found))
        documents.append(_document(model, found, difference, files))
        if not arguments.json:
            console.line(console.paint(model.key, "bold"))
            text = f"NONDETERMINISTIC: {difference}. {USUAL_CAUSES}"
            for line in [text] if found is None else _summary(found, files):
                console.line(textwrap.fill(f"  {line}", console.width, subsequent_indent="    "))
    for problem in problems:
        codes.add(exit_codes.BAD_INPUT)
        console.error(problem)
    code = exit_codes.gravest(codes)
    if arguments.json:
        console.results("graph", documents, problems, code)
    return code


def _find(model: Model, max_states: int, console: Console) -> StateGraph:
    limits = Limits(max_steps=model.settings.get("max_steps", 10_000))
    progress = Progress(console, model.name)
    progress.say("")
    try:
        return state_graph(model.function, model.key, limits, max_states)
    finally:
        progress.close()


def _code(found: StateGraph | None) -> int:
    if found is None:
        return exit_codes.NONDETERMINISTIC
    return exit_codes.UNDETERMINED if found.stop_reason else exit_codes.AS_EXPECTED


def _write(model: Model, found: StateGraph) -> tuple[str, str]:
    """Write the pictures; the names of their files. UsageError if they cannot be written."""
    network = networked(found)
    name = f"{model.file.stem}-{model.name}"
    title = model.key + (
        f": only part, stopped by {found.stop_reason}" if found.stop_reason else ""
    )
    files = f"{name}.dot", f"{name}.svg"
    try:
        for file, text in zip(files, (dot(network, model.name), svg(network, title)), strict=True):
            write_whole(Path(file), text.encode())
    except OSError as error:
        raise UsageError(
            f"{file}: {error.strerror or error}: the graph is written into the current directory"
        ) from None
    return files


def _summary(found: StateGraph, files: Sequence[str]) -> list[str]:
    """What was found, in lines."""
    what = (
        f"{counted(len(found.states), 'state')}, {counted(len(found.transitions), 'step')} "
        "between them"
    )
    ends = Counter(state.outcome for state in found.states if state.outcome)
    final = ", ".join(f"{number} {outcome}" for outcome, number in sorted(ends.items()))
    if found.stop_reason:
        what = f"UNDETERMINED: {what} within {found.stop_reason}; there are more"
    else:
        what += ": all there are"
    return [what, f"final states: {final or 'none found'}", f"written: {' and '.join(files)}"]


def _document(
    model: Model, found: StateGraph | None, difference: str, files: Sequence[str]
) -> dict[str, Any]:
    return {
        "model": model.key,
        "complete": found is not None and not found.stop_reason,
        "stop_reason": "" if found is None else found.stop_reason,
        "nondeterminism": difference,
        "files": list(files),
        "states": [
            {
                "objects": dict(state.objects),
                "tasks": dict(state.tasks),
                "outcome": state.outcome,
                "message": state.message,
                "open": state.open,
            }
            for state in (() if found is None else found.states)
        ],
        "steps": [step._asdict() for step in (() if found is None else found.transitions)],
    }
