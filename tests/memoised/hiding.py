"""Registering programs that are open, each with words that the reason must contain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import verify

Program = Callable[[], object]
OPEN: dict[str, tuple[Program, str]] = {}
"""By name: the program, and what the reason must say."""


def hides(words: str) -> Callable[[Program], Program]:
    """Register a program that is open for a reason in these words."""

    def register(program: Program) -> Program:
        OPEN[program.__name__] = (program, words)
        return program

    return register


def run(*targets: Any) -> None:
    """Start a task for each function, or function and its arguments, and join them."""
    pairs = [target if isinstance(target, tuple) else (target,) for target in targets]
    threads = [verify.Thread(target=function, args=args) for function, *args in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
