"""Which of a program's equivalence classes real runs have shown.

    add        keeps the account of a run, once for all that are alike
    seen       re-enacts each account in the explorer (reenacting.py), enumerates the program's
               classes, and counts

What a real run does must be what an explored one might do. Where it is not, something that the
program does is not under the harness's control (or the harness is wrong): the first difference is
named, and the run belongs to no class.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple

from verify.errors import UsageError
from verify.exploration.classes import class_of
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.supervision import Supervision
from verify.exploration.survey import survey
from verify.scheduling.event import Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names
from verify.stressing.gate import Plan, Step, plan_of
from verify.stressing.noting import Named
from verify.stressing.reenacting import Reenact
from verify.stressing.report import Run

MOST_CLASSES = 20_000
"""Programs with more classes are not enumerated to their end."""
MOST_ACCOUNTS = 10_000
"""Different runs that are kept; what they take is re-enacted in a second or two."""


class Seen(NamedTuple):
    """How many `classes` real runs belong to, `of` how many there are; None if those are too many.

    `unexplained`: how the first run that belongs to none differs from what can be explored.
    `uncounted`: why the runs cannot be told apart at all.
    """

    classes: int
    of: int | None
    unexplained: str = ""
    uncounted: str = ""

    def __str__(self) -> str:
        if self.uncounted:
            return f"classes not counted: {self.uncounted}"
        if self.of is None:
            plural = "" if self.classes == 1 else "es"
            told = (
                f"showed {self.classes:,} class{plural}, of more than could be enumerated in time"
            )
        else:
            plural = "" if self.of == 1 else "es"
            told = f"showed {self.classes:,} of the {self.of:,} class{plural}"
        return f"{told}; in none of them: {self.unexplained}" if self.unexplained else told


class Sightings:
    """The different runs of one program."""

    def __init__(self, program: Callable[[], object], planning: bool = False) -> None:
        """`planning`: whether it is to be known how to show the classes that are not."""
        self._program = program
        self._planning = planning
        self._accounts: dict[tuple[Named, ...], None] = {}
        self._uncounted = ""
        self._difference = ""  # of the first run that belongs to no class from what can be explored
        self.unseen: dict[Hashable, Plan] = {}
        """The classes that no run has shown, as far as they are known, with how to show them."""

    def add(self, run: Run) -> None:
        """Keep what happened in a run that came to its end."""
        account = run.account
        if account is None or run.cut or run.refusal or run.stuck:
            return
        if account.looked:
            self._uncounted = self._uncounted or account.looked
        elif len(self._accounts) < MOST_ACCOUNTS:
            self._accounts[account.named()] = None

    def seen(self, seconds: float) -> Seen | None:
        """What the runs have shown; None if nothing is known of any.

        At most so many `seconds` are spent on finding the classes of the runs, and about as many
        again on enumerating all.
        """
        if self._uncounted:
            return Seen(0, None, "", self._uncounted)
        if not self._accounts:
            return None
        try:
            found = self.classes_of(self._accounts, seconds)
            shown = set(found.values())
            shown.discard(None)
            known, complete = self._enumerate(seconds)
        except UsageError as error:
            return Seen(0, None, "", str(error))
        self.unseen = {one: plan for one, plan in known.items() if one not in shown}
        unexplained = self._difference
        if not complete:
            return Seen(len(shown), None, unexplained)
        if not shown <= known.keys():
            unexplained = unexplained or "an order of operations that was not explored"
        return Seen(len(shown & known.keys()), len(known), unexplained)

    def _enumerate(self, seconds: float) -> tuple[dict[Hashable, Plan], bool]:
        """The classes, each with a plan for real runs, and whether these are all."""
        known: dict[Hashable, Plan] = {}
        steps: dict[Step, Step] = {}

        def note(execution: Execution, names: Names) -> None:
            if not search.executions:  # it has begun, perhaps again
                known.clear()
            plan = plan_of(execution, names) if self._planning else ()
            known[class_of(execution, names)] = tuple(steps.setdefault(one, one) for one in plan)

        limits = Limits(MOST_CLASSES, seconds)
        search = Search(self._program, limits=limits, stop_at_first=False, on_execution=note)
        complete = search.run().complete
        if search.awaits:
            raise UsageError("a loop that awaits something may look for it any number of times")
        if search.shares_plain_data:
            raise UsageError(
                "when shared plain data is touched is not noted where tasks really run"
            )
        return known, complete

    def classes_of(
        self, accounts: Iterable[tuple[Named, ...]], seconds: float
    ) -> dict[tuple[Named, ...], Hashable | None]:
        """The class of each run; None if it belongs to none. Those are left out for which there are
        not enough `seconds`."""
        until = time.monotonic() + seconds
        engine = Explored()
        supervision = Supervision(engine, "the program", survey(self._program).holders)
        found: dict[tuple[Named, ...], Hashable | None] = {}
        self._difference = ""
        with supervision.on():
            for account in accounts:
                if supervision.interrupts.requested or time.monotonic() >= until:
                    break
                reenact = Reenact(account)
                execution = engine.run(self._program, reenact.choose)
                found[account] = None
                if reenact.difference or execution.ending is Ending.STOPPED:
                    self._difference = self._difference or reenact.difference
                else:
                    found[account] = class_of(execution, engine.names)
        return found
