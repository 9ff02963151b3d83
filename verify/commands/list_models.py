"""`verify list`: the models, and what their authors expect of them.

A file of models may say what it is about, in a constant: `HEADING = "2.3 Lock"`. Then the models
are listed under these headings, in the order of their numbers; those without one come last.
"""

from __future__ import annotations

import argparse

from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather
from verify.commands.wording import counted


def list_models(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    models, errors = gather(arguments.paths, console)
    for error in errors:
        console.error(error)
    code = exit_codes.BAD_INPUT if errors else exit_codes.AS_EXPECTED
    if arguments.json:
        listed = [
            {
                "model": model.key,
                "file": str(model.file),
                "name": model.name,
                "heading": model.heading,
                "expect": model.expect,
                "classes": model.classes,
                "settings": model.settings,
            }
            for model in models
        ]
        console.results("list", listed, errors, code)
        return code
    headings = sorted({model.heading for model in models}, key=_in_order)
    indent = "  " if any(headings) else ""
    width = max((len(model.key) for model in models), default=0)
    for heading in headings:
        if indent:
            console.line(heading or "Others")
        for model in models:
            if model.heading == heading:
                expected = model.expect
                if model.classes is not None:
                    expected += f", {counted(model.classes, 'class', 'classes')}"
                console.line(f"{indent}{model.key:<{width}}  {expected}")
    return code


def _in_order(heading: str) -> tuple[bool, list[int], str]:
    """2.9 before 2.10, what has no number behind that, what has no heading last."""
    number = heading.partition(" ")[0]
    parts = [int(part) for part in number.split(".") if part.isdecimal()]
    return not heading, parts or [1 << 30], heading
