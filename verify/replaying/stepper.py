"""The stepper: a replayed execution, gone through step by step in a terminal.

    obey    one command of the person's: where to go, and what is said instead of going there
    page    the steps so far, the states of the objects, and where each task stands

The program has been run before anybody steps: going back is looking at an earlier moment. Where the
program no longer does what the trace says, there is nothing beyond, and the page says why.
"""

from __future__ import annotations

import dataclasses
import textwrap

from verify.exploration.replaying import Replay
from verify.replaying.moments import Moments, Stand
from verify.traces.render_text import render_steps
from verify.traces.wording import listed, printable

ROWS = 14
"""Lines of steps on a page; of more, the middle is left out."""
HELP = (
    "n or Enter: the next step; b: one back; N or to N: after step N; task NAME: the next step of "
    "that task; end: the last step; q: quit"
)
_NEXT, _BACK, _END = {"", "n", "next"}, {"b", "back"}, {"e", "end"}
_HELP, QUIT = {"h", "help", "?"}, {"q", "quit"}


class Stepper:
    """Where in an execution a person is; `width`, `ascii` and `color` of where it is shown."""

    def __init__(
        self, replay: Replay, moments: Moments, *, width: int, ascii: bool, color: bool
    ) -> None:
        found = replay.trace
        diverged = replay.diverged
        # Steps of another operation were taken, but are no longer those of the trace.
        last = len(found.events) if diverged is None else diverged.step - 1
        self._last = min(last, len(found.events))
        self._trace = dataclasses.replace(found, events=found.events[: self._last])
        self._replay = replay
        self._moments = moments
        self._width = max(width, 40)
        self._ascii = ascii
        self._color = color
        self._step = 0

    @property
    def last(self) -> int:
        """The last step that can be gone to."""
        return self._last

    def obey(self, command: str) -> str:
        """Go where a command says; what there is to say if it leads nowhere, else nothing."""
        word, _, rest = " ".join(command.split()).partition(" ")
        if word in _NEXT and not rest:
            return self._go(self._step + 1, f"this is the end, step {self._last}: b goes back")
        if word in _BACK and not rest:
            return self._go(self._step - 1, "this is the beginning: n goes on")
        if word in _END and not rest:
            return self._go(self._last, "")
        if word in _HELP and not rest:
            return HELP
        number = rest if word == "to" else word if not rest else ""
        if number.isascii() and number.isdigit() and len(number) < 10:
            return self._go(int(number), f"there are steps 0 to {self._last}")
        if word == "task":
            return self._to_task(rest)
        return f"no command {printable(command.strip())}; {HELP}"

    def _go(self, step: int, otherwise: str) -> str:
        if not 0 <= step <= self._last:
            return otherwise
        self._step = step
        return ""

    def _to_task(self, name: str) -> str:
        names = [known for known, _ in self._trace.tasks]
        if name not in names:
            what = f"no task is called {printable(name)}" if name else "which task"
            return f"{what}: there are {listed(names, longest=len(names))}"
        for step in range(self._step + 1, self._last + 1):
            if self._trace.events[step - 1].task == name:
                return self._go(step, "")
        return f"{name} takes no step after step {self._step}"

    # ------------------------------------------------------------------ the page

    def page(self) -> str:
        """What is shown at the step that was gone to."""
        trace, step = self._trace, self._step
        lines = self._told(f"step {step} of {self._last}", trace.model)
        if step:
            so_far = dataclasses.replace(trace, events=trace.events[:step])
            lines += ["", *render_steps(so_far, ROWS, self._width, self._ascii, self._color)]
        lines.append("")
        moment = self._moments.at(step)
        if moment.objects:
            lines += self._told("  state", "; ".join(map(": ".join, moment.objects)))
        width = max(len(stand.task) for stand in moment.tasks)
        for stand in moment.tasks:
            lines += self._stand(stand, width)
        if step == self._last:
            lines += self._end()
        return "\n".join(lines)

    def _stand(self, stand: Stand, width: int) -> list[str]:
        begin = f"  {stand.task:<{width}}"
        if not stand.doing:
            return self._told(begin, "has ended")
        does = "waits at" if stand.blocked else "is at"
        where = f" ({stand.place})" if stand.place else ""
        lines = self._told(begin, f"{does} {stand.doing}{where}")
        if stand.line:
            lines.append(self._cut(f"{'':{width + 4}}{self._clean(stand.line)}"))
        return lines

    def _end(self) -> list[str]:
        if self._replay.diverged is None:
            return []
        return ["", *self._told("", f"Here it leaves the trace: {self._replay.summary}.")]

    def _told(self, begin: str, text: str) -> list[str]:
        begin = (self._clean(begin) + "  ")[: self._width // 2]
        return textwrap.wrap(
            self._clean(text),
            self._width,
            initial_indent=begin,
            subsequent_indent=" " * len(begin),
            break_on_hyphens=False,
        )

    def _cut(self, line: str) -> str:
        mark = "..." if self._ascii else "…"
        return line if len(line) <= self._width else line[: self._width - len(mark)] + mark

    def _clean(self, text: str) -> str:
        return printable(text, self._ascii)
