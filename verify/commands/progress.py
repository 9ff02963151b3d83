"""Progress: how a search is getting on, on standard error.

On a terminal one line is redrawn in place, ten times a second at most, and taken away at the end;
elsewhere a plain line appears every few seconds, and none for a search that is quickly over. Where
the result is wanted as JSON, each line is a JSON document of its own, as often as a plain one; what
is in it is told in docs/guide.md.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from verify.commands.console import Console
from verify.commands.wording import about, counted, spelled
from verify.exploration.report import Report

if TYPE_CHECKING:
    from rich.live import Live

BEFORE_FIRST = 0.2
"""Seconds before a line is drawn: most searches are over by then, and a flicker tells nothing."""
BETWEEN = 0.1
BETWEEN_PLAIN_LINES = 5.0


class Progress:
    """The line of one search. `model`, its key, is given where JSON is wanted."""

    def __init__(self, console: Console, label: str, model: str = "") -> None:
        self._console = console
        self._label = label
        self._model = model
        self._redrawn = console.live and not model
        self._began = time.perf_counter()
        self._due = self._began + (BEFORE_FIRST if self._redrawn else BETWEEN_PLAIN_LINES)
        self._live: Live | None = None
        self._told = self._began, 0  # when an event was told, and how many executions there were

    def update(self, report: Report, depth: int) -> None:
        """The search goes on; `depth` is how many steps an execution has had."""
        now = time.perf_counter()
        if now < self._due:
            return
        self._due = now + (BETWEEN if self._redrawn else BETWEEN_PLAIN_LINES)
        elapsed = now - self._began
        if self._model:
            self._console.event(self._event(report, depth, now))
        elif self._redrawn:
            self._draw(self._line(report, depth, elapsed))
        else:
            self._console.note(self._line(report, depth, elapsed))

    def _line(self, report: Report, depth: int, elapsed: float) -> str:
        run = counted(report.executions, "execution")
        parts = [f"{self._label}  {run}"]
        if report.estimate is not None:
            parts[0] += f" of {report.estimate}"
        rate = (report.executions + report.blocked_executions) / elapsed
        parts += [
            f"{spelled(depth)} deep",
            f"{spelled(round(rate))}/s",
            f"{elapsed:.0f} s" if elapsed >= 10 else f"{elapsed:.1f} s",
        ]
        if report.estimate is not None:
            each = elapsed / report.executions
            least, most = (
                about(each * (classes - report.executions))
                for classes in (report.estimate.low, report.estimate.high)
            )
            parts.append(f"{most} to go" if least == most else f"{least} to {most} to go")
        if report.guarantee:
            parts.append(report.guarantee)
        return " · ".join(parts)

    def _event(self, report: Report, depth: int, now: float) -> dict[str, Any]:
        (before, then), run = self._told, report.executions + report.blocked_executions
        self._told = now, run
        if run < then:  # the search has begun again
            then = 0
        return {
            "event": "progress",
            "model": self._model,
            "time": round(time.time(), 3),
            "executions": report.executions,
            "blocked_executions": report.blocked_executions,
            "rate": round((run - then) / (now - before), 1),
            "steps": depth,
            "elapsed": round(now - self._began, 6),
            "workers": report.workers,
            "subtrees": report.subtrees,
            "memory": report.memory,
            "estimate": report.estimate.document() if report.estimate is not None else None,
            "guarantee": report.guarantee,
            "failures": len(report.failures),
        }

    def say(self, text: str) -> None:
        """Show that something is going on that reports no numbers; on a terminal only."""
        if self._redrawn:
            self._draw(f"{self._label} {text}".rstrip())

    def close(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _draw(self, text: str) -> None:
        from rich.console import Console as RichConsole
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            self._live = Live(
                console=RichConsole(file=self._console.err, force_terminal=True),
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        shown = Text(self._console.encodable(text), style="dim", no_wrap=True, overflow="ellipsis")
        self._live.update(shown, refresh=True)
