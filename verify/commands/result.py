"""A result: what checking one model came to, measured against what its author expects."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from verify.commands import exit_codes
from verify.exploration.limits import Limits
from verify.exploration.report import Report, Verdict
from verify.modelling import Model
from verify.traces.recording import source_hash


class Standing(enum.Enum):
    """How a report stands to the expectation; the value is what is said about it."""

    MET = "as expected"
    NOT_MET = "NOT AS EXPECTED"
    UNDECIDED = "undetermined"
    NONDETERMINISTIC = "nondeterministic"


_EXIT_CODES = {
    Standing.MET: exit_codes.AS_EXPECTED,
    Standing.NOT_MET: exit_codes.REFUTED,
    Standing.UNDECIDED: exit_codes.UNDETERMINED,
    Standing.NONDETERMINISTIC: exit_codes.NONDETERMINISTIC,
}


@dataclass(frozen=True)
class Result:
    """One model, and the report of its search."""

    model: Model
    report: Report

    @property
    def standing(self) -> Standing:
        """Whether the expectation is met; undecided if the search might still have met it."""
        report = self.report
        if report.verdict is Verdict.NONDETERMINISTIC:
            return Standing.NONDETERMINISTIC
        if not self.reason:
            return Standing.MET
        found = {kind for kind in report.outcomes if kind != "ok"}
        stopped = not report.complete
        if stopped and found <= {self.model.expect} and not self._too_many_classes:
            return Standing.UNDECIDED
        return Standing.NOT_MET

    @property
    def _too_many_classes(self) -> bool:
        return self.model.classes is not None and self.report.executions > self.model.classes

    @property
    def reason(self) -> str:
        """Why the expectation is not met; empty if it is."""
        return self.model.disappointment(self.report)

    @property
    def exit_code(self) -> int:
        """What this result alone would make of the command."""
        return _EXIT_CODES[self.standing]

    def document(self) -> dict[str, Any]:
        """The result as JSON has it; the traces of the failures are added by whoever saved them."""
        model, report = self.model, self.report
        return {
            "model": model.key,
            "file": str(model.file),
            "name": model.name,
            "source": source_hash(model.function),
            "expect": model.expect,
            "classes": model.classes,
            "verdict": report.verdict.name,
            "standing": self.standing.name,
            "reason": self.reason,
            "strategy": report.strategy,
            "granularity": report.granularity,
            "max_steps": model.settings.get("max_steps", Limits().max_steps),
            "complete": report.complete,
            "executions": report.executions,
            "blocked_executions": report.blocked_executions,
            "steps": report.steps,
            "elapsed": round(report.elapsed, 6),
            "outcomes": dict(sorted(report.outcomes.items())),
            "stop_reason": report.stop_reason,
            "estimate": report.estimate.document() if report.estimate is not None else None,
            "guarantee": report.guarantee,
            "carrier": report.carrier,
            "carrier_reason": report.carrier_reason,
            "nondeterminism": report.nondeterminism,
            "cause": report.cause,
            "covered": report.covered,
            "allowed_races": report.allowed_races,
            "concerns": [concern._asdict() for concern in report.concerns],
        }
