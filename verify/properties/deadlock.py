"""Deadlock: nobody can go on and somebody has not ended."""

from __future__ import annotations

from verify.scheduling.explored import Explored
from verify.traces.labels import Labels


def diagnose(engine: Explored, labels: Labels) -> str:
    """Why nothing moves, in words."""
    return ""
