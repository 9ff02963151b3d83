"""`verify explain`: why a counterexample on disk fails, and what would have gone well.

Lines of source are only shown if the file that the trace names is the file of then, by its hash.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
from pathlib import Path
from typing import Any

from verify import __version__
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.traces.format import read
from verify.traces.render_explanation import explained, told
from verify.traces.trace import Trace, TraceEvent

LARGEST_SOURCE = 4 * 1024 * 1024
"""Bytes of a file whose lines are shown."""


def explain(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. TraceError if the file is not a trace."""
    trace = read(Path(arguments.trace))
    source = _Source(trace)
    if arguments.json:
        console.document(_document(arguments.trace, trace, source))
    else:
        console.line(
            explained(
                trace,
                source.line,
                source.note,
                width=console.width,
                ascii=console.ascii,
                color=console.color,
            )
        )
    return exit_codes.AS_EXPECTED


class _Source:
    """The file that holds a trace's model, if it is there and unchanged; if not, `note` says so."""

    def __init__(self, trace: Trace) -> None:
        self._file = trace.file
        self._lines: list[str] = []
        self.note = ""
        if not self._file or not trace.source:
            return
        content = _content(Path(self._file))
        if content is None:
            self.note = f"{self._file} is not here: its lines are left out."
        elif hashlib.sha256(content).hexdigest() != trace.source:
            self.note = f"{self._file} has changed since: its lines are left out."
        else:
            self._lines = content.decode("utf-8", "replace").split("\n")

    def line(self, place: str) -> str:
        """The text of a line, without its indentation; empty if it cannot be had."""
        file, _, number = place.rpartition(":")
        if file != self._file or not number.isdecimal() or len(number) > 9:
            return ""
        index = int(number) - 1
        return self._lines[index].strip() if 0 <= index < len(self._lines) else ""


def _content(path: Path) -> bytes | None:
    """What is in a file; None for what is no file, or cannot be read, or is no source."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_SOURCE:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def _document(file: str, trace: Trace, source: _Source) -> dict[str, Any]:
    why, cures = told(trace)

    def event(step: int, one: TraceEvent) -> dict[str, Any]:
        return {"step": step, **dataclasses.asdict(one), "source": source.line(one.place)}

    parted = trace.parted
    failing = trace.events[parted - 1 :] if parted else ()
    return {
        "verify": __version__,
        "command": "explain",
        "trace": file,
        "model": trace.model,
        "kind": trace.kind,
        "message": trace.message,
        "why": why,
        "cures": cures,
        "note": source.note,
        "racing": [event(step, trace.events[step - 1]) for step in trace.racing],
        "waiting": [
            {**dataclasses.asdict(one), "source": source.line(one.place)} for one in trace.waiting
        ],
        "hopeless": trace.settings.get("hopeless") is True,
        "parted": parted,
        "failing": [event(step, one) for step, one in enumerate(failing, parted)],
        "passing": [event(step, one) for step, one in enumerate(trace.passing, parted)],
        "exit_code": exit_codes.AS_EXPECTED,
    }
