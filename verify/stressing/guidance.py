"""Guidance: which classes real runs have shown because they were made to.

Each class that the runs have not shown by luck is an execution of the explorer's; its order is
forced on real tasks (gate.py). Whether the run then was of that class its account tells, as of any
other run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from verify.stressing.gate import Plan
from verify.stressing.report import Run
from verify.stressing.sightings import Sightings

ANOTHER = (
    "its operations in that order were of another class: something else counts, such as what a new "
    "process copies"
)


class Guidance(NamedTuple):
    """How many classes were `forced`, how many could not be, with the reason of the first, and for
    how many there was no time."""

    forced: int
    refused: int
    why: str
    untried: int

    def __str__(self) -> str:
        told = f"guided, showed {self.forced:,} more"
        if self.refused:
            told += f"; {self.refused:,} could not be forced: {self.why}"
        return f"{told}; no time for {self.untried:,}" if self.untried else told


def guided(
    sightings: Sightings, carry: Callable[[Plan], Run | None], seconds: float | None
) -> Guidance:
    """Have each class that was not seen carried out; `carry` gives None when time is up.

    At most so many `seconds` are spent on finding out what the runs have shown.
    """
    unseen = sightings.unseen
    runs = {}
    for wanted, plan in unseen.items():
        run = carry(plan)
        if run is None:
            break
        runs[wanted] = run
    accounts = {one: run.account.named() for one, run in runs.items() if run.account is not None}
    found = sightings.classes_of(accounts.values(), float("inf") if seconds is None else seconds)
    reasons = [
        run.unforced or run.refusal or ANOTHER
        for wanted, run in runs.items()
        if wanted not in accounts or found.get(accounts[wanted]) != wanted
    ]
    return Guidance(
        len(runs) - len(reasons),
        len(reasons),
        reasons[0] if reasons else "",
        len(unseen) - len(runs),
    )
