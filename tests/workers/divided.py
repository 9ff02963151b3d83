"""Searches are divided early: into tasks, and into cases whether that is worth while or not."""

from __future__ import annotations

import pytest

from verify.exploration import division, frontier

EARLY = 20
"""Executions before a search is divided: more than are run before one is memoised."""


def divide_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide all searches that last so long, by cases too."""
    monkeypatch.setattr(frontier, "LEAST", EARLY)
    monkeypatch.setattr(division, "LEAST", EARLY)
    monkeypatch.setattr(division, "CROWDED", 0)
