"""Figures of the machine: tables of `verify bench` whose rows are measured, and never judged.

Each row is measured in a process of its own (benchmarking/worker.py). A command writes its lines
and asks for its rows; at the end, the same rows are the document, if one was asked for.
"""

from __future__ import annotations

import argparse
import platform
from typing import Any

from verify import __version__, build
from verify.benchmarking.worker import figures_in_a_process
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.errors import InternalFault, UsageError


class Figures:
    """One run of such a command; `table` is the name of what is measured."""

    def __init__(self, table: str, arguments: argparse.Namespace, console: Console) -> None:
        self._table = table
        self._json = arguments.json
        self._console = console
        self._rows: list[dict[str, Any]] = []
        self._errors: list[str] = []

    def line(self, label: str, *cells: str, width: int = 24) -> None:
        """A row of the table: the label is `width` characters wide, and a cell eleven."""
        self.note(f"{label:<{width}}" + "".join(cell.rjust(11) for cell in cells))

    def note(self, text: str) -> None:
        """Lines as they are."""
        if not self._json:
            for every in text.splitlines():
                self._console.line(every)

    def measured(self, what: str, number: int) -> dict[str, float] | None:
        """One row's figures; None, and an error told, if they could not be had."""
        try:
            answer = figures_in_a_process(self._table, what, number)
        except (UsageError, InternalFault) as error:
            self._errors.append(str(error))
            self._console.error(self._errors[-1])
            return None
        self._rows.append({self._table: what, "number": number, **answer})
        return answer

    @property
    def complete(self) -> bool:
        """Whether every row that was asked for could be had."""
        return not self._errors

    def end(self) -> int:
        """Say what was measured with; the exit code."""
        interpreter = f"{platform.python_implementation()} {platform.python_version()}"
        self.note(f"{interpreter}, {build.in_words()}")
        code = exit_codes.AS_EXPECTED if self.complete else exit_codes.BAD_INPUT
        if self._json:
            self._console.document(
                {
                    "verify": __version__,
                    "command": "bench",
                    "python": interpreter,
                    "core": build.in_words(),
                    "rows": self._rows,
                    "errors": self._errors,
                    "exit_code": code,
                }
            )
        return code


def short(value: float) -> str:
    """A short time: 3.1 ms, 0.45 µs."""
    milli = value >= 1e-3
    amount = value * (1e3 if milli else 1e6)
    return f"{amount:.{2 if amount < 1 else 1 if amount < 100 else 0}f} {'ms' if milli else 'µs'}"
