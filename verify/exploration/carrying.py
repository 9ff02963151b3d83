"""Carrying a search: memoised as long as that is sound and fits into memory, else re-executed.

    begin    a search begins, or begins again, memoised, when it has become long enough
    run      one execution, on the memoised engine if there is one; every execution whose number is
             a power of two is run again for real and compared
    confirm  the same for one that matters
    finish   the search is over

What is re-executed is run twice as well, in the same places: the beginning that two executions have
in common is compared anyway (scheduling/repeating.py), but not how they end. And when something has
failed, and at the end, the very first execution is run once more: what runs leave behind shows best
in the one that found nothing left behind.

`Open` from any of these means that the program turned out not to be closed (closed.py), or that
running it for real went another way: `give_up` notes why, and the search begins again. When what
has been learnt grows beyond the limit, the search goes on where it is, re-executing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from verify.errors import Nondeterministic
from verify.exploration.addresses import shuffle_addresses
from verify.exploration.follow import Follow
from verify.exploration.immutable import Open
from verify.exploration.memoised import Memoised
from verify.exploration.memory import MEGABYTE
from verify.exploration.strangers import let_strangers_go
from verify.exploration.strategy import Strategy
from verify.operation import Kind
from verify.scheduling.event import Choice, Ending, Event, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.sources import shown_place
from verify.values import frozen, in_words, same

MEMOISED, RE_EXECUTED = "memoised", "re-executed"
WORTHWHILE = 16
"""Executions that are re-executed first: a search that ends sooner is over before it has begun to
learn anything, and costs no look at the program."""
LEARNT = 256 * MEGABYTE
"""What is learnt takes at most so much where nobody says how much memory a search may take in all.
Where somebody does, it may have half of that."""
MOST_AGAIN, EVENTS_AGAIN = 3, 1_000
"""How often the first execution is run once more at the end, if that is not too many events: half
of the coins that are tossed fall like the one before."""


class Carrier:
    """Runs the executions that the strategies of one search ask for.

    `name` is how they are run, `reason` why they are re-executed; empty if they are not.
    """

    def __init__(
        self, program: Callable[[], object], max_steps: int, memoise: bool, max_memory: int | None
    ) -> None:
        self.engine = Explored(max_steps)
        self.reason = "" if memoise else "as asked"
        self._program = program
        self._max_steps = max_steps
        self.max_learnt = LEARNT if max_memory is None else max_memory * MEGABYTE // 2
        """How many bytes what is learnt may take."""
        self._memoised: Memoised | None = None
        self._latest: list[Event] = []
        self._runs = 0
        self._failed = 0
        self._first: Execution | None = None
        self.worthwhile = False
        """The search has turned out to be long."""
        self.taught: tuple[Choice, ...] | None = None
        """What the latest execution was that made the search begin again, since somebody asked."""

    @property
    def name(self) -> str:
        """How executions are run at present."""
        return RE_EXECUTED if self._memoised is None else MEMOISED

    def begin(self, strategy: Strategy) -> None:
        """A search with this strategy begins."""
        self.close()
        self._latest = []
        self._runs = self._failed = 0
        self._first = None
        if not strategy.exhaustive:
            self.reason = "its executions are sampled"
        if not self.reason and self.worthwhile:
            self._memoised = Memoised(self._program, self.engine.names, self._max_steps)

    @property
    def memoises(self) -> bool:
        """Whether the program's code is not run again for each execution."""
        return self._memoised is not None

    @property
    def covered(self) -> set[str]:
        """The goals that have been reached, but for what a search reached that was given up."""
        if self._memoised is None:
            return self.engine.covered
        return self.engine.covered | self._memoised.covered

    @property
    def begins_again(self) -> bool:
        """Whether the search has become so long that it should begin again, memoised."""
        begins = not self.reason and not self.worthwhile and self._runs >= WORTHWHILE
        self.worthwhile |= begins
        return begins

    def grew(self) -> bool:
        """Whether the search must begin again because more events depend on each other."""
        invariants, plain = self.engine.invariants, self.engine.names.plain
        grew = invariants.grew or plain.grew
        invariants.grew = False
        if plain.grew:
            plain.begin_again()
        if grew:
            self.taught = self.latest
        return grew

    def finish(self) -> None:
        """The search is over: a last look, as comparisons of the user's run outside of task code.

        Raises Open.
        """
        self.look()
        if self._memoised is None and self._first is not None:
            for _ in range(max(1, min(MOST_AGAIN, EVENTS_AGAIN // (len(self._first.events) + 1)))):
                self._run_again(self._first)

    def look(self) -> None:
        """Look once more whether what is memoised is closed. Raises Open."""
        if self._memoised is not None:
            self._memoised.look()

    @property
    def latest(self) -> tuple[Choice, ...]:
        """The choices of the latest execution."""
        if self._memoised is not None:
            return self._memoised.execution.schedule
        return tuple(event.choice for event in self._latest)

    def close(self) -> None:
        """End what still runs of the program."""
        self.engine.close()
        if self._memoised is not None:
            memoised, self._memoised = self._memoised, None
            memoised.close()

    def give_up(self, reason: str) -> None:
        """Re-execute from here on."""
        self.close()
        self.reason = reason

    def forget(self, reason: str) -> None:
        """Re-execute from here on, without beginning again."""
        memoised = self._memoised
        assert memoised is not None
        self._latest = memoised.execution.events
        self.engine.covered |= memoised.covered
        self.give_up(reason)

    def run(self, strategy: Strategy) -> Execution:
        """The next execution. Raises Open."""
        memoised = self._memoised
        if memoised is not None and memoised.size > self.max_learnt:
            self.forget(f"what was learnt took more than {self.max_learnt / MEGABYTE:g} MB")
            memoised = None
        self._runs += 1
        if memoised is None:
            script = self._latest[: strategy.kept]
            execution = self.engine.run(self._program, strategy.choose, script=script)
            self._latest = execution.events
            if self._first is None:
                self._first = execution
            begins_again = self.engine.names.plain.grew
            if self._runs & (self._runs - 1) == 0 and not begins_again:
                self._run_again(execution)
            return execution
        execution = memoised.run(strategy)
        if self._runs & (self._runs - 1) == 0:
            self.confirm(execution)
        return execution

    def confirm(self, execution: Execution) -> None:
        """Run a memoised execution for real, and compare step by step. Raises Open."""
        if execution.ending is Ending.REDUNDANT:
            return
        if self._memoised is None:
            self._failed += 1
            if self._failed & (self._failed - 1) == 0:
                if self._first is not None:
                    self._run_again(self._first)
                self._run_again(execution)  # last: it is what the engine, and the program, has run
            return
        follow = Follow(execution.schedule)
        try:
            real = self.engine.run(self._program, follow.choose)
        except Nondeterministic as difference:
            raise Open(f"it went another way when it was run again: {difference}") from None
        if self.engine.invariants.active:
            raise Open("it demands an invariant")
        for index in range(min(len(execution.events), len(real.events))):
            if not _same(execution.events[index], real.events[index]):
                self._differs(index + 1)
        if len(execution.events) != len(real.events) or execution.outcome != real.outcome:
            self._differs(len(real.events) + 1)

    def _run_again(self, then: Execution) -> None:
        """Run an execution that was run for real once more; Nondeterministic if it differs."""
        let_strangers_go()
        shuffle_addresses()
        try:
            now = self.engine.run(self._program, Follow(then.schedule).choose)
        except Nondeterministic as difference:
            now = self.engine.execution
            step = first_difference(then.events[: len(now.events)], now.events)
            if not step:
                step = len(now.events) + 1
                raise Nondeterministic(
                    f"step {step}: {self._asked(then.events, step)} the first time, but could not "
                    f"when the same schedule was run again{self._at(then, step)}"
                ) from difference
        else:
            step = first_difference(then.events, now.events)
        if step:
            raise Nondeterministic(
                f"step {step}: {self._asked(then.events, step)} the first time, "
                f"{self._asked(now.events, step)} when the same schedule was run again"
                f"{self._at(then, step)}"
            )
        whole = then.ending in (Ending.COMPLETE, Ending.DEADLOCK, Ending.LIVELOCK)
        if whole and (now.ending is Ending.STOPPED or then.outcome != now.outcome):
            raise Nondeterministic(
                f"the run ended {_ended(then)} the first time, {_ended(now)} when the same "
                "schedule was run again"
            )

    def _asked(self, events: Sequence[Event], step: int) -> str:
        if step > len(events):
            return "the run was over"
        event = events[step - 1]
        given = "" if event.argument is None else f" with {in_words(event.argument)}"
        return f"{self.engine.task_named(event.task)} called {event.kind.name}{given}"

    def _at(self, execution: Execution, step: int) -> str:
        """Where the task stands at a step, as far as one more run can tell."""
        engine = Explored(self._max_steps, recording=True, names=self.engine.names)
        try:
            events = engine.run(self._program, Follow(execution.schedule[:step]).choose).events
            place = events[step - 1].place if len(events) >= step else None
        except Nondeterministic:
            place = None
        finally:
            engine.close()
        return f" ({shown_place(place)})" if place is not None else ""

    def _differs(self, step: int) -> NoReturn:
        raise Open(f"step {step} of an execution was another when it was run again")


def first_difference(then: Sequence[Event], now: Sequence[Event]) -> int:
    """The first step, from 1, at which two runs of one schedule did not do the same; 0 if none."""
    for index in range(min(len(then), len(now))):
        a, b = then[index].operation, now[index].operation
        if a is b:
            continue
        if a.kind is not b.kind or not _same_value(a.argument, b.argument):
            return index + 1
        if [cell.number for cell in a.cells] != [cell.number for cell in b.cells]:
            return index + 1
    return 0 if len(then) == len(now) else min(len(then), len(now)) + 1


def _same_value(a: Any, b: Any) -> bool:
    """Whether two values may be the same; of what can change it is not known: a list that was
    passed on has in it what the rest of the run has made of it, and that may be another rest.
    """
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same_value, a, b))
    return same(a, b) if frozen(a) and frozen(b) else frozen(a) == frozen(b)


def _same_kind(a: Kind, b: Kind) -> bool:
    """Plain fields have a state on one of the engines only."""
    return a is b or (a.plain and b.plain and a.name == b.name)


def _ended(execution: Execution) -> str:
    if execution.ending is Ending.STOPPED:
        return "not there"
    failure = execution.failure
    return "well" if failure is None else f"as {failure.kind} ({_first_line(failure.message)})"


def _first_line(text: str) -> str:
    return text.partition("\n")[0]


def _same(a: Event, b: Event) -> bool:
    return (
        a.task == b.task
        and a.option == b.option
        and _same_kind(a.operation.kind, b.operation.kind)
        and [cell.number for cell in a.operation.cells]
        == [cell.number for cell in b.operation.cells]
        and a.step.reads == b.step.reads
        and a.writes == b.writes
    )
