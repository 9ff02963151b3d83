"""`verify bench --primitives`: what primitives cost, beside those of the standard library.

What is measured, and what was aimed at, is in benchmarking/primitives.py.
"""

from __future__ import annotations

import argparse

from verify.benchmarking.primitives import ALONE, GOALS, ROOM, TASKS
from verify.commands.console import Console
from verify.commands.figures import Figures

WIDTH = 36

FOOTNOTE = f"""
verify, standard   an operation of verify's primitive, and of the same one in threading and queue
                   or in multiprocessing, measured in turn
at most            what verify's should cost

An operation is acquire and release of a Lock, an RLock, a Semaphore; set, is_set, wait and clear of
an Event; wait at a Barrier of one; notify of a Condition, its lock taken and released; put and get
of a Queue. By {TASKS} tasks: on a Semaphore of one permit; on a Queue with room for {ROOM}, half of
them put and half get; the time that all took over the number of operations.
"""


def bench_primitives(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    figures = Figures("primitives", arguments, console)
    figures.line("primitive", "verify", "standard", "ratio", "at most", width=WIDTH)
    for (what, tasks), goal in GOALS.items():
        if (found := figures.measured(what, tasks)) is not None:
            label = what if tasks == ALONE else f"{what}, by {tasks} tasks"
            cells = _micro(found["ours"]), _micro(found["theirs"]), f"{found['ratio']:.2f} ×"
            most = f"{goal.times:g} ×" if goal.times else _micro(goal.seconds)
            figures.line(label, *cells, most, width=WIDTH)
    figures.note(FOOTNOTE)
    return figures.end()


def _micro(value: float) -> str:
    """A time of microseconds, with the digits that a ratio needs."""
    return f"{value * 1e6:.{2 if value < 1e-5 else 1}f} µs"
