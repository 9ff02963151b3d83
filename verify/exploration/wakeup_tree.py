"""Wakeup trees: what a node of the search still has to explore, as sequences of moves.

    Branch      a sequence of moves to be made one after the other, and the branches that continue
                it, oldest first: a compressed tree, as most sequences are never branched from
    Reversal    the sequence v of one race, as the set of the indices of its events; leaving an
                index out of the set drops that event from v

    initials    I(v):  an event of v with no predecessor in v
    weak        WI(v): that, or a task without an event in v whose next step is independent of v
    insert      walk from the root into the first branch that is a weak initial of v, drop its event
                from v if it has one; at a leaf, or when v is used up, nothing is to be added; where
                no branch fits, append what is left of v as the last branch

Abdulla, Aronis, Jonsson, Sagonas, JACM 2017, section 7 and definition 7.4.
"""

from __future__ import annotations

from typing import Final

from verify.exploration.races import Race, Races
from verify.operation import bits, conflicts
from verify.scheduling.event import Event
from verify.scheduling.step import Move, Step

Moves = tuple[Move, ...]

Sleepers = list[Move]
"""The steps that sleep: taking one now would only repeat what has been explored."""


class Branch:
    """Moves to be made, from `at` up to `end`, and what may come after the last of them.

    The sequence `moves` is shared by many branches.
    """

    __slots__ = ("at", "below", "end", "moves")

    def __init__(self, moves: Moves, at: int, end: int, below: list[Branch]) -> None:
        self.moves = moves
        self.at = at
        self.end = end
        self.below = below

    @property
    def first(self) -> Move:
        """The move that it begins with."""
        return self.moves[self.at]

    def split(self, at: int) -> list[Branch]:
        """What comes after its moves up to `at`, as branches of their own."""
        if at < self.end:
            self.below = [Branch(self.moves, at, self.end, self.below)]
            self.end = at
        return self.below


NO_BRANCHES: Final[list[Branch]] = []
"""Never changed: who adds to it makes a list of its own."""
NO_SLEEPERS: Final[Sleepers] = []

MOST_SEQUENCES: Final = 10_000
"""Sequences that are remembered, so that an equal one need not be kept."""


class Sequence:
    """The paper's v: events that are to be explored in this order, by their indices.

    `remaining` below is the set of the events of v that have not been dropped yet; `all` at first.
    `last` is the index of the late event of the race, behind which nothing is added; -1 if somebody
    has a `choose` to make.
    """

    __slots__ = ("all", "last")

    def __init__(self) -> None:
        self.all = 0
        self.last = -1

    def first_of(self, task: int, remaining: int) -> int:
        """The index of a task's first event in v; -1 if it has none."""
        raise NotImplementedError

    def begins(self, step: Move, index: int, remaining: int) -> bool:
        """Whether v can begin with a step, or be explored after it, up to equivalence.

        `index` is that of its task's first event in v: the step is a weak initial of v.
        """
        raise NotImplementedError

    def never_begins(self, step: Move, remaining: int) -> bool:
        """Whether a step can begin no v of this race; its task has no event up to the late one.

        In other executions with the beginning up to the late event, v is the same up to there: what
        keeps the step from being a weak initial must lie there.
        """
        raise NotImplementedError

    def all_sleep(self, step: Move, remaining: int, asleep: Sleepers) -> bool:
        """Whether all options of a task sleep, independent of v, in which the task has no event."""
        found = {
            one.option
            for one in asleep
            if one.task == step.task and self.begins(one, -1, remaining)
        }
        return len(found) == step.options

    def as_moves(self, remaining: int) -> Moves:
        """What is left of v."""
        raise NotImplementedError


