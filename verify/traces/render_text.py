"""The report of a counterexample as plain text: what a person reads first.

From top to bottom: the verdict; why, in English; the steps, with a column for each task if the
columns fit and one below the other if they do not, next to what each step changed; who waits for
whom; the commands that show it again. A function of its arguments alone, byte for byte.
"""

from __future__ import annotations

import shlex
import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from verify.traces.table import Row, in_words, main_file, rows
from verify.traces.trace import Trace, Waiting
from verify.traces.wording import (
    drawing,
    failure,
    listed,
    printable,
    reason,
    replay_command,
    wanted_by,
)

if TYPE_CHECKING:
    from verify.exploration.report import Report

LINES = 40
"""Lines of a report on a search; a longer trace is folded in the middle."""
FEWEST_ROWS = 12
"""Lines of steps shown however long the rest is."""
NARROWEST_STATE = 20
OUTPUT_LINES = 8
WAITING = 6


def render(
    trace: Trace,
    path: Path | None,
    report: Report | None = None,
    *,
    width: int | None = None,
    ascii: bool = False,
    color: bool = False,
    replay_arguments: str = "",
    replay_command: str = "",
) -> str:
    """A trace for a terminal `width` columns wide (by default this one, 100 if it is none).

    `path` is where the trace was saved; `report` is the search that found it, and with one the
    report is kept to about 40 lines; without one every step is shown. `replay_arguments` go after
    the file in the replay command, unless there is another `replay_command`.
    """
    columns = shutil.get_terminal_size((100, 24)).columns if width is None else width
    page = Page(trace, path, report, columns, ascii, color)
    return "\n".join(page.lines(replay_arguments, replay_command))


def render_steps(trace: Trace, room: int, width: int, ascii: bool, color: bool) -> list[str]:
    """The steps of a trace alone, in about `room` lines, with an arrow at the last one."""
    return Page(trace, None, None, width, ascii, color).latest_steps(room)


