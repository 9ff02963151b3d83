"""`verify explain`: why a counterexample on disk fails, and what would have gone well.

Lines of source are only shown if the file that the trace names is the file of then, by its hash.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from verify import __version__
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.traces.format import read
from verify.traces.render_explanation import explained, told
from verify.traces.source import Source, source
from verify.traces.trace import Trace, TraceEvent


def explain(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. TraceError if the file is not a trace."""
    trace = read(Path(arguments.trace))
    found = source(trace, Path.cwd())
    note = f"{found.missing}: its lines are left out." if found.missing else ""
    if arguments.json:
        console.document(_document(arguments.trace, trace, found, note))
    else:
        console.line(
            explained(
                trace,
                found.line,
                note,
                width=console.width,
                ascii=console.ascii,
                color=console.color,
            )
        )
    return exit_codes.AS_EXPECTED


def _document(file: str, trace: Trace, source: Source, note: str) -> dict[str, Any]:
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
        "note": note,
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
