"""Wakeup trees: what a node of the search still has to explore, as sequences of choices.

A branch is a choice with its footprint and the branches that continue it, oldest first. A sequence
v is held as the set of positions of its events in the execution that it was found in; leaving a
position out of the set drops that event from v. A chain of branches is made of v as it is walked
down, one branch at a time (`Branch.below`): most of it is never looked at.

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
from verify.scheduling.event import Event
from verify.scheduling.life import CHOOSE


class Choosing(Footprint):
    """A task and an option that it takes, with the footprint that the event has."""

    __slots__ = ("option", "task")

    def __init__(self, task: int, option: int, reads: int, writes: int) -> None:
        super().__init__(reads, writes)
        self.task = task
        self.option = option


Sleepers = list[Choosing]
"""The choices that sleep: making one now would only repeat what has been explored."""


class Branch(Choosing):
    """A choice to be made at a node, and what must come after it.

    `options` is how many options the task has there. `known` tells whether the footprint is: that
    of a choice nobody has planned is seen when it is made.
    """

    __slots__ = ("_branches", "_chain", "known", "options")

    def __init__(self, task: int, option: int, reads: int, writes: int, options: int = 1) -> None:
        super().__init__(task, option, reads, writes)
        self.options = options
        self.known = True
        self._branches: list[Branch] = []
        self._chain: _Chain | None = None

    @property
    def choice(self) -> tuple[int, int]:
        """What a strategy answers with."""
        return self.task, self.option

    def below(self) -> list[Branch]:
        """What must come after it; empty at a leaf, where anything may."""
        if self._chain is not None:
            chain, self._chain = self._chain, None
            self._branches.append(chain.next())
        return self._branches

    @property
    def is_leaf(self) -> bool:
        """Whether nothing in particular must come after it."""
        return self._chain is None and not self._branches


class _Chain:
    """The rest of a sequence, from an index on; the late event of its race is seen as it will be.

    It holds events of an execution that the search goes back from; no event changes afterwards.
    """

    __slots__ = ("_at", "_events", "_late", "_late_at")

    def __init__(self, events: list[Event], late_at: int, late: Footprint) -> None:
        self._events = events
        self._late_at = late_at
        self._late = late
        self._at = 0

    def next(self) -> Branch:
        """The branch for the next event, continued by those behind it."""
        at = self._at
        event = self._events[at]
        operation = event.operation
        options = len(operation.argument) if operation.kind is CHOOSE else 1
        there = self._late if at == self._late_at else event
        branch = Branch(event.task, event.option, there.reads, there.writes, options)
        self._at = at + 1
        if self._at < len(self._events):
            branch._chain = self
        return branch


class Sequence:
    """The paper's v for one race: all that does not depend on `early`, and then `late`."""

    __slots__ = ("_clocks", "_everything", "_race", "_remaining")

    def __init__(self, clocks: Clocks, race: Race, remaining: int = -1) -> None:
        self._clocks = clocks
        self._race = race
        if remaining < 0:
            remaining = clocks.without(race.early) | 1 << race.late
        self._remaining = remaining
        self._everything: Footprint | None = None

    @property
    def exhausted(self) -> bool:
        """Whether no event is left."""
        return not self._remaining

    def first_of(self, task: int) -> int:
        """The position of a task's first event in v; -1 if it has none."""
        mine = self._clocks.own[task] & self._remaining
        return (mine & -mine).bit_length() - 1

    def is_initial(self, position: int) -> bool:
        """Whether an event of v has no predecessor in v."""
        race = self._race
        past = race.late_past if position == race.late else self._clocks.events[position].past
        if race.moved and race.late < position and conflicts(self._clocks.events[position], race):
            past |= 1 << race.late
        return past & self._remaining == 1 << position

    def independent(self, footprint: Footprint) -> bool:
        """Whether an event with this footprint is independent of all of v."""
        everything = self._everything
        if everything is None:
            everything = self._everything = Footprint()
            for position in bits(self._remaining):
                there = self._there(position)
                everything.reads |= there.reads
                everything.writes |= there.writes
        return not conflicts(footprint, everything)

    def _there(self, position: int) -> Footprint:
        """What an event of v reads and writes there."""
        return self._race if position == self._race.late else self._clocks.events[position]

    def dropping(self, position: int) -> Sequence:
        """The same sequence without one event; all of it for -1."""
        remaining = self._remaining if position < 0 else self._remaining & ~(1 << position)
        return Sequence(self._clocks, self._race, remaining)

    def is_weak_initial(self, choice: Choosing, known: bool = True) -> bool:
        """Whether v can begin with a choice, or be explored after it, up to equivalence."""
        position = self.first_of(choice.task)
        if position >= 0:
            event = self._clocks.events[position]
            return event.option == choice.option and self.is_initial(position)
        return known and self.independent(choice)

    def as_branch(self) -> Branch:
        """What is left of v, as a chain of branches."""
        events: list[Event] = []
        late_at = -1
        for position in bits(self._remaining):
            if position == self._race.late:
                late_at = len(events)
            events.append(self._clocks.events[position])
        return _Chain(events, late_at, self._race).next()


def insert(branches: list[Branch], sequence: Sequence, sleep: Sleepers) -> None:
    """Make sure that a sequence will be explored from a node with these branches and sleepers.

    A task with several options that has no event in v goes on with each of them after v. A branch
    that makes one of them takes v in for that option alone; the others are still to be covered, by
    what sleeps and by the branches behind.
    """
    asleep = sleep
    for branch in branches:
        position = sequence.first_of(branch.task)
        if sequence.is_weak_initial(branch, branch.known):
            if not branch.is_leaf:
                rest = sequence.dropping(position)
                if not rest.exhausted:
                    insert(branch.below(), rest, awaken(asleep, branch))
            if position >= 0 or branch.options == 1:
                return
        if branch.known:  # explored first, it will sleep in what comes behind
            asleep = [*asleep, branch]
        if position < 0 and all_sleep(branch.task, branch.options, sequence, asleep):
            return
    branches.append(sequence.as_branch())


def all_sleep(task: int, options: int, sequence: Sequence, sleep: Sleepers) -> bool:
    """Whether all options of a task sleep and are independent of a sequence without the task."""
    found = {s.option for s in sleep if s.task == task and sequence.independent(s)}
    return len(found) == options


def awaken(sleep: Sleepers, done: Branch) -> Sleepers:
    """Who still sleeps after a branch."""
    if not done.known:
        return []
    return [one for one in sleep if one.task != done.task and not conflicts(one, done)]
