"""Reporting: what pytest shows of models, in the failure section and at the end.

Account    stands in a test's report where a traceback would: the counterexample
searched   what is known of one search, as plain data that a worker can send
summarise  the section at the end: a line a model, what was proved, why a search stopped
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from verify.commands.result import Result, Standing
from verify.commands.table import explanation, figures
from verify.commands.wording import counted, seconds, spelled

_COLORS = {
    Standing.MET: "green",
    Standing.NOT_MET: "red",
    Standing.UNDECIDED: "yellow",
    Standing.NONDETERMINISTIC: "red",
}
_PAINT = re.compile("\x1b\\[[0-9;]*m")


class Crash(NamedTuple):
    """Where and why a test failed, for the short summary."""

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


class Account:
    """The text of a failure, with colours where pytest has colours; `message` sums it up."""

    def __init__(self, text: str, path: str, lineno: int, message: str) -> None:
        self._text = text
        self.reprcrash = Crash(path, lineno, message)

    def as_data(self) -> dict[str, Any]:
        """What an equal one is made of."""
        return {"text": self._text, **self.reprcrash._asdict()}

    def toterminal(self, writer: Any) -> None:
        """Print it, as pytest asks for."""
        for line in (self._text if writer.hasmarkup else str(self)).splitlines():
            writer.line(line)

    def __str__(self) -> str:
        return _PAINT.sub("", self._text)


def searched(key: str, result: Result, notes: list[str]) -> dict[str, Any]:
    """One search, for the summary."""
    report = result.report
    told = figures(result)
    if result.standing is not Standing.MET:
        if result.standing is not Standing.NOT_MET or result.model.expect != "proved":
            notes = [explanation(result), *notes]
    elif result.model.expect != "proved":
        told.append("as expected")
    return {
        "key": key,
        "verdict": report.verdict.name,
        "color": _COLORS[result.standing],
        "figures": " · ".join(told),
        "elapsed": report.elapsed,
        "notes": notes,
        "statistics": _statistics(result),
    }


def _statistics(result: Result) -> list[str]:
    report = result.report
    settings = result.model.settings
    reason = f" ({report.carrier_reason})" if report.carrier_reason else ""
    rate = report.executions / report.elapsed if report.elapsed else 0.0
    outcomes = [f"{spelled(count)} {kind}" for kind, count in sorted(report.outcomes.items())]
    return [
        f"strategy {report.strategy}, seed {settings.get('seed', 0)}, granularity "
        f"{report.granularity}; {report.carrier}{reason}",
        f"{counted(report.executions, 'execution')} ({', '.join(outcomes) or 'none ended'}), "
        f"{spelled(report.blocked_executions)} cut short, {counted(report.events, 'event')}, at "
        f"most {counted(report.steps, 'step')}; {spelled(round(rate))} executions/s",
    ]


def summarise(
    reporter: Any, searches: Iterable[dict[str, Any]], remarks: Iterable[str], statistics: bool
) -> None:
    """Write the section. With -q: only what is not as expected, and how many there are."""
    lines = _by_model(searches)
    reporter.section("Verify")
    everything = statistics or reporter.verbosity >= 0
    shown = [line for line in lines if everything or line["color"] != "green"]
    widest = max((len(line["verdict"]) for line in shown), default=0)
    names = max((len(line["key"]) for line in shown), default=0)
    room = max((len(line["figures"]) for line in shown), default=0)
    for line in shown:
        reporter.write(line["verdict"].ljust(widest), **{line["color"]: True})
        took = seconds(line["elapsed"])
        told = f"  {line['key']:<{names}}  {line['figures']:<{room}}  {took:>7}"
        reporter.write(told + "\n")
        extra = line["statistics"] if statistics else []
        for text in [*line["notes"], *extra]:
            reporter.write(f"{'':<{widest}}  {text}" + "\n")
    if len(shown) < len(lines):
        reporter.write(f"{counted(len(lines) - len(shown), 'model')} as expected" + "\n")
    for remark in remarks:
        reporter.write(remark + "\n")


def _by_model(searches: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a model: a test may search one many times, as Hypothesis does; the worst counts."""
    gravity = ("green", "yellow", "red")
    found: dict[str, list[dict[str, Any]]] = {}
    for search in searches:
        found.setdefault(search["key"], []).append(search)
    lines = []
    for key in sorted(found):
        every = found[key]
        worst = max(every, key=lambda search: gravity.index(search["color"]))
        if len(every) > 1:
            worst = {
                **worst,
                "figures": f"{worst['figures']}, in one of {len(every)} searches",
                "elapsed": sum(search["elapsed"] for search in every),
            }
        lines.append(worst)
    return lines
