"""What a report tells, as far as it is the same however the search was run."""

from __future__ import annotations

from typing import Any

from verify.exploration.report import Report


def told(report: Report) -> dict[str, Any]:
    """All that must not depend on the number of workers."""
    return {
        "verdict": report.verdict,
        "reason": report.stop_reason,
        "nondeterminism": report.nondeterminism,
        "counts": (report.executions, report.blocked_executions, report.events, report.steps),
        "outcomes": sorted(report.outcomes.items()),
        "covered": report.covered,
        "races": report.allowed_races,
        "failures": [(one.kind, one.message, one.trace) for one in report.failures],
    }
