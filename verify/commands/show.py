"""`verify show`: the report of a counterexample on disk; with --html, as a page for a browser."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from verify import __version__
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import path_in
from verify.page.page import write
from verify.traces.format import read
from verify.traces.render_text import render


def show(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. TraceError if the file is not a trace."""
    path = Path(arguments.trace)
    if arguments.html is not None:
        return _write_page(path, arguments, console)
    trace = read(path)
    if arguments.json:
        console.document(
            {
                "verify": __version__,
                "command": "show",
                "trace": dataclasses.asdict(trace),
                "exit_code": exit_codes.AS_EXPECTED,
            }
        )
    else:
        console.line(
            render(
                trace,
                path,
                width=console.width,
                ascii=console.ascii,
                color=console.color,
                replay_arguments=path_in(trace.model),
            )
        )
    return exit_codes.AS_EXPECTED


def _write_page(path: Path, arguments: argparse.Namespace, console: Console) -> int:
    target = write(path, Path(arguments.html) if arguments.html else None)
    if arguments.json:
        console.document(
            {
                "verify": __version__,
                "command": "show",
                "page": str(target),
                "exit_code": exit_codes.AS_EXPECTED,
            }
        )
    else:
        console.line(f"written: {target} (open it in a browser)")
    return exit_codes.AS_EXPECTED
