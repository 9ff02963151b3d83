"""What a program of the table is: a function of the modules that it would import.

`modules` has `threading`, `queue`, `futures` (concurrent.futures) and `time`; `note(name, value)`
records an observable result. A name is noted by one task only, or in an order that the program
itself demands, so that what is noted follows from the class of the execution.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Modules = Any
Note = Callable[[str, object], None]


@dataclass(frozen=True)
class Program:
    """A program and what there is to know of it.

    `outcomes` is how many there are. `threads` is whether the copies run it on their own threads:
    so what is about threads, and else what is small enough. `preemptions` bounds the search of the
    copies where it would be too long. `nightly` keeps it out of the daily tests. `lacking` names
    what verify's own names have nothing for. `differs` says why verify shows less than the copies
    do: a difference that is known.
    """

    function: Callable[[Modules, Note], None]
    outcomes: int
    threads: bool = False
    preemptions: int | None = None
    nightly: bool = False
    since: tuple[int, int] = (3, 11)
    lacking: str = ""
    differs: str = ""

    @property
    def name(self) -> str:
        return self.function.__name__


PROGRAMS: dict[str, Program] = {}


def program(
    outcomes: int, **known: Any
) -> Callable[[Callable[[Modules, Note], None]], Callable[[Modules, Note], None]]:
    """Put a program into the table."""

    def add(function: Callable[[Modules, Note], None]) -> Callable[[Modules, Note], None]:
        made = Program(function, outcomes, **known)
        if sys.version_info >= made.since:
            PROGRAMS[made.name] = made
        return function

    return add


def start(modules: Modules, *targets: Callable[[], object]) -> list[Any]:
    """A thread for each of these, started."""
    threads = [modules.threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    return threads


def join(threads: list[Any]) -> None:
    """Wait for all of these."""
    for thread in threads:
        thread.join()


def raised_by(call: Callable[[], object]) -> str:
    """The name of the exception that a call raises; empty if it raises none."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""
