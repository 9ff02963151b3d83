"""`verify bench --tasks`: what it costs to create and to switch a process, a thread, a coroutine.

Each row is measured in a process of its own (benchmarking/tasks.py). No figure is good or bad here.
"""

from __future__ import annotations

import argparse

from verify.commands.console import Console
from verify.commands.figures import Figures, short
from verify.commands.wording import seconds, spelled

ROWS = {
    "process": "process",
    "thread": "thread",
    "function": "coroutine, a function",
    "generator": "coroutine, a generator",
}
"""What carries a task, and what the table calls it."""
CROWDS = (("function", 100_000), ("generator", 100_000), ("generator", 300_000))
"""How many coroutines are to live at once."""

FOOTNOTE = """
create   to start and join a task that does nothing
switch   to hand over to another task: to wake it and sleep, or to yield
memory   of a task that sleeps, or is suspended at a yield
"""
CROWD_FOOTNOTE = """
live     until all of them are; then each is sent a message, answers it and ends
CPU      what the one thread took that carries them; the rest others had
memory   of each, while all live
"""


def bench_tasks(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    figures = Figures("tasks", arguments, console)
    figures.line("task", "create", "switch", "memory")
    for what, name in ROWS.items():
        if (found := figures.measured(what, 0)) is not None:
            cells = short(found["create"]), short(found["switch"]), _bytes(found["memory"])
            figures.line(name, *cells)
    figures.note(FOOTNOTE)
    figures.line("coroutines", "live", "all", "CPU", "CPU each", "memory")
    for what, number in CROWDS:
        if (found := figures.measured(what, number)) is not None:
            times = [seconds(found[column]) for column in ("live", "elapsed", "cpu")]
            each = short(found["cpu"] / number), _bytes(found["memory"])
            figures.line(f"{spelled(number)} {what}s", *times, *each)
    figures.note(CROWD_FOOTNOTE)
    return figures.end()


def _bytes(number: float) -> str:
    for unit in ("B", "kB"):
        if number < 1000:
            return f"{number:.{0 if number >= 100 or unit == 'B' else 1}f} {unit}"
        number /= 1000
    return f"{number:.1f} MB"