class Reversal(Sequence):
    """The paper's v for the race that is looked at: what does not depend on `early`, then `late`.

    `settled`: see `insert`. Equal moves are one object, and so are equal sequences, unless there
    are more than MOST_SEQUENCES of these: tens of thousands of branches may wait to be explored,
    and most of them are the same few sequences over and over.
    """

    __slots__ = (
        "_moves",
        "_reads",
        "_sequences",
        "_summed",
        "_writes",
        "choosing",
        "race",
        "races",
        "settled",
    )

    def __init__(self, races: Races, race: Race) -> None:
        super().__init__()
        self.races = races
        self.race = race
        self.settled = True
        self.choosing = False  # some task has had several options
        self._reads = 0
        self._writes = 0
        self._summed = 0
        self._moves: dict[tuple[int, int, int, int, int], Move] = {}
        self._sequences: dict[Moves, Moves] = {}

    def look_at(self, race: Race) -> None:
        """Turn to another race."""
        self.race = race
        early = race.early
        self.races.find_rest(early)
        self.all = self._summed = early.rest | race.late.bit
        self.last = -1 if self.choosing else race.late.index
        self._reads = early.rest_reads | race.reads
        self._writes = early.rest_writes | race.writes

    def first_of(self, task: int, remaining: int) -> int:
        mine = self.races.lines[task].own & remaining
        return (mine & -mine).bit_length() - 1

    def is_initial(self, index: int, remaining: int) -> bool:
        """Whether an event of v has no predecessor in v.

        Where the late event does something else than it did, no event behind it in v depends on it
        for that alone (validator.py checks it). The race is about an object that `early` and `late`
        both touch there. If `early` writes it, whoever touches it later depends on `early`, and is
        not in v; if `early` only reads it, `late` has written it here, too. An invariant goes with
        what it reads. The one operation that may touch one of two objects there and another one
        here, a condition's wake, is in a race about the one that it touches there.
        """
        race = self.race
        event: Event = self.races.steps[index]
        past = race.late_past if event is race.late else event.past
        return past & remaining == event.bit

    def independent(self, step: Move, remaining: int) -> bool:
        """Whether a step is independent of all of v."""
        if remaining != self._summed:
            self._summed = remaining
            self._reads = self._writes = 0
            late = self.race.late.index
            for index in bits(remaining):
                there = self.race if index == late else self.races.steps[index].step
                self._reads |= there.reads
                self._writes |= there.writes
        return not (step.writes & (self._reads | self._writes) or step.reads & self._writes)

    def begins(self, step: Move, index: int, remaining: int) -> bool:
        if index >= 0:
            event: Event = self.races.steps[index]
            return event.step.option == step.option and self.is_initial(index, remaining)
        return self.independent(step, remaining)

    def never_begins(self, step: Move, remaining: int) -> bool:
        race = self.race
        if conflicts(step, race):
            return True
        remaining &= race.late.bit - 1
        while remaining:
            lowest = remaining & -remaining
            remaining ^= lowest
            if conflicts(step, self.races.steps[lowest.bit_length() - 1].step):
                return True
        return False

    def as_moves(self, remaining: int) -> Moves:
        found: list[Move] = []
        race = self.race
        late = race.late.index
        events = self.races.steps
        while remaining:
            lowest = remaining & -remaining
            remaining ^= lowest
            index = lowest.bit_length() - 1
            step = events[index].step
            if index == late and race.moved:
                found.append(self._move(step, race.reads, race.writes))
            else:
                move = step.move
                if move is None:
                    move = step.move = self._move(step, step.reads, step.writes)
                found.append(move)
        if len(self._sequences) > MOST_SEQUENCES:
            self._sequences.clear()
        moves: Moves = tuple(found)
        return self._sequences.setdefault(moves, moves)

    def pasts(self, remaining: int) -> list[int]:
        """For each event that is left of v, the bits of what comes before it there, and its own."""
        found = []
        left = remaining
        while left:
            bit = left & -left
            left ^= bit
            event: Event = self.races.steps[bit.bit_length() - 1]
            found.append(
                (self.race.late_past if event is self.race.late else event.past) & remaining
            )
        return found

    def _move(self, step: Step, reads: int, writes: int) -> Move:
        """The one move of this task, with this option and footprint."""
        name = (step.task, step.option, step.options, reads, writes)
        move = self._moves.get(name)
        if move is None:
            move = self._moves[name] = Move(step.task, step.option, step.options, reads, writes)
        return move

    def insert(self, branches: list[Branch], remaining: int, asleep: Sleepers) -> list[Branch]:
        """Make sure that v will be explored where these branches are; the branches then.

        Below the late event nothing is added: whoever slept because the early one was explored
        first has woken there, and the races of what is run from there see to the rest; unless
        somebody has a `choose` to make, for a sequence takes one option only.

        `settled` stays true if the way that v takes is decided by what lies at or before the late
        event: the v of any other execution with this beginning takes the same.

        A task with several options that has no event in v goes on with each of them after v. A
        branch that makes one of them takes v in for that option alone; the others are still to be
        covered, by what sleeps and by the branches behind.
        """
        late = self.race.late.index
        for branch in branches:
            step = branch.moves[branch.at]
            index = self.first_of(step.task, remaining)
            if self.begins(step, index, remaining):
                self._insert_behind(branch, index, remaining, asleep)
                if index >= 0 or step.options == 1:
                    return branches
            elif not 0 <= index <= late and not self.never_begins(step, remaining):
                self.settled = False
            if step.options > 1:
                asleep = [*asleep, step]  # explored first, it will sleep in what comes behind
                if index < 0 and self.all_sleep(step, remaining, asleep):
                    return branches
        moves = self.as_moves(remaining)
        last = Branch(moves, 0, len(moves), NO_BRANCHES)
        if branches is NO_BRANCHES:
            return [last]
        branches.append(last)
        return branches

    def _insert_behind(self, branch: Branch, index: int, remaining: int, asleep: Sleepers) -> None:
        """`insert` behind the first move of a branch, with which v begins.

        As long as v goes on as the branch does, the branch stays in one piece.
        """
        late = self.race.late.index
        at = branch.at
        while True:
            if not 0 <= index <= late:
                self.settled = False
            if index == late and not self.choosing:
                return
            if index >= 0:
                remaining &= ~(1 << index)
            if not remaining:
                return
            asleep = awaken(asleep, branch.moves[at])
            at += 1
            if at == branch.end:
                if branch.below:
                    branch.below = self.insert(branch.below, remaining, asleep)
                return
            move = branch.moves[at]
            index = self.first_of(move.task, remaining)
            if move.options > 1 or not self.begins(move, index, remaining):
                branch.below = self.insert(branch.split(at), remaining, asleep)
                return


def awaken(sleep: Sleepers, done: Move) -> Sleepers:
    """Who still sleeps after a step."""
    if not sleep:
        return NO_SLEEPERS
    kept = NO_SLEEPERS
    for one in sleep:
        if one.task != done.task and not conflicts(one, done):
            if kept is NO_SLEEPERS:
                kept = [one]
            else:
                kept.append(one)
    return kept
