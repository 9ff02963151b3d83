"""Mistakes about what is to be explored.

In the order of the code: what sleeps, what covers a race and when a race is done with (dpor.py),
and how a sequence gets into a wakeup tree (wakeup_tree.py).
"""

from __future__ import annotations

from tests.broken.mistakes import Broken
from verify.exploration import dpor
from verify.exploration.races import Race, Races
from verify.exploration.strategy import View
from verify.exploration.wakeup_tree import NO_SLEEPERS, Branch, Moves, Reversal, Sleepers
from verify.scheduling.event import Choice, Execution
from verify.scheduling.step import Move


def _nobody_wakes(sleep: Sleepers, done: Move) -> Sleepers:
    return [one for one in sleep if one.task != done.task]


def _all_wake(sleep: Sleepers, done: Move) -> Sleepers:
    return NO_SLEEPERS


def _writers_wake(sleep: Sleepers, done: Move) -> Sleepers:
    return [one for one in sleep if one.task != done.task and not one.writes & done.writes]


class NobodyWakes(Broken):
    """Who sleeps stays asleep, whatever happens."""

    replaced = ((dpor, "awaken", _nobody_wakes),)


class AllWakeAtOnce(Broken):
    """Nobody is still asleep at the next step."""

    replaced = ((dpor, "awaken", _all_wake),)


class WritersWakeWriters(Broken):
    """Who sleeps is woken by a write of what it writes, and by nothing else."""

    replaced = ((dpor, "awaken", _writers_wake),)


class NothingGoesToSleep(Broken):
    """What has been explored at a node does not go to sleep there."""

    def _go_back(self) -> None:
        sleeping = [node.sleep for node in self.path]
        super()._go_back()
        if self.path:
            self.path[-1].sleep = sleeping[len(self.path) - 1]


class PlansTheUnplannable(Broken):
    """A program that looks at ends of tasks is searched like any other."""

    def choose(self, view: View) -> Choice | None:
        view.execution.late = False
        return super().choose(view)


class ReversesOneRace(Broken):
    """Only the first race of an execution is reversed."""

    _reversed = False

    def _settle(self, race: Race) -> bool:
        if self._reversed:
            return True
        planned = [len(node.branches) for node in self.path]
        settled = super()._settle(race)
        self._reversed = planned != [len(node.branches) for node in self.path]
        return settled

    def end(self, execution: Execution) -> None:
        self._reversed = False
        super().end(execution)


class TriesRacesOnce(Broken):
    """A race is looked at in the run in which its late event is new, and never again."""

    def _settle(self, race: Race) -> bool:
        super()._settle(race)
        return True


class DropsWhatIsPlanned(Broken):
    """A race is dropped for good as soon as its reversal is planned, in a branch of its own or in
    one that begins with a step at or before its late event."""

    def _settle(self, race: Race) -> bool:
        node = self.path[race.early.index]
        planned = len(node.branches)
        if super()._settle(race) or len(node.branches) > planned:
            return True
        reversal = self._reversal
        for branch in node.branches:
            index = reversal.first_of(branch.first.task, reversal.all)
            if reversal.begins(branch.first, index, reversal.all):
                return 0 <= index <= race.late.index
        return False


class NothingElseBegins(Broken):
    """What does not begin a reversal in one execution is taken never to do so in another."""

    class reversal(Reversal):
        def never_begins(self, step: Move, remaining: int) -> bool:
            return True


class SleepersCoverNothing(Broken):
    """A race is reversed though it is covered by what sleeps."""

    def _settle(self, race: Race) -> bool:
        node = self.path[race.early.index]
        sleep, node.sleep = node.sleep, NO_SLEEPERS
        settled = super()._settle(race)
        node.sleep = sleep
        return settled


class CutsAtTheLateEvent(Broken):
    """What comes after the late event of a race is left out of the sequence that reverses it."""

    class reversal(Reversal):
        def look_at(self, race: Race) -> None:
            super().look_at(race)
            self.all &= (2 << race.late.index) - 1
            self._summed = 0  # its footprints are to be added up again


class StrongInitialsOnly(Broken):
    """A step begins a sequence only if the sequence has it."""

    class reversal(Reversal):
        def begins(self, step: Move, index: int, remaining: int) -> bool:
            return index >= 0 and super().begins(step, index, remaining)


class StrangersAlwaysBegin(Broken):
    """A step of a task that is not in a sequence begins it, whatever it touches."""

    class reversal(Reversal):
        def begins(self, step: Move, index: int, remaining: int) -> bool:
            return index < 0 or super().begins(step, index, remaining)


class AnyFirstStepIsInitial(Broken):
    """A task's first event in a sequence begins it, whatever it depends on."""

    class reversal(Reversal):
        def is_initial(self, index: int, remaining: int) -> bool:
            return True


class AnyOptionBegins(Broken):
    """A task begins a sequence with any of its options."""

    class reversal(Reversal):
        def begins(self, step: Move, index: int, remaining: int) -> bool:
            if index >= 0:
                return self.is_initial(index, remaining)
            return super().begins(step, index, remaining)


class PlansAsItWas(Broken):
    """A late event that touches something else is planned with what it touched here."""

    class reversal(Reversal):
        def as_moves(self, remaining: int) -> Moves:
            moved, self.race.moved = self.race.moved, False
            try:
                return super().as_moves(remaining)
            finally:
                self.race.moved = moved


class TreesAreLeaves(Broken):
    """A sequence that begins with a planned step is dropped, whatever is planned after that."""

    class reversal(Reversal):
        def __init__(self, races: Races, race: Race) -> None:
            super().__init__(races, race)
            self._inside = False

        def insert(self, branches: list[Branch], remaining: int, asleep: Sleepers) -> list[Branch]:
            if self._inside:
                return branches
            self._inside = True
            try:
                return super().insert(branches, remaining, asleep)
            finally:
                self._inside = False


class FirstStepOnly(Broken):
    """Of a sequence only the first step is planned."""

    class reversal(Reversal):
        def as_moves(self, remaining: int) -> Moves:
            return super().as_moves(remaining)[:1]
