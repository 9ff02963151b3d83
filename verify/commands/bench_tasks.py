"""`verify bench --tasks`: what it costs to create and to switch a process, a thread, a coroutine.

Each row is measured in a process of its own (benchmarking/tasks.py). No figure is good or bad here.
"""

from __future__ import annotations

import argparse
import platform
from typing import Any

from verify import __version__, build
from verify.benchmarking.worker import tasks_in_a_process
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.wording import seconds, spelled
from verify.errors import InternalFault, UsageError

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
    rows: list[dict[str, Any]] = []
    errors: list[str] = []

    def line(*cells: str) -> None:
        if not arguments.json:
            console.line(f"{cells[0]:<24}" + "".join(cell.rjust(11) for cell in cells[1:]))

    def note(text: str) -> None:
        if not arguments.json:
            for every in text.splitlines():
                console.line(every)

    def measured(what: str, number: int = 0) -> dict[str, float] | None:
        try:
            answer = tasks_in_a_process(what, number)
        except (UsageError, InternalFault) as error:
            errors.append(str(error))
            console.error(errors[-1])
            return None
        rows.append({"tasks": what, "number": number, **answer})
        return answer

    line("task", "create", "switch", "memory")
    for what, name in ROWS.items():
        if (found := measured(what)) is not None:
            line(name, *map(_short, (found["create"], found["switch"])), _bytes(found["memory"]))
    note(FOOTNOTE)
    line("coroutines", "live", "all", "CPU", "CPU each", "memory")
    for what, number in CROWDS:
        if (found := measured(what, number)) is not None:
            times = [seconds(found[column]) for column in ("live", "elapsed", "cpu")]
            each = _short(found["cpu"] / number), _bytes(found["memory"])
            line(f"{spelled(number)} {what}s", *times, *each)
    note(CROWD_FOOTNOTE)
    interpreter = f"{platform.python_implementation()} {platform.python_version()}"
    note(f"{interpreter}, {build.in_words()}")
    code = exit_codes.BAD_INPUT if errors else exit_codes.AS_EXPECTED
    if arguments.json:
        console.document(
            {
                "verify": __version__,
                "command": "bench",
                "python": interpreter,
                "core": build.in_words(),
                "rows": rows,
                "errors": errors,
                "exit_code": code,
            }
        )
    return code


def _short(value: float) -> str:
    """A short time: 3.1 ms, 0.45 µs."""
    milli = value >= 1e-3
    amount = value * (1e3 if milli else 1e6)
    return f"{amount:.{2 if amount < 1 else 1 if amount < 100 else 0}f} {'ms' if milli else 'µs'}"


def _bytes(number: float) -> str:
    for unit in ("B", "kB"):
        if number < 1000:
            return f"{number:.{0 if number >= 100 or unit == 'B' else 1}f} {unit}"
        number /= 1000
    return f"{number:.1f} MB"