class Page:
    """One report, and how it is to look."""

    def __init__(
        self,
        trace: Trace,
        path: Path | None,
        report: Report | None,
        width: int,
        ascii: bool,
        color: bool,
    ) -> None:
        self._trace = trace
        self._path = path
        self._report = report
        self._width = max(width, 40)
        self._ascii = ascii
        self._color = color
        self._latest = ""  # the mark of the last step
        self._arrow, self._dot, self._switch, self._dash, self._cut = (
            ("->", "-", ">", "--", "...") if ascii else ("→", "·", "»", "──", "…")
        )

    def lines(self, replay_arguments: str, replay_command: str) -> list[str]:
        """The whole report."""
        above = [*self._verdict(), "", *self._reason(), ""]
        below = [
            *self._waiting(),
            *self._printed(),
            "",
            *self._commands(replay_arguments, replay_command),
        ]
        room = max(LINES - len(above) - len(below), FEWEST_ROWS)
        steps = self._steps(None if self._report is None else room)
        return [*above, *steps, *below]

    # ------------------------------------------------------------------ around the steps

    def _verdict(self) -> list[str]:
        trace = self._trace
        holds = trace.kind == "ok"
        verdict = "OK" if holds else "VIOLATED"
        file = main_file(trace)
        left = self._clean(f"{failure(trace)} in {trace.name}" + (f" ({file})" if file else ""))
        facts = [f"{len(trace.tasks)} tasks", f"{len(trace.events)} steps"]
        report = self._report
        if report is not None and report.strategy != "replay":
            failed = report.executions - report.outcomes["ok"]
            first = report.stop_reason == "the first counterexample"
            facts.insert(
                0,
                f"execution {report.executions}"
                if first
                else f"{failed} of {report.executions} executions fail",
            )
        right = f" {self._dot} ".join(facts)
        shown = self._paint(verdict, "32" if holds else "1;31")
        if len(verdict) + len(left) + len(right) + 7 <= self._width:
            return [f"{shown}  {left}     {right}"]
        margin = " " * (len(verdict) + 2)
        head, *more = self._hanging(margin, left)
        return [f"{shown}{head[len(verdict) :]}", *more, f"  {right}"]

    def _reason(self) -> list[str]:
        trace = self._trace
        found = [line for part in reason(trace) for line in self._wrapped(part)]
        if given := trace.settings.get("arguments"):
            found += self._wrapped(f"It was given {given}.")
        drawn = [f"    {self._clean(line)}" for line in drawing(trace).splitlines()]
        found += ["", *[self._short(line, self._width) for line in drawn]] if drawn else []
        return [*found, "", *self._schedule(), *self._passing()]

    def _schedule(self) -> list[str]:
        events = self._trace.events
        switches = [
            str(index)
            for index, (event, after) in enumerate(pairwise(events), 1)
            if event.task != after.task
        ]
        smallest = self._trace.settings.get("minimal") is True
        text = f"{'Smallest failing' if smallest else 'The'} schedule: {len(events)} steps"
        if switches:
            steps = "steps" if len(switches) > 1 else "step"
            text += f", and another task goes on after {steps} {listed(switches, longest=16)}"
        return self._wrapped(text + ".")

    def _passing(self) -> list[str]:
        """Where the nearest schedule that passes parts, and which order decides."""
        trace = self._trace
        if trace.kind == "race" and trace.racing:
            first, second = trace.racing
            return self._wrapped(f"The two accesses are steps {first} and {second}, marked *.")
        if trace.settings.get("hopeless") is True:
            return self._wrapped("No schedule passes: it fails in every order of its steps.")
        if not trace.passing:
            return []
        here, instead = trace.events[trace.parted - 1], trace.passing[0]
        [(what, line)] = in_words(trace, [instead], self._arrow)
        where = f" ({'line ' if line.isdecimal() else ''}{line})" if line else ""
        if here.path == instead.path:
            text = f"It can pass if {instead.task} takes another way at step {trace.parted}"
        else:
            text = f"It can pass if step {trace.parted} is by {instead.task} instead"
        text = f"{text}: {what}{where}."
        if trace.racing:
            first, second = trace.racing
            text += f" The order of steps {first} and {second}, marked *, decides."
        return self._wrapped(text)

    def _waiting(self) -> list[str]:
        waiting = self._trace.waiting
        if not waiting:
            return []
        shown = waiting if self._report is None else waiting[:WAITING]
        texts = [self._wants(one) for one in shown]
        if len(shown) < len(waiting):
            texts.append(f"and {len(waiting) - len(shown)} others")
        return self._wrapped("Who waits for whom: " + "; ".join(texts) + ".")

    def _wants(self, one: Waiting) -> str:
        what = wanted_by(self._trace, one)
        return f"{one.task} {self._arrow} {what}" + (f" ({one.place})" if one.place else "")

    def _printed(self) -> list[str]:
        printed = self._trace.output.splitlines()
        if not printed:
            return []
        shown = printed if self._report is None else printed[-OUTPUT_LINES:]
        left = len(printed) - len(shown)
        more = f" (the last {len(shown)} of {len(printed)} lines)" if left else ""
        texts = [self._short(f"    {self._clean(line)}", self._width) for line in shown]
        return ["", f"  It printed{more}:", *texts]

    def _commands(self, arguments: str, command: str) -> list[str]:
        if self._path is None:
            return ["  replay   verify.replay(program, report.failures[0].trace)"]
        file = shlex.quote(self._path.as_posix())
        replay = command or replay_command(self._trace, file, arguments)
        picture = f"verify show {file} --html"
        return [f"  replay   {self._clean(replay)}", f"  picture  {self._clean(picture)}"]

    # ------------------------------------------------------------------ the steps

    def latest_steps(self, room: int) -> list[str]:
        """The table, with an arrow at the last step."""
        self._latest = "=>"
        return self._steps(room)

    def _steps(self, room: int | None) -> list[str]:
        """The table, folded in the middle if it would need more lines than there is room for."""
        found = rows(self._trace, self._arrow)
        if not found:
            return []
        head, blocks = self._columns(found) or self._list(found)
        if self._latest:
            blocks[-1][0] = self._latest + blocks[-1][0][len(self._latest) :]
        blocks = [*self._marked(found, blocks)]
        if room is not None and sum(map(len, blocks)) + len(head) > room:
            blocks = self._left_out(found, blocks, room - len(head) - 1)
        return [*head, *(line for block in blocks for line in block)]

    def _marked(self, found: Sequence[Row], blocks: list[list[str]]) -> Iterator[list[str]]:
        """The blocks of lines, with a line where the property is first seen violated."""
        trace = self._trace
        what = "nobody can go on" if trace.kind == "deadlock" else failure(trace)
        text = f"{self._dash} {what}: {trace.message} {self._dash}"
        if trace.kind in ("deadlock", "race"):  # the reason above says the rest
            text = f"{self._dash} {what} {self._dash}"
        marked = trace.kind == "ok"
        for row, after, block in zip(found, [*found[1:], None], blocks, strict=True):
            noted = after is not None and after.is_note and after.last == trace.step
            if not marked and row.last >= trace.step and not noted:
                marked = True
                block = [*block, *(self._paint(line, "31") for line in self._wrapped(text))]
            yield block

    def _left_out(
        self, found: Sequence[Row], blocks: list[list[str]], room: int
    ) -> list[list[str]]:
        """Without what follows when the property is violated; if need be, without the middle."""
        end = next((at for at, row in enumerate(found, 1) if row.last >= self._trace.step), 0)
        if 0 < end < len(blocks) - 1:
            blocks = [*blocks[:end], [self._omission(found[end:])]]
            if sum(map(len, blocks)) <= room + 1:
                return blocks
            return [*self._middle_left_out(found[:end], blocks[:-1], room - 1), blocks[-1]]
        return self._middle_left_out(found, blocks, room)

    def _middle_left_out(
        self, found: Sequence[Row], blocks: list[list[str]], room: int
    ) -> list[list[str]]:
        """A third of the room for the beginning, the rest for the end."""
        first, last = 0, len(blocks)
        used = 0
        while used + len(blocks[first]) <= room // 3:
            used += len(blocks[first])
            first += 1
        while last > first and used + len(blocks[last - 1]) <= room:
            last -= 1
            used += len(blocks[last])
        if first >= last:
            return blocks
        return [*blocks[:first], [self._omission(found[first:last])], *blocks[last:]]

    def _omission(self, left: Sequence[Row]) -> str:
        """What stands where steps are left out."""
        steps = left[-1].last - left[0].first + 1
        how = "" if self._path is None else f": verify show {shlex.quote(self._path.as_posix())}"
        return self._clean(f"  {self._cut} {steps} steps are left out here{how}")

    def _columns(self, found: Sequence[Row]) -> tuple[list[str], list[list[str]]] | None:
        """A column for each task that does more than start and join; None if they do not fit."""
        texts = {id(row): self._text(row) for row in found}
        widest: dict[str, int] = {}  # by task
        for row in found:
            if not row.wide:
                widest[row.task] = max(widest.get(row.task, 0), len(texts[id(row)]))
        names = [name for name, _ in self._trace.tasks if name in widest]
        widths = [max(len(self._clean(name)), widest[name]) for name in names]
        numbers, lines = self._gutter(found)
        left = 2 + numbers + 2 + lines + 2 + sum(widths) + 2 * len(widths)
        if left + NARROWEST_STATE > self._width:
            return None
        heads = (f"{self._clean(n):<{w}}" for n, w in zip(names, widths, strict=True))
        head = f"  {'#':>{numbers}}  {'line':>{lines}}  {'  '.join(heads)}  state"
        blocks = []
        before = ""
        for row in found:
            begin = self._begin(row, before, numbers, lines)
            before = before if row.is_note else row.task
            if row.wide:
                blocks.append(self._hanging(begin, texts[id(row)]))
                continue
            cells = "  ".join(
                f"{texts[id(row)] if name == row.task else '':<{w}}"
                for name, w in zip(names, widths, strict=True)
            )
            blocks.append(self._beside(begin + cells + "  ", row))
        return [head.rstrip()], blocks

    def _list(self, found: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
        """One step below the other, indented by the task; what changed goes beside or below it."""
        deepest = min(12, self._width // 6)
        depth = {name: min(2 * index, deepest) for index, (name, _) in enumerate(self._trace.tasks)}
        numbers, lines = self._gutter(found)
        blocks = []
        before = ""
        for row in found:
            begin = self._begin(row, before, numbers, lines)
            before = before if row.is_note else row.task
            indent = " " * (0 if row.wide else depth.get(row.task, 0))
            who = "" if row.wide else f"{self._clean(row.task)}  "
            text = f"{begin}{indent}{who}{self._text(row)}"
            state = self._clean("; ".join(row.state))
            if len(text) + len(state) + 3 <= self._width:
                block = [f"{text}   {state}".rstrip()]
            else:
                room = max(self._width - len(begin) - len(indent) - 2, NARROWEST_STATE)
                margin = " " * (self._width - room)
                rest = textwrap.wrap(state, room, break_on_hyphens=False)
                told = self._hanging(begin + indent, f"{who}{self._text(row)}")
                block = [*told, *(margin + line for line in rest)]
            blocks.append(block)
        return [f"  {'#':>{numbers}}  {'line':>{lines}}  task and step"], blocks

    def _gutter(self, found: Sequence[Row]) -> tuple[int, int]:
        """The widths of the numbers and of the lines."""
        return (
            max(len(self._number(row)) for row in found),
            max(4, *(len(self._line_of(row)) for row in found)),
        )

    def _number(self, row: Row) -> str:
        if row.is_note:
            return ""
        return str(row.first) if row.first == row.last else f"{row.first}-{row.last}"

    def _begin(self, row: Row, before: str, numbers: int, lines: int) -> str:
        """The gutter of a row, with marks where another task goes on, and at the racing pair."""
        other = before and before != row.task and not row.is_note
        mark = self._switch if other else " "
        mark += "*" if any(row.first <= step <= row.last for step in self._trace.racing) else " "
        return f"{mark}{self._number(row):>{numbers}}  {self._line_of(row):>{lines}}  "

    def _line_of(self, row: Row) -> str:
        """The number of its line, with the file if it is another one; a trace may hold anything."""
        return self._short(self._clean(row.line), self._width // 2)

    def _text(self, row: Row) -> str:
        return self._clean(row.text) + ("  z z" if row.asleep else "")

    def _beside(self, begin: str, row: Row) -> list[str]:
        """A row with its state to the right, on as many lines as that takes."""
        state = self._clean("; ".join(row.state))
        lines = textwrap.wrap(state, self._width - len(begin), break_on_hyphens=False)
        margin = " " * len(begin)
        return [(begin + "".join(lines[:1])).rstrip(), *(margin + line for line in lines[1:])]

    # ------------------------------------------------------------------ characters

    def _clean(self, text: str) -> str:
        """Printable text: what a trace holds must not control the terminal."""
        return printable(text, self._ascii)

    def _short(self, text: str, width: int) -> str:
        return text if len(text) <= width else text[: width - len(self._cut)] + self._cut

    def _hanging(self, begin: str, text: str) -> list[str]:
        """A text behind the beginning of its line, on as many lines as it needs, one below the
        other."""
        return textwrap.wrap(
            text,
            self._width,
            initial_indent=begin,
            subsequent_indent=" " * (len(begin) + 2),
            break_on_hyphens=False,
        )

    def _wrapped(self, text: str) -> list[str]:
        return textwrap.wrap(
            self._clean(text),
            self._width,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text
