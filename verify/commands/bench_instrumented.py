"""`verify bench --instrumented`: what instrumented code costs where nothing is explored.

What is measured, and what was aimed at, is in benchmarking/instrumented.py.
"""

from __future__ import annotations

import argparse

from verify.benchmarking.instrumented import TIMES, WORK
from verify.commands.console import Console
from verify.commands.figures import Figures, short

FOOTNOTE = f"""
code that does little but load and store attributes, or items of lists and dictionaries, or call
methods, or bind globals and closure variables, or go over lists; {TIMES} times around
"""


def bench_instrumented(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    figures = Figures("instrumented", arguments, console)
    figures.line("code", "rewritten", "as it is", "ratio", "at most")
    for what in WORK:
        if (found := figures.measured(what, TIMES)) is not None:
            times = f"{found['ratio']:.2f} ×", f"{found['most']:g} ×"
            figures.line(what, short(found["ours"]), short(found["theirs"]), *times)
    figures.note(FOOTNOTE)
    return figures.end()
