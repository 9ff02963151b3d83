"""`verify bench --instrumented`: what instrumented code costs where nothing is explored, and how
fast it is explored.

What is measured, and what was aimed at, is in benchmarking/instrumented.py.
"""

from __future__ import annotations

import argparse

from verify.benchmarking.instrumented import LOST_UPDATE, TASKS, TIMES, WORK
from verify.commands.console import Console
from verify.commands.figures import Figures, short

FOOTNOTE = f"""
code that does little but load and store attributes, or items of lists and dictionaries, or call
methods, or bind globals and closure variables, or go over lists; {TIMES} times around
"""
EXPLORED = f"""
{TASKS} tasks that each add to an attribute: executions per second of the processor
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
    figures.line("explored", "memoised", "run again", "ratio", "at least")
    if (found := figures.measured(LOST_UPDATE, TASKS)) is not None:
        memoised, executed = found["memoised"], found["re-executed"]
        rates = f"{memoised:.0f}", f"{executed:.0f}", f"{memoised / executed:.1f} ×"
        figures.line(LOST_UPDATE, *rates, f"{found['least']:.0f}")
    figures.note(EXPLORED)
    return figures.end()
