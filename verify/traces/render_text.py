"""placeholder"""
from __future__ import annotations
from pathlib import Path
from verify.exploration.report import Report
from verify.traces.trace import Trace

def render(trace: Trace, path: Path | None, report: Report | None = None, width: int = 100) -> str:
    return ""
