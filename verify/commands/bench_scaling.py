"""`verify bench --scaling`: how much faster more workers would be, by simulation.

What is measured and simulated: benchmarking/scaling.py. No figure is good or bad here.
"""

from __future__ import annotations

import argparse
import platform
from typing import Any

from verify import __version__, build
from verify.benchmarking.programs import available, chosen
from verify.benchmarking.scaling import WORKERS
from verify.benchmarking.worker import in_a_process
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.options import SECONDS
from verify.commands.wording import spelled
from verify.errors import InternalFault, UsageError
from verify.exploration.limits import as_written

PROGRAMS = ["racyinc:6", "lockinc:8", "lastzero:13", "dining:14", "semmutex:8"]
FOOTNOTE = """
× N        how many times as fast as one process so many workers would be
uneven     what the busiest of 64 has to do over what they have to do on average
own        the part of the seconds of one process that the process of the search needs for itself,
           dealing tasks out and taking what came of them: no number of workers makes that less
"""


def bench_scaling(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. UsageError for programs or sizes that there are not."""
    with console.imports_kept_apart():
        programs = chosen(arguments.programs or PROGRAMS, available())
    limit = arguments.max_seconds
    seconds = SECONDS if limit is None else as_written(limit)
    settings = {
        "memoise": not arguments.reexecuted,
        "max_executions": as_written(arguments.max_executions),
        "max_seconds": seconds,
    }
    width = max(len(program.label) for program in programs) + 2
    rows: list[dict[str, Any]] = []
    errors: list[str] = []

    def line(label: str, *cells: str) -> None:
        if not arguments.json:
            console.line(f"{label:<{width}}" + "".join(cell.rjust(8) for cell in cells))

    line("program", "classes", "tasks", *[f"× {count}" for count in WORKERS], "uneven", "own")
    for program in programs:
        try:
            found = in_a_process(program, settings, scaling=True)
        except (UsageError, InternalFault) as error:
            errors.append(str(error))
            console.error(errors[-1])
            continue
        rows.append({"program": program.label, **found})
        line(
            program.label,
            spelled(found["executions"]),
            spelled(found["tasks"]),
            *[f"{row['speedup']:.2f}" for row in found["workers"]],
            f"{found['workers'][-1]['imbalance']:.2f}",
            f"{100 * found['own'] / found['seconds']:.1f} %",
        )
    code = exit_codes.BAD_INPUT if errors else exit_codes.AS_EXPECTED
    interpreter = f"{platform.python_implementation()} {platform.python_version()}"
    if arguments.json:
        console.document(
            {
                "verify": __version__,
                "command": "bench",
                "python": interpreter,
                "core": build.in_words(),
                "programs": rows,
                "errors": errors,
                "exit_code": code,
            }
        )
        return code
    for text in FOOTNOTE.splitlines():
        console.line(text)
    console.line(f"{interpreter}, {build.in_words()}")
    return code
