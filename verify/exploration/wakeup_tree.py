"""Wakeup trees: what a node of the search still has to explore, as sequences of choices.

A branch is a choice with its footprint and the branches that continue it, oldest first. A sequence
v is held as the positions of its events in the execution that it was found in, a bit mask over
them, and each event's past; leaving an event out of the mask drops it from v.

    initials   I(v):  an event of v with no predecessor in v
    weak       WI(v): that, or a task without an event in v whose next step is independent of v
    insert            walk from the root into the first branch that is a weak initial of v, drop its
                      event from v if it has one; at a leaf, or when v is used up, nothing is to be
                      added; where no branch fits, append what is left of v as the last branch

Abdulla, Aronis, Jonsson, Sagonas, JACM 2017, section 7 and definition 7.4.
"""

from __future__ import annotations

from verify.exploration.clocks import Clocks, Race, bits
from verify.operation import Footprint, conflicts
from verify.scheduling.event import Choice
from verify.scheduling.life import CHOOSE


class Branch:
    """A choice to be made at a node, and what must come after it."""

    __slots__ = ("branches", "choice", "footprint")

    def __init__(self, choice: Choice, footprint: Footprint | None) -> None:
        self.choice = choice
        self.footprint = footprint
        self.branches: list[Branch] = []


class Sequence:
    """The paper's v for one race: all that does not depend on `early`, and then `late`."""

    __slots__ = ("_clocks", "_race", "_remaining")

    def __init__(self, clocks: Clocks, race: Race) -> None:
        self._clocks = clocks
        self._race = race
        self._remaining = race.remaining

    @property
    def exhausted(self) -> bool:
        """Whether no event is left."""
        return not self._remaining

    def first_of(self, task: int) -> int | None:
        """The position of a task's first event in v; None if it has none."""
        for position in bits(self._remaining):
            if self._clocks.events[position].task == task:
                return position
        return None

    def is_initial(self, position: int) -> bool:
        """Whether an event of v has no predecessor in v."""
        race = self._race
        past = race.late_past if position == race.late else self._clocks.past[position]
        if race.late < position and conflicts(self._footprint(position), race.late_footprint):
            past |= 1 << race.late
        return not past & self._remaining & ~(1 << position)

    def independent(self, footprint: Footprint) -> bool:
        """Whether an event with this footprint is independent of all of v."""
        return not any(
            conflicts(footprint, self._footprint(position)) for position in bits(self._remaining)
        )

    def _footprint(self, position: int) -> Footprint:
        race = self._race
        if position == race.late:
            return race.late_footprint
        return self._clocks.events[position].footprint

    def option(self, position: int) -> int:
        """The option that an event of v takes."""
        return self._clocks.events[position].option

    def drop(self, position: int) -> None:
        """Leave an event out of v."""
        self._remaining &= ~(1 << position)

    def is_weak_initial(self, choice: Choice, footprint: Footprint | None) -> bool:
        """Whether v can begin with a choice, or be explored after it, up to equivalence."""
        position = self.first_of(choice[0])
        if position is not None:
            return self.option(position) == choice[1] and self.is_initial(position)
        return footprint is not None and self.independent(footprint)

    def as_branch(self) -> Branch:
        """What is left of v, as a chain of branches."""
        first: Branch | None = None
        latest: Branch | None = None
        for position in bits(self._remaining):
            event = self._clocks.events[position]
            # Of a task with several options only one is in v: what follows it need not follow all.
            alone = event.kind is not CHOOSE or len(event.argument) == 1
            branch = Branch(event.choice, self._footprint(position) if alone else None)
            if latest is None:
                first = branch
            else:
                latest.branches.append(branch)
            latest = branch
        assert first is not None
        return first


def insert(branches: list[Branch], sequence: Sequence) -> None:
    """Make sure that a sequence will be explored from a node with these branches."""
    while True:
        for branch in branches:
            if sequence.is_weak_initial(branch.choice, branch.footprint):
                position = sequence.first_of(branch.choice[0])
                if position is not None:
                    sequence.drop(position)
                break
        else:
            branches.append(sequence.as_branch())
            return
        if sequence.exhausted or not branch.branches:
            return
        branches = branch.branches
