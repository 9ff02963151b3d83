"""The main task's body: the program itself, under the name that reports use for it."""

from __future__ import annotations

from collections.abc import Callable


class MainBody:
    """What a scheduler carries as the task that a program begins with."""

    name = "main"
    daemon = False
    process = False

    def __init__(self, program: Callable[[], object]) -> None:
        self._program = program

    def run(self) -> object:
        """Call the program."""
        return self._program()
