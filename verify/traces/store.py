"""placeholder"""
from __future__ import annotations
from pathlib import Path
from verify.traces.trace import Trace

def save(trace: Trace, directory: Path = Path("traces")) -> Path:
    return directory / trace.digest
