"""The nearest passing schedule: how little of a failing one has to change for nothing to be wrong.

Nearest is the execution without any failure that parts from the failing one latest; of these, the
one with the fewest preemptions; of these, the one with the fewest events. In call order:

    nearest     what was found
    _part       depth first, from the end of the failing schedule back: all that parts from it at
                its last step, then at the one before, and so on
    _improve    the executions that part where the first one did, by number of preemptions
    _guess      where there was too much to try: from where `_part` has come to on, for each step
                the executions that part there and preempt at most once from there

An execution is cut as soon as anything has failed in it: what follows cannot pass. Sleep sets
(Godefroid 1996) leave out what only repeats in another order what was tried: executions of one
class fail alike, so the first that passes in `_part` does part latest, and if there is none, none
passes at all.

What may be spent is counted in events (spending.py). Within it all of this is exact. Where it ends
in `_part`, what `_guess` finds passes, and perhaps does not part latest; where it ends in
`_improve`, what was found parts latest, and perhaps preempts more often than it must.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from verify.errors import Nondeterministic
from verify.exploration.depth_first import Exhaustive
from verify.exploration.follow import Follow
from verify.exploration.minimising import Cost, Schedule
from verify.exploration.narrowed import Narrowed
from verify.exploration.spending import Spending, Spent
from verify.exploration.strategy import View
from verify.properties.racing import racing
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import Names

BUDGET = 6_000
"""Events that may be spent on where they part, and as many again on how it goes on there."""


@dataclass(frozen=True)
class Nearest:
    """A passing schedule; `parted` is its first step, from 1, that the failing one has not.

    Empty and 0 if none was found; `hopeless` if there is none. `racing` are the two steps of the
    failing one whose order decides, if there are such two.
    """

    schedule: Schedule = ()
    parted: int = 0
    racing: tuple[int, ...] = ()
    hopeless: bool = False


def nearest(
    program: Callable[[], object],
    schedule: Schedule,
    names: Names,
    max_steps: int,
    awaiting: bool,
    enough: Callable[[], bool],
) -> Nearest:
    """The nearest passing schedule that was found to one that fails; the rest as in `minimised`."""
    engine = Explored(max_steps, names=names)
    engine.awaiting.on = awaiting
    try:
        return _Looking(Spending(engine, program, BUDGET, enough), schedule).run()
    except Nondeterministic:  # whether the program is a function of its schedule, others find out
        return Nearest()
    finally:
        engine.close()


class _Looking:
    """The nearest so far, and what is left to spend on a nearer one."""

    def __init__(self, spending: Spending, failing: Schedule) -> None:
        self._spending = spending
        self._engine = spending.engine
        self._failing = failing
        self._passing: Schedule | None = None
        self._cost = Cost(0, 0)  # preemptions are counted where they may part, and after that
        self._reached = len(failing)  # nothing that parts after this step passes
        self._hopeless = False
        self._unknown = False  # an execution was not run to its end

    def run(self) -> Nearest:
        with suppress(Spent):
            self._part()
        self._spending.left = BUDGET
        if self._passing is None:
            self._guess()
        else:
            with suppress(Spent):
                for preemptions in count():
                    if self._improve(self._parted, preemptions):
                        break
        return self._found()

    def _part(self) -> None:
        """Try all that parts from the failing schedule, the latest first, until one passes."""
        search = _Backwards(self._failing)
        while search.begin():
            script = self._engine.execution.events[: search.kept]
            execution = self._spending.run(search.choose, script)
            if self._begins_again():
                search = _Backwards(self._failing)
                continue
            if _passes(execution):
                self._keep(execution, len(execution.events))  # it preempts no more often
                return
            self._unknown |= execution.ending is Ending.MAX_STEPS or bool(execution.undecided)
            search.end(execution)
            self._reached = search.parted
        self._hopeless = not self._unknown

    def _guess(self) -> None:
        """For each step, with an equal share of what is left, try what parts there."""
        left = BUDGET
        for parted in range(self._reached, 0, -1):
            share = self._spending.left = left // parted
            if share <= 0:
                continue
            with suppress(Spent):
                self._improve(parted, 1)
            left -= share - self._spending.left  # the last run may have taken more
            if self._passing is not None:
                return

    def _improve(self, parted: int, preemptions: int) -> bool:
        """Try all that part at a step, with so many preemptions from there; whether any passes."""
        search = _PartingAt(parted, self._failing, preemptions)
        found = False
        while search.begin():
            script = self._engine.execution.events[: search.kept]
            execution = self._spending.run(search.choose, script)
            if _passes(execution):
                found = True
                self._keep(execution, search.preemptions)
            search.end(execution)
        return found

    def _keep(self, execution: Execution, preemptions: int) -> None:
        """Keep a schedule that passes if it is the best."""
        cost = Cost(preemptions, len(execution.events))
        if self._passing is None or cost < self._cost:
            self._passing, self._cost = execution.schedule, cost

    def _begins_again(self) -> bool:
        """Whether too much may have been left out until now, as in loop.py."""
        invariants, awaiting = self._engine.invariants, self._engine.awaiting
        again = invariants.grew or (awaiting.needed and not awaiting.on)
        invariants.grew = False
        awaiting.on |= awaiting.needed
        return again

    @property
    def _parted(self) -> int:
        """The first step, from 1, at which the two differ."""
        assert self._passing is not None
        pairs = zip(self._failing, self._passing, strict=False)
        return next(step for step, (one, other) in enumerate(pairs, 1) if one != other)

    def _found(self) -> Nearest:
        """What was found, and which order decides; both are run once more, from the first step."""
        if self._passing is None:
            return Nearest(hopeless=self._hopeless)
        failing = self._run_again(self._failing)
        passing = self._run_again(self._passing)
        if not failing.failures or not _passes(passing):
            return Nearest()
        return Nearest(self._passing, self._parted, racing(failing, passing))

    def _run_again(self, schedule: Schedule) -> Execution:
        return self._engine.run(self._spending.program, Follow(schedule).choose)


def _passes(execution: Execution) -> bool:
    """Whether it came to its end, and nothing was wrong with it."""
    complete = execution.ending is Ending.COMPLETE
    return complete and not execution.failures and not execution.undecided


class _Backwards:
    """All executions, depth first, beginning with a schedule; cut where anything has failed.

    A search of a core class, which cannot have subclasses here: its nodes are put right.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._search = Exhaustive()
        self._schedule = schedule
        self._ahead = schedule  # to be followed in the first execution
        self.begin = self._search.begin

    @property
    def kept(self) -> int:
        """As in a Strategy."""
        return self._search.kept

    def choose(self, view: View) -> Choice | None:
        """The next step; in a new node on the schedule, that of the schedule."""
        if view.execution.failures:
            return None
        choice = self._search.choose(view)
        depth = len(view.execution.events)
        if depth >= len(self._ahead):
            return choice
        node = self._search.path[-1]
        wanted = self._ahead[depth]
        if wanted != node.choice:
            if wanted not in node.todo:
                raise Nondeterministic(f"step {depth + 1}: task {wanted[0]} cannot go on")
            node.todo.remove(wanted)
            node.todo.append(node.choice)
            node.choice = wanted
        return wanted

    def end(self, execution: Execution) -> None:
        """As in a Strategy."""
        self._ahead = ()
        self._search.end(execution)

    @property
    def parted(self) -> int:
        """The first step, from 1, at which the next execution leaves the schedule; 0 at the end."""
        pairs = zip(self._search.path, self._schedule, strict=False)
        return next((at for at, (node, one) in enumerate(pairs, 1) if node.choice != one), 0)


class _PartingAt(Narrowed):
    """All executions that part from a schedule at a step, with a bound on preemptions from there.

    Cut where anything has failed.
    """

    def __init__(self, parted: int, schedule: Schedule, preemptions: int) -> None:
        super().__init__(preemptions)
        self._common = schedule[: parted - 1]
        self._avoided = schedule[parted - 1]

    def choose(self, view: View) -> Choice | None:
        """The next step; in a new node, the only one or any but one."""
        return None if view.execution.failures else super().choose(view)

    def _narrow(self, view: View) -> bool:
        node = self._search.path[-1]
        step = len(view.execution.events)
        if step < len(self._common):
            node.choice, node.todo = self._common[step], []
            node.running = -1  # what happens here is no preemption
        elif step == len(self._common):
            if self._avoided in node.todo:
                node.todo.remove(self._avoided)
            elif self._avoided == node.choice:
                if not node.todo:
                    return False
                node.choice = node.todo.pop()
        return True
