"""Saving: all that a search is made of, as plain data, and a search that goes on from there.

    Saved    the names, what was learnt and found (history.py), the counts, and the frontier
    Saver    gives it every now and then, and whenever the search stops; takes one up
    Unsaved  the same for a search that nobody wants to be saved

A search by one process is saved as it stands between two executions. Of one by several, what their
tasks have brought so far is told only when these are committed: it is saved as it stood after the
latest commit, and what was under way is done again.

Only the complete search by strategy dpor has a frontier. One that turns out to be unplannable is
saved as one that has run nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from verify.errors import InternalFault, UsageError
from verify.exploration.case import WHOLE
from verify.exploration.failures import Failures
from verify.exploration.frontier import Frontier, Standing
from verify.exploration.history import (
    AWAITS,
    LEARNT,
    UNDIVIDED,
    Entry,
    Failing,
    History,
    Looks,
    relive,
)
from verify.exploration.pieces import NOT_BEGUN, Begun, Pieces
from verify.exploration.stopping import FIRST
from verify.exploration.strategies import DEFAULT_STRATEGY

if TYPE_CHECKING:
    from verify.exploration.loop import Search

EVERY = 30.0
"""Seconds between two times."""
NOTHING = Standing([], [])
"""Where the frontier of a search stands that is over."""


class Counts(NamedTuple):
    """What has been counted: `fine` are executions without a failure, `looks` those of these that
    health has looked at, `others` those with one by its kind."""

    executions: int
    events: int
    steps: int
    fine: int
    blocked: int
    looks: int
    others: dict[str, int]


NO_COUNTS = Counts(0, 0, 0, 0, 0, 0, {})


class Saved(NamedTuple):
    """A search, between two executions.

    `standing` and `begun` are those of its frontier; None if it would begin again. `reason`: why it
    is re-executed; `worthwhile`: it is not a short one. `elapsed` in seconds.
    """

    tasks: list[tuple[int, int]]
    objects: list[tuple[str, int, int]]
    history: list[Entry]
    counts: Counts
    covered: list[str]
    unplannable: bool
    worthwhile: bool
    reason: str
    elapsed: float
    standing: Standing | None
    begun: Begun

    @property
    def over(self) -> bool:
        """Whether there is nothing left to be run."""
        standing = self.standing
        return standing is not None and not standing.roots


class Unsaved:
    """What a search has that nobody wants to be saved."""

    elapsed = 0.0
    """Seconds that the search had taken before it was taken up."""

    def attach(self, search: Search) -> None:
        """The search is made."""

    def take_up(self, search: Search) -> Pieces | None:
        """Bring a search that has run nothing to where another was; the strategy that goes on from
        there, if there is one."""
        return None

    def learnt(self, search: Search) -> None:
        """The search begins again."""

    def committed(self, search: Search, begun: Begun = NOT_BEGUN) -> None:
        """All that was counted has been committed: several explore together."""

    def look(self, search: Search, stops: bool) -> None:
        """An execution has been begun and not run; `stops`: it will not be."""

    def over(self, search: Search) -> None:
        """The search has ended."""

    def blamed(self, fault: Exception) -> str:
        """What it means that the search came to a fault; the fault is raised if it is ours."""
        raise fault


UNSAVED = Unsaved()


class Saver(Unsaved):
    """Saves one search by `write`, every now and then and when it stops; takes up another one."""

    def __init__(
        self, write: Callable[[Saved], None], saved: Saved | None = None, every: float = EVERY
    ) -> None:
        self._saved = saved  # what the search is to go on from
        self.elapsed = 0.0 if saved is None else saved.elapsed
        self._taken_up = False
        self._write = write
        self._every = every
        self._began = time.perf_counter()
        self._due = self._began + every
        self._history = History()
        self._awaits = self._whole = False
        self._failures: Failures | None = None
        self._committed: tuple[Counts, list[Entry], Begun] | None = None

    def attach(self, search: Search) -> None:
        assert isinstance(search.failures, Failures)
        self._failures = search.failures
        search.failures = Failing(search.failures, self._history)
        search.looks = Looks(search.health, self._history)

    def take_up(self, search: Search) -> Pieces | None:
        saved, self._saved = self._saved, None
        if saved is None:
            return None
        self._taken_up = True
        names, carrier = search.engine.names, search.carrier
        tasks = [names.task(creator, index) for creator, index in saved.tasks]
        objects = [names.object(*key) for key in saved.objects]
        if tasks != list(range(1, len(tasks) + 1)) or objects != list(range(len(objects))):
            raise InternalFault("a search that is to be taken up has run something")
        assert self._failures is not None
        self._history.entries = list(saved.history)
        relive(search, saved.history, self._failures)
        self._awaits, self._whole = search.awaits, search.cases is WHOLE
        search.unplannable = saved.unplannable
        carrier.worthwhile = saved.worthwhile
        if saved.reason:
            carrier.reason = saved.reason
        search.engine.covered.update(saved.covered)
        if saved.standing is None:
            return None
        counts = saved.counts
        search.add(counts.executions, counts.events, counts.steps, counts.fine)
        search.report.blocked_executions = counts.blocked
        search.report.outcomes.clear()
        search.report.outcomes.update(counts.others)
        search.health.looked_at = counts.looks
        frontier = Frontier(standing=saved.standing)
        return Pieces(frontier, counts.executions + counts.blocked, saved.begun)

    def learnt(self, search: Search) -> None:
        history = self._history
        history.entries = history.lasting
        if search.carrier.taught is not None:
            history.entries.append(Entry(LEARNT, search.carrier.taught))
            search.carrier.taught = None
        if search.awaits and not self._awaits:
            history.entries.append(Entry(AWAITS, ()))
        if search.cases is WHOLE and not self._whole:
            history.entries.append(Entry(UNDIVIDED, ()))
        self._whole = search.cases is WHOLE
        self._awaits = search.awaits
        self._committed = None

    def committed(self, search: Search, begun: Begun = NOT_BEGUN) -> None:
        self._committed = _counts(search), list(self._history.entries), begun

    def look(self, search: Search, stops: bool) -> None:
        if stops or time.perf_counter() >= self._due:
            self._save(search)

    def over(self, search: Search) -> None:
        report = search.report
        if report.complete or report.stop_reason == FIRST:
            entries = self._history.entries
            self._give(search, _counts(search), entries, NOTHING, NOT_BEGUN)

    def blamed(self, fault: Exception) -> str:
        if not self._taken_up:
            raise fault
        return (
            "the search could not go on from its checkpoint: the program is not what it was, or "
            f"the file was changed ({type(fault).__name__}: {fault})"
        )

    def _save(self, search: Search) -> None:
        strategy = search.strategy
        counts, entries, begun = _counts(search), self._history.entries, NOT_BEGUN
        if not isinstance(strategy, Pieces):
            self._give(search, NO_COUNTS, self._history.lasting, None, begun)
            return
        if self._committed is not None:
            counts, entries, begun = self._committed
        else:
            begun = strategy.begun
        self._give(search, counts, entries, strategy.frontier.standing, begun)

    def _give(
        self,
        search: Search,
        counts: Counts,
        entries: list[Entry],
        standing: Standing | None,
        begun: Begun,
    ) -> None:
        names, carrier = search.engine.names, search.carrier
        search.engine.progress += 1  # or the watchdog would take this for an execution that hangs
        self._write(
            Saved(
                names.task_keys[1:],
                names.object_keys,
                entries,
                counts,
                sorted(carrier.covered),
                search.unplannable,
                carrier.worthwhile,
                carrier.reason,
                self.elapsed + time.perf_counter() - self._began,
                standing,
                begun,
            )
        )
        self._due = time.perf_counter() + self._every


def _counts(search: Search) -> Counts:
    report = search.report
    others = {kind: count for kind, count in report.outcomes.items() if kind != "ok"}
    return Counts(
        search.executions,
        search.events,
        search.steps,
        search.fine,
        report.blocked_executions,
        search.health.looked_at,
        others,
    )


FAULTS = (InternalFault, AssertionError, LookupError, TypeError, ValueError, AttributeError)
"""What an explorer that is led astray may come to."""


def demand_that_it_can_be_saved(model: str, settings: Mapping[str, Any]) -> None:
    """UsageError for a search that has no frontier."""
    strategy = settings.get("strategy", DEFAULT_STRATEGY)
    if strategy != DEFAULT_STRATEGY or settings.get("preemptions") is not None:
        how = f"strategy {strategy}" if strategy != DEFAULT_STRATEGY else "bounded preemptions"
        raise UsageError(
            f"{model} is searched with {how}, which cannot be saved: --checkpoint is for complete "
            f"searches by strategy {DEFAULT_STRATEGY}"
        )
