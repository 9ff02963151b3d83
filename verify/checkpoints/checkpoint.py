"""A checkpoint: the searches of one `verify check`, as far as they have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verify.exploration.saving import Saved


@dataclass(frozen=True)
class Kept:
    """One model: its key, what it was (fingerprint.py), and its search; None if not begun."""

    model: str
    program: str
    search: Saved | None = None


@dataclass(frozen=True)
class Checkpoint:
    """`given` are the settings that went before the models' own, `project` those of the project,
    `instrument` what the command line had instrumented."""

    given: dict[str, Any]
    project: dict[str, Any]
    instrument: tuple[str, ...]
    models: list[Kept] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to be explored."""
        return all(kept.search is not None and kept.search.over for kept in self.models)
