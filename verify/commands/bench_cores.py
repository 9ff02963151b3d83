"""`verify bench --cores`: how many cores threads and processes use, by what they do.

What is measured: benchmarking/cores.py. No figure is good or bad here; the last lines say what they
came to, on this machine and beside whatever else it did.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from statistics import fmean

from verify.commands.console import Console
from verify.commands.figures import Figures
from verify.commands.wording import counted, spelled

ROWS = {
    "loop on threads": "a loop in Python, threads",
    "loop on processes": "a loop in Python, processes",
    "hash on threads": "hashing in C, threads",
    "ask on threads": "asking a server, threads",
}
"""What a group of tasks does, and what the table calls it."""
WAITING = (1, 4, 16, 64, 256)
"""How many threads wait for answers."""
Groups = dict[int, dict[str, float]]
"""The figures of a kind of group, by how many tasks it has."""
WIDTH = 32

FOOTNOTE = """
a second  20 000 steps of a loop, megabytes hashed, or answers that took 4 ms each to come
× one     of what one task did
cores     the processor time of all tasks over the time that passed
others    the same of everything else that the machine did: cores that could not be had
"""


def bench_cores(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    cores = len(os.sched_getaffinity(0))
    figures = Figures("cores", arguments, console)
    figures.line("work", "tasks", "a second", "× one", "cores", "others", width=WIDTH)
    groups: dict[str, Groups] = {}
    for what, name in ROWS.items():
        rows = groups[what] = {}
        for number in WAITING if what == "ask on threads" else sizes(cores):
            if (found := figures.measured(what, number)) is not None:
                rows[number] = found
                rate = spelled(round(found["rate"]))
                cells = f"{found['used']:.2f}", f"{found['others']:.2f}"
                times = f"{_times(rows, number):.2f}"
                figures.line(name, str(number), rate, times, *cells, width=WIDTH)
    figures.note(FOOTNOTE)
    if figures.complete:
        others = fmean(found["others"] for rows in groups.values() for found in rows.values())
        had = f"{counted(cores, 'core')}, of which others had {others:.2f} meanwhile"
        figures.note(f"Measured, with {had}:")
        for text in _summary(groups, cores):
            figures.note(f"  {text}")
    return figures.end()


def sizes(cores: int) -> list[int]:
    """How many tasks compute: fewer than there are cores, as many, and more."""
    return sorted({1, max(1, cores // 2), cores, 2 * cores, 4 * cores})


def _times(rows: Groups, number: int) -> float:
    return rows[number]["rate"] / rows[min(rows)]["rate"]


def _summary(groups: dict[str, Groups], cores: int) -> Iterator[str]:
    """What the figures say of threads and processes; nobody says that it ought to be so."""
    threads, processes, hashing, asking = (groups[what] for what in ROWS)
    used = max(found["used"] for found in threads.values())
    each = min(found["used"] / number for number, found in processes.items() if number <= cores)
    yield f"a loop in Python: threads use at most {used:.2f} cores, however many they are;"
    yield f"                  processes at least {each:.2f} each, while there are so many cores;"
    yield f"                  {_compared(processes, cores)}"
    yield f"hashing in C:     {_compared(hashing, cores)}"
    best = max(asking, key=lambda number: asking[number]["rate"])
    yield f"asking a server:  most is done by {best}, {_times(asking, best):.2f} × what one does"


def _compared(rows: Groups, cores: int) -> str:
    more = max(_times(rows, number) for number in rows if number > cores)
    return (
        f"as many as cores do {_times(rows, cores):.2f} × what one does, more of them at most "
        f"{more:.2f} ×"
    )
