"""A bounded search of which only a part is wanted: some of what could come next, at some steps.

`Bounded` is a class of the core, and can have no subclass here. So each node is put right when it
has just been made, and taken back, with the execution cut short, if nothing is left of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from verify.exploration.bounded import Bounded
from verify.exploration.strategy import View
from verify.scheduling.event import Choice


class Narrowed(ABC):
    """All executions of a part of what a bound on preemptions allows, depth first."""

    def __init__(self, preemptions: int) -> None:
        self._search = Bounded(preemptions)
        self.begin = self._search.begin
        self.end = self._search.end

    @property
    def kept(self) -> int:
        """As in a Strategy."""
        return self._search.kept

    @property
    def preemptions(self) -> int:
        """How many there were in the execution that has just been run."""
        return self._search.spent

    def choose(self, view: View) -> Choice | None:
        """The next step; None if none is wanted that could come here."""
        path = self._search.path
        known = len(path)
        choice = self._search.choose(view)
        if len(path) == known:
            return choice
        if not self._narrow(view):
            path.pop()
            return None
        return path[-1].choice

    @abstractmethod
    def _narrow(self, view: View) -> bool:
        """Leave in the newest node of the path what is wanted; False if that is nothing."""
