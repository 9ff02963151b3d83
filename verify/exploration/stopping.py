"""Stopping: what ends a search before its end: a limit (limits.py, memory.py), or the user."""

from __future__ import annotations

import time

from verify.exploration.limits import Limits
from verify.exploration.memory import Memory
from verify.interrupts import Interrupts

FIRST = "the first counterexample"
"""What stops a search that is to find one."""


class Stopping:
    """When to stop one search, asked between two executions."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.memory = Memory(limits.max_memory)
        self.interrupted = False
        self._until = -1.0  # when time is up; negative: never
        self._interrupts = Interrupts()

    def begin(self, began: float, interrupts: Interrupts) -> None:
        """The search began then, by `time.perf_counter`, and listens to Ctrl-C so."""
        seconds = self.limits.max_seconds
        self._until = -1.0 if seconds is None else began + seconds
        self._interrupts = interrupts
        self.memory.begin()

    @property
    def soon(self) -> bool:
        """Whether time is up, or the user has had enough."""
        return 0.0 <= self._until <= time.perf_counter() or self._interrupts.requested

    def reached(self, executions: int) -> str:
        """What stops the search after so many executions, in words; empty if nothing does."""
        limits = self.limits
        full = self.memory.look() > 1
        if executions != limits.max_executions and not self.soon and not full:
            return ""
        self.interrupted = self._interrupts.requested
        if self.interrupted:
            return "an interruption (Ctrl-C)"
        if executions == limits.max_executions:
            plural = "" if executions == 1 else "s"
            return f"{executions} execution{plural} (max_executions)"
        return self.memory.reason if full else f"{limits.max_seconds:g} seconds (max_seconds)"
