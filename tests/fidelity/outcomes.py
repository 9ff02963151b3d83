"""The outcomes of a program: what its executions show, over all of them.

An outcome is how an execution failed, if it did, and what the program noted until then.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass
from typing import Any

from tests.fidelity.copies import COPIED, Copies
from tests.fidelity.program import Modules, Program
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report

Outcome = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


@dataclass
class Found:
    """A set of outcomes and the search that found it."""

    outcomes: set[Outcome]
    report: Report


def outcomes_of(
    function: Callable[[Modules, Any], None],
    modules: Callable[[], Any],
    preemptions: int | None = None,
    max_seconds: float | None = None,
) -> Found:
    """Explore a program over the modules that a call gives in each run."""
    noted: dict[str, str] = {}
    found: set[Outcome] = set()

    def note(name: str, value: object) -> None:
        noted[name] = repr(value)

    def run() -> None:
        noted.clear()
        made = modules()
        function(made, note)
        made.end()

    def keep(execution: Any, names: Any) -> None:
        kinds = tuple(sorted({failure.kind for failure in execution.failures}))
        found.add((kinds, tuple(sorted(noted.items()))))

    search = Search(
        run,
        preemptions=preemptions,
        limits=Limits(None, max_seconds),
        stop_at_first=False,
        memoise=False,
        minimise=False,
        model=function.__name__,
        on_execution=keep,
    )
    return Found(found, search.run())


def in_copies(program: Program) -> Found:
    """Over CPython's own Python."""
    return outcomes_of(
        program.function,
        lambda: Copies(COPIED, threads=program.threads),
        program.preemptions,
    )


class Library:
    """The modules that everybody imports: explored, their names are verify's."""

    threading = threading
    queue = queue
    futures = futures
    time = time

    def end(self) -> None:
        """The end of a program is seen to."""


def in_substitution(program: Program) -> Found:
    """As the program would be written: with the library's own names."""
    return outcomes_of(program.function, Library)


def in_verify(program: Program) -> Found:
    """Over verify's primitives; concurrent.futures, which is built of them, as it is."""
    return outcomes_of(program.function, lambda: Copies(("concurrent",)))
