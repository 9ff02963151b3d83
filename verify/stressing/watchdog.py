"""The watchdog of a stress run: tells a run that hangs from one that is merely long.

It is shown, every LOOK seconds, which tasks live, which are parked, and how many operations each
has begun.

    look      "deadlock" at once, "hang" after PATIENCE seconds, "" otherwise
    describe  the wait-for table and the stacks, for a person

**A deadlock is certain, not guessed from a time-out.** Two looks, both of which find every live
task parked without a time limit, and between which no task has begun an operation. A task that is
parked both times and has begun nothing in between has completed nothing in between, hence woken
nobody; so everybody sleeps and nobody is left to wake. Only a thread that the harness did not start
could, so its presence leaves the decision to patience. Processes also wake by themselves now and
then, to see who has died: there the looks must be `settle` seconds apart.

**A hang** is no progress for PATIENCE seconds while somebody is parked and nobody's time limit is
running: a task that computes for ever, or that blocks in something that is not the harness's.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from verify.scheduling.monitor import Blocked
from verify.scheduling.standstill import NOBODY_CAN_WAKE, who_waits

LOOK = 0.02
"""Seconds between two looks."""
PATIENCE = 5.0
"""Seconds without progress after which a run counts as hanging."""


class Watchdog:
    """Watches one run."""

    def __init__(self, patience: float = PATIENCE, settle: float = 0.0) -> None:
        self._patience = patience
        self._settle = settle
        self._counts: dict[int, int] = {}
        self._moved = self._fell_asleep = time.monotonic()
        self._asleep: frozenset[int] | None = None

    def look(
        self,
        live: Collection[int],
        blocked: Sequence[Blocked],
        counts: Mapping[int, int],
        strangers: bool = False,
    ) -> str:
        """What this look, after the earlier ones, says: "deadlock", "hang", or "" for neither."""
        now = time.monotonic()
        timed = any(task.timed for task in blocked)
        asleep: frozenset[int] | None = frozenset(live)
        if timed or strangers or asleep != frozenset(task.task for task in blocked):
            asleep = None  # somebody may still move
        moved = counts != self._counts
        lasting = asleep is not None and asleep == self._asleep and not moved
        self._asleep = asleep
        self._counts = dict(counts)
        if moved or timed or not blocked:
            self._moved = now
        if not lasting:
            self._fell_asleep = now
        elif now - self._fell_asleep >= self._settle:
            return "deadlock"
        return "hang" if now - self._moved >= self._patience else ""

    def message(self, verdict: str) -> str:
        """What a verdict means, in a line."""
        if verdict == "deadlock":
            return NOBODY_CAN_WAKE
        return f"no operation for {self._patience:g} seconds, and somebody is parked"


def describe(
    names: Mapping[int, str], blocked: Sequence[Blocked], stacks: Mapping[int, str]
) -> str:
    """The account of a hang: who waits for whom, and where everybody is.

    `names` and `stacks` are those of the live tasks, by number.
    """
    lines = who_waits(names, blocked)
    for number, stack in stacks.items():
        name = names.get(number, f"task {number}")
        lines += ["", f"stack of {name}, the newest call last:", stack.rstrip("\n")]
    return "\n".join(lines)
