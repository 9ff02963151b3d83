"""The table of a check: one line a model, under the file that holds it.

    models/bank.py
      PROVED    ordered    12 classes · 18 steps         0.01 s  as expected
      VIOLATED  crossed    deadlock in execution 3       0.00 s  as expected

Where a line does not fit, its figures go below it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from verify.commands.console import Console
from verify.commands.result import Result, Standing
from verify.commands.wording import counted, seconds, spelled
from verify.exploration.report import Report, Verdict
from verify.modelling import Model, in_full

LONGEST_NAME = 36
FIGURES = 40
"""Columns for the figures where there is room; where there is not, the last ones are left out."""

USUAL_CAUSES = (
    "Usual causes: the order of a set, the hash seed, id(), a real clock, real randomness, "
    "something left over from an earlier run."
)

_COLORS = {
    Standing.MET: "green",
    Standing.NOT_MET: "red",
    Standing.UNDECIDED: "yellow",
    Standing.NONDETERMINISTIC: "red",
}


class Table:
    """Prints results as they come, each file's name before its first."""

    def __init__(self, console: Console, models: Sequence[Model]) -> None:
        self._console = console
        self._widths: dict[str, int] = {}
        for model in models:
            widest = max(len(model.name), self._widths.get(_file(model), 0))
            self._widths[_file(model)] = min(LONGEST_NAME, widest)
        self._file = ""

    def add(self, result: Result) -> None:
        """Print one result."""
        console, model, standing = self._console, result.model, result.standing
        self._head(model)
        verdict = result.report.verdict.name
        head = f"  {verdict:<8}  {model.name:<{self._widths[_file(model)]}}  "
        took = seconds(result.report.elapsed)
        tail = f"  {took:>7}  {standing.value}"
        room = console.width - len(head) - len(tail)
        told = figures(result)
        while len(told) > 1 and len(" · ".join(told)) > room:
            told.pop()
        lines = [head + " · ".join(told).ljust(min(room, FIGURES)) + tail]
        if len(lines[0]) > console.width:
            lines = [f"  {verdict:<8}  {model.name}", *self._folded(*told, took, standing.value)]
        if standing is not Standing.MET:
            lines += self._folded(explanation(result))
        for concern in result.report.concerns:
            lines += self._folded(f"warning: {in_full(concern)}")
        lines[0] = lines[0].replace(verdict, console.paint(verdict, _COLORS[standing]), 1)
        for text in lines:
            console.line(text)

    def _head(self, model: Model) -> None:
        file = _file(model)
        if file != self._file:
            if self._file:
                self._console.line()
            self._console.line(self._console.paint(file, "bold"))
            self._file = file

    def _folded(self, *parts: str) -> list[str]:
        """Parts in as many lines as they need, set in below the verdict."""
        indent = " " * 4
        return textwrap.wrap(
            " · ".join(parts),
            self._console.width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )


def _file(model: Model) -> str:
    return model.key.rpartition("::")[0]


def figures(result: Result) -> list[str]:
    """How much was looked at, or where the failure was found; what matters most comes first."""
    report = result.report
    number = counted(report.executions, *_nouns(report))
    failing = report.executions - report.outcomes["ok"]
    if report.verdict is Verdict.VIOLATED:
        kinds = ", ".join(sorted(kind for kind in report.outcomes if kind != "ok"))
        if report.complete:
            return [f"{kinds} in {spelled(failing)} of {number}"]
        return [f"{kinds} after {number}"]
    parts = [number, counted(report.steps, "step")]
    if report.blocked_executions:
        parts.append(f"{spelled(report.blocked_executions)} cut short")
    if report.allowed_races:
        parts.append(report.races)
    return parts


def _nouns(report: Report) -> tuple[str, str]:
    if report.strategy == "brute_force":
        return "interleaving", "interleavings"
    if report.complete:
        return "class", "classes"
    return "execution", "executions"


def explanation(result: Result) -> str:
    """Why a result is not what was expected."""
    report = result.report
    if report.verdict is Verdict.NONDETERMINISTIC:
        return f"{report.nondeterminism}. {report.cause or USUAL_CAUSES}"
    if report.verdict is Verdict.UNDETERMINED:
        when = "before" if report.stop_reason.startswith("an ") else "within"
        wanted = "" if result.model.expect == "proved" else f"; expected {result.model.expect}"
        promise = f"; {report.guarantee}" if report.guarantee else ""
        if report.estimate is not None:
            promise = f"; {report.estimate} classes in all"
        return f"not refuted {when} {report.stop_reason}{promise}{wanted}"
    return result.reason
