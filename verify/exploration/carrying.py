"""Carrying a search: memoised as long as that is sound and fits into memory, else re-executed.

    begin    a search begins, or begins again, memoised, when it has become long enough
    run      one execution, on the memoised engine if there is one; every execution whose number is
             a power of two is run again for real and compared
    confirm  the same for one that matters

`Open` from any of these means that the program turned out not to be closed (closed.py), or that
running it for real went another way: `give_up` notes why, and the search begins again. When what
has been learnt grows beyond the limit, the search goes on where it is, re-executing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from verify.errors import Nondeterministic
from verify.exploration.follow import Follow
from verify.exploration.immutable import Open
from verify.exploration.memoised import Memoised
from verify.exploration.strategy import Strategy
from verify.scheduling.event import Ending, Event, Execution
from verify.scheduling.explored import Explored

MEMOISED, RE_EXECUTED = "memoised", "re-executed"
WORTHWHILE = 16
"""Executions that are re-executed first: a search that ends sooner is over before it has begun to
learn anything, and costs no look at the program."""
MEGABYTE = 1 << 20


class Carrier:
    """Runs the executions that the strategies of one search ask for.

    `name` is how they are run, `reason` why they are re-executed; empty if they are not.
    """

    def __init__(
        self, program: Callable[[], object], max_steps: int, memoise: bool, max_memory: int
    ) -> None:
        self.engine = Explored(max_steps)
        self.reason = "" if memoise else "as asked"
        self._program = program
        self._max_steps = max_steps
        self._max_memory = max_memory * MEGABYTE
        self._memoised: Memoised | None = None
        self._latest: list[Event] = []
        self._runs = 0
        self._worthwhile = False

    @property
    def name(self) -> str:
        """How executions are run at present."""
        return RE_EXECUTED if self._memoised is None else MEMOISED

    def begin(self, strategy: Strategy) -> None:
        """A search with this strategy begins."""
        self.close()
        self._latest = []
        self._runs = 0
        if not strategy.exhaustive:
            self.reason = "its executions are sampled"
        if not self.reason and self._worthwhile:
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
        begins = not self.reason and not self._worthwhile and self._runs >= WORTHWHILE
        self._worthwhile |= begins
        return begins

    def grew(self) -> bool:
        """Whether the search must begin again because more events depend on each other."""
        invariants, plain = self.engine.invariants, self.engine.names.plain
        grew = invariants.grew or plain.grew
        invariants.grew = False
        if plain.shares and not self.reason:
            self.reason = "tasks share plain data"
        if plain.grew:
            plain.begin_again()
        return grew

    def finish(self) -> None:
        """The search is over: a last look, as comparisons of the user's run outside of task code.

        Raises Open.
        """
        if self._memoised is not None:
            self._memoised.look()

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

    def run(self, strategy: Strategy) -> Execution:
        """The next execution. Raises Open."""
        memoised = self._memoised
        if memoised is not None and memoised.size > self._max_memory:
            self._latest = memoised.execution.events
            self.engine.covered |= memoised.covered
            self.give_up(f"what was learnt took more than {self._max_memory // MEGABYTE} MB")
            memoised = None
        self._runs += 1
        if memoised is None:
            script = self._latest[: strategy.kept]
            execution = self.engine.run(self._program, strategy.choose, script=script)
            self._latest = execution.events
            return execution
        execution = memoised.run(strategy)
        if self._runs & (self._runs - 1) == 0:
            self.confirm(execution)
        return execution

    def confirm(self, execution: Execution) -> None:
        """Run a memoised execution for real, and compare step by step. Raises Open."""
        if self._memoised is None or execution.ending is Ending.REDUNDANT:
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

    def _differs(self, step: int) -> NoReturn:
        raise Open(f"step {step} of an execution was another when it was run again")


def _same(a: Event, b: Event) -> bool:
    return (
        a.task == b.task
        and a.option == b.option
        and a.operation.kind is b.operation.kind
        and [cell.number for cell in a.operation.cells]
        == [cell.number for cell in b.operation.cells]
        and a.step.reads == b.step.reads
        and a.writes == b.writes
    )
