"""The explanation of a counterexample as plain text: what went wrong, and where all could have
gone well.

From top to bottom: the verdict; what went wrong, in English; the two steps whose order decides, or
who waits for whom, with their lines of source; the failing schedule and the nearest one that
passes, from where they part, side by side if that fits; the usual cure. A function of its arguments
alone.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from itertools import zip_longest

from verify.traces.render_text import Page
from verify.traces.table import in_words
from verify.traces.trace import Trace, TraceEvent
from verify.traces.wording import drawing, failed

CURE = " would do."
"""How a sentence of a diagnosis ends that says what to do about it."""
NARROWEST_SIDE = 32
"""Columns of each of two schedules that stand side by side."""
MOST_STEPS = 40
"""Of each schedule, from where they part."""

SourceLine = Callable[[str], str]
"""Gives the text of a line, "models/buffer.py:31"; empty if it cannot be had."""


def explained(
    trace: Trace,
    source: SourceLine,
    note: str = "",
    *,
    width: int,
    ascii: bool = False,
    color: bool = False,
) -> str:
    """An explanation for a terminal `width` columns wide; `note` says why there is no source."""
    page = _Explanation(trace, None, None, width, ascii, color)
    return "\n".join(page.explanation(source, note))


def told(trace: Trace) -> tuple[list[str], list[str]]:
    """Why it failed, a paragraph each, and the usual cure for each."""
    why: list[str] = []
    cures: dict[str, None] = {}
    for paragraph in trace.diagnosis.splitlines():
        text, _, cure = paragraph.rpartition(". ")
        if text and cure.endswith(CURE):
            paragraph = f"{text}."
            cures[cure] = None
        why.append(paragraph)
    return why, list(cures)


class _Explanation(Page):
    """One explanation, and how it is to look."""

    def explanation(self, source: SourceLine, note: str) -> list[str]:
        """All of it, its parts apart."""
        trace = self._trace
        drawn = drawing(trace)
        why, cures = ([], []) if drawn else told(trace)
        if trace.kind not in ("deadlock", "livelock") or not why:
            why = [failed(trace), *why]
        parts = [
            self._verdict(),
            [line for text in why for line in self._wrapped(text)],
            [f"    {self._clean(line)}" for line in drawn.splitlines()],
            self._deciding(source),
            self._waiting_with(source),
            self._wrapped(note),
            self._schedules(),
            self._part("The usual cure", [line for text in cures for line in self._wrapped(text)]),
        ]
        return "\n\n".join("\n".join(part) for part in parts if part).split("\n")

    def _part(self, head: str, lines: Sequence[str]) -> list[str]:
        return [self._paint(head, "1"), *lines] if lines else []

    def _deciding(self, source: SourceLine) -> list[str]:
        lines = []
        for step in self._trace.racing:
            event = self._trace.events[step - 1]
            [(text, _)] = in_words(self._trace, [event], self._arrow)
            place = f" ({event.place})" if event.place else ""
            lines += self._wrapped(f"step {step}: {event.task}: {text}{place}")
            lines += self._line(source(event.place))
        race = self._trace.kind == "race"
        head = "The two accesses" if race else "The two steps whose order decides"
        return self._part(head, lines)

    def _waiting_with(self, source: SourceLine) -> list[str]:
        lines = []
        for one in self._trace.waiting:
            lines += [*self._wrapped(self._wants(one)), *self._line(source(one.place))]
        return self._part("Who waits for whom", lines)

    def _line(self, text: str) -> list[str]:
        return [self._short(f"      {self._clean(text)}", self._width)] if text else []

    # ------------------------------------------------------------------ two schedules

    def _schedules(self) -> list[str]:
        """The two from where they part; that there is no other, if that is so."""
        trace = self._trace
        if not trace.passing:
            return self._passing()
        both = trace.events[trace.parted - 1 :], trace.passing
        steps = max(map(len, both))
        failing, passing = (self._said(events[:MOST_STEPS]) for events in both)
        numbers = len(str(trace.parted + min(steps, MOST_STEPS)))
        side = (self._width - numbers - 6) // 2
        if side >= NARROWEST_SIDE:
            lines = self._together(failing, passing, numbers, side)
        else:
            lines = [
                *self._alone("as it failed", failing, numbers),
                *self._alone("as it passes", passing, numbers),
            ]
        if steps > MOST_STEPS:
            lines.append(f"  {self._cut} {steps - MOST_STEPS} steps more")
        common = trace.parted - 1
        head = f"The same until step {common}" if common else "From the first step on"
        return self._part(f"{head}, and then", lines)

    def _together(
        self, failing: Sequence[str], passing: Sequence[str], numbers: int, side: int
    ) -> list[str]:
        lines = [f"  {'#':>{numbers}}  {'as it failed':<{side}}  as it passes"]
        pairs = zip_longest(failing, passing, fillvalue="")
        for step, (here, there) in enumerate(pairs, self._trace.parted):
            left, right = self._short(here, side), self._short(there, side)
            lines.append(f"  {step:>{numbers}}  {left:<{side}}  {right}".rstrip())
        return lines

    def _alone(self, head: str, steps: Sequence[str], numbers: int) -> list[str]:
        lines = [f"  {'#':>{numbers}}  {head}"]
        margin = " " * (numbers + 6)
        for step, text in enumerate(steps, self._trace.parted):
            begin = f"  {step:>{numbers}}  "
            lines += textwrap.wrap(
                text,
                self._width,
                initial_indent=begin,
                subsequent_indent=margin,
                break_on_hyphens=False,
            )
        return lines

    def _said(self, events: Sequence[TraceEvent]) -> list[str]:
        """ "31  consumer-2  notify cond" and so on: the line, the task, what it did."""
        said = in_words(self._trace, events, self._arrow)
        widest = max((len(self._clean(line)) for _, line in said), default=0)
        return [
            f"{self._clean(line):>{widest}}  {self._clean(f'{event.task}  {text}')}"
            for event, (text, line) in zip(events, said, strict=True)
        ]
