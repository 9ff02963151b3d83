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

from collections.abc import Mapping

from verify.exploration.clocks import Clocks, Race, bits
from verify.operation import Footprint, conflicts
from verify.scheduling.event import Choice
from verify.scheduling.life import CHOOSE


class Branch:
    """A choice to be made at a node, and what must come after it."""

    __slots__ = ("branches", "choice", "footprint", "options")

    def __init__(self, choice: Choice, footprint: Footprint | None, options: int = 1) -> None:
        self.choice = choice
        self.footprint = footprint
        self.options = options
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
        if race.late < position and conflicts(self.footprint(position), race.late_footprint):
            past |= 1 << race.late
        return not past & self._remaining & ~(1 << position)

    def independent(self, footprint: Footprint) -> bool:
        """Whether an event with this footprint is independent of all of v."""
        return not any(
            conflicts(footprint, self.footprint(position)) for position in bits(self._remaining)
        )

    def footprint(self, position: int) -> Footprint:
        """What an event of v reads and writes there."""
        race = self._race
        if position == race.late:
            return race.late_footprint
        return self._clocks.events[position].footprint

    def option(self, position: int) -> int:
        """The option that an event of v takes."""
        return self._clocks.events[position].option

    def copy(self) -> Sequence:
        """The same sequence, to drop other events from."""
        twin = Sequence(self._clocks, self._race)
        twin._remaining = self._remaining
        return twin

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
            options = len(event.argument) if event.kind is CHOOSE else 1
            branch = Branch(event.choice, self.footprint(position), options)
            if latest is None:
                first = branch
            else:
                latest.branches.append(branch)
            latest = branch
        assert first is not None
        return first


Sleepers = Mapping[Choice, Footprint]


def insert(branches: list[Branch], sequence: Sequence, sleep: Sleepers) -> None:
    """Make sure that a sequence will be explored from a node with these branches and sleepers.

    A task with several options that has no event in v goes on with each of them after v. A branch
    that makes one of them takes v in for that option alone; the others are still to be covered, by
    what sleeps and by the branches behind.
    """
    sleep = dict(sleep)
    for branch in branches:
        position = sequence.first_of(branch.choice[0])
        if sequence.is_weak_initial(branch.choice, branch.footprint):
            if branch.branches:
                rest = sequence.copy()
                if position is not None:
                    rest.drop(position)
                if not rest.exhausted:
                    insert(branch.branches, rest, awaken(sleep, branch))
            if position is not None or branch.options == 1:
                return
        if branch.footprint is not None:  # explored first, it will sleep in what comes behind
            sleep[branch.choice] = branch.footprint
        if position is None and all_sleep(branch.choice[0], branch.options, sequence, sleep):
            return
    branches.append(sequence.as_branch())


def all_sleep(task: int, options: int, sequence: Sequence, sleep: Sleepers) -> bool:
    """Whether all options of a task sleep and are independent of a sequence without the task."""
    return all(
        (task, option) in sleep and sequence.independent(sleep[task, option])
        for option in range(options)
    )


def awaken(sleep: Sleepers, branch: Branch) -> Sleepers:
    """Who still sleeps after a branch."""
    if branch.footprint is None:
        return {}
    return {
        choice: footprint
        for choice, footprint in sleep.items()
        if choice[0] != branch.choice[0] and not conflicts(footprint, branch.footprint)
    }
