"""Keeping: every counterexample is on disk as soon as it is found, whatever happens next."""

from __future__ import annotations

from pathlib import Path

from verify.commands.console import Console
from verify.errors import UsageError
from verify.exploration.report import Counterexample, Report
from verify.traces.store import save

TRACES = Path("traces")


class Keeper:
    """Saves the counterexamples of one command; a directory that cannot be written is said once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._paths: dict[str, Path | None] = {}
        self._kept = 0
        self._failed = False

    def keep(self, report: Report) -> None:
        """Save what is new; cheap enough to ask after every execution."""
        if len(report.failures) == self._kept:
            return
        self._kept = len(report.failures)
        for failure in report.failures:
            self.path(failure)

    def path(self, failure: Counterexample) -> Path | None:
        """Where a counterexample is; None if it could not be saved."""
        digest = failure.trace.digest
        if digest not in self._paths:
            self._paths[digest] = self._save(failure)
        return self._paths[digest]

    @property
    def saved(self) -> int:
        """How many are on disk."""
        return sum(path is not None for path in self._paths.values())

    def _save(self, failure: Counterexample) -> Path | None:
        try:
            return save(failure.trace, TRACES)
        except UsageError as error:
            if not self._failed:
                self._console.error(f"{error} (counterexamples are not saved)")
            self._failed = True
            return None
