"""`verify list`: the models, and what their authors expect of them."""

from __future__ import annotations

import argparse

from verify import __version__
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
                "expect": model.expect,
                "classes": model.classes,
                "settings": model.settings,
            }
            for model in models
        ]
        console.document(
            {
                "verify": __version__,
                "command": "list",
                "models": listed,
                "errors": [str(error) for error in errors],
                "exit_code": code,
            }
        )
        return code
    width = max((len(model.key) for model in models), default=0)
    for model in models:
        expected = model.expect
        if model.classes is not None:
            expected += f", {counted(model.classes, 'class', 'classes')}"
        console.line(f"{model.key:<{width}}  {expected}")
    return code
