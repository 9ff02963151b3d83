"""`verify outcomes`: the states in which models can end, each with one schedule that leads there.

For teachers: what a program may come to, not whether that is as it should be. So the exit code is 0
when all have been found, and 3 when a limit came first, whatever they are.
"""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather
from verify.commands.options import SECONDS
from verify.commands.progress import Progress
from verify.commands.table import USUAL_CAUSES
from verify.commands.wording import counted
from verify.errors import UsageError
from verify.exploration.limits import Limits, as_written
from verify.exploration.outcomes import Outcome, Outcomes, outcomes_of
from verify.modelling import Model
from verify.traces.recording import shown_value
from verify.traces.table import in_one_line
from verify.traces.wording import printable


def outcomes(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    models, problems = gather(arguments.paths, console)
    codes = set()
    documents: list[dict[str, Any]] = []
    for model in models:
        try:
            found = _find(model, arguments, console)
        except UsageError as error:
            problems.append(error)
            continue
        codes.add(_code(found))
        documents.append(_document(model, found))
        if not arguments.json:
            if len(documents) > 1:
                console.line()
            _Table(model, found, console).print()
    for problem in problems:
        codes.add(exit_codes.BAD_INPUT)
        console.error(problem)
    code = exit_codes.gravest(codes)
    if arguments.json:
        console.results("outcomes", documents, problems, code)
    return code


def _find(model: Model, arguments: argparse.Namespace, console: Console) -> Outcomes:
    executions, seconds = arguments.max_executions, arguments.max_seconds
    limits = Limits(
        as_written(executions),
        SECONDS if seconds is None else as_written(seconds),
        model.settings.get("max_steps", 10_000),
    )
    progress = Progress(console, model.name)
    progress.say("")
    try:
        return outcomes_of(model.function, model.key, limits)
    finally:
        progress.close()


def _code(found: Outcomes) -> int:
    if found.report.nondeterminism:
        return exit_codes.NONDETERMINISTIC
    return exit_codes.AS_EXPECTED if found.report.complete else exit_codes.UNDETERMINED


class _Table:
    """The outcomes of one model, as text."""

    def __init__(self, model: Model, found: Outcomes, console: Console) -> None:
        self._model = model
        self._found = found
        self._console = console
        self._differing = found.differing
        self._several = len(found.found) > 1

    def print(self) -> None:
        """The table."""
        console, report, found = self._console, self._found.report, self._found.found
        console.line(console.paint(self._model.key, "bold"))
        if report.nondeterminism:
            self._fold(
                "", f"NONDETERMINISTIC: {report.nondeterminism}. {report.cause or USUAL_CAUSES}"
            )
            return
        text = counted(len(found), "outcome")
        if report.complete:
            text += f" of {counted(report.executions, 'class', 'classes')}: all there are"
        else:
            text = f"UNDETERMINED: {text} within {report.stop_reason}, there may be more"
        self._fold("", text)
        kinds = max((len(outcome.kind) for outcome in found), default=0)
        for outcome in found:
            self._tell(outcome, kinds)
        same = [pair for pair in found[0].states if pair[0] not in self._differing] if found else []
        if same and self._several:
            console.line()
            self._fold("always  ", "; ".join(map(": ".join, same)))

    def _tell(self, outcome: Outcome, kinds: int) -> None:
        states = [
            f"{name}: {state}"
            for name, state in outcome.states
            if name in self._differing or not self._several
        ]
        classes = counted(outcome.classes, "class", "classes")
        self._console.line()
        self._fold(f"{outcome.kind:<{kinds}}  ", "; ".join([*states, f"({classes})"]))
        if outcome.message:
            self._fold("    ", outcome.message)
        printed = {other.printed for other in self._found.found}
        if len(printed) > 1:
            self._fold("    ", f"printed {shown_value(outcome.printed)}")
        arrow = "->" if self._console.ascii else "→"
        self._fold("    ", in_one_line(outcome.trace, arrow) or "(no step that others can tell)")

    def _fold(self, begin: str, text: str) -> None:
        lines = textwrap.wrap(
            printable(text, self._console.ascii),
            self._console.width,
            initial_indent=f"  {begin}",
            subsequent_indent=" " * (len(begin) + 4),
            break_on_hyphens=False,
        )
        for line in lines:
            self._console.line(line)


def _document(model: Model, found: Outcomes) -> dict[str, Any]:
    report = found.report
    return {
        "model": model.key,
        "complete": report.complete,
        "stop_reason": report.stop_reason,
        "nondeterminism": report.nondeterminism,
        "executions": report.executions,
        "elapsed": round(report.elapsed, 6),
        "outcomes": [
            {
                "kind": outcome.kind,
                "message": outcome.message,
                "states": dict(outcome.states),
                "printed": outcome.printed,
                "classes": outcome.classes,
                "preemptions": outcome.cost.preemptions,
                "schedule": in_one_line(outcome.trace, "→"),
                "steps": [
                    {
                        "task": event.task,
                        "operation": event.operation,
                        "objects": list(event.objects),
                        "place": event.place,
                    }
                    for event in outcome.trace.events
                ],
            }
            for outcome in found.found
        ],
    }
