"""Mistakes about what happens before what, and what races with what.

In the order of the code: the clocks (clocks.py), the races found by means of them, what a late
event would do where it comes first (races.py), and what an event touches (operation.py).
"""

from __future__ import annotations

from typing import Any

from tests.broken.mistakes import Broken, before, hidden
from verify.exploration.clocks import Mark
from verify.exploration.races import Race, Races
from verify.operation import WRITE, Effect, Kind, States, carry_out
from verify.scheduling import step as stepped, stepping
from verify.scheduling.event import Event, Stopped
from verify.scheduling.life import JOIN
from verify.sync import lock, rlock, semaphore

TAKE_LOCK = (lock.ACQUIRE, rlock.ACQUIRE)
GIVE_LOCK = (lock.RELEASE, rlock.RELEASE)


class ReadsAfterNoWrite(Broken):
    """A read does not depend on the write before it."""

    class races(Races):
        def _depends_on(self, mark: Mark) -> int:
            return super()._depends_on(mark) if mark.writes else 0


class WritesAfterNoRead(Broken):
    """A write does not depend on the reads before it."""

    class races(Races):
        def _depends_on(self, mark: Mark) -> int:
            with hidden(before(mark), "reads", False):
                return super()._depends_on(mark)


class NoEdgeFromStart(Broken):
    """A task's first event may come before the task is started."""

    class races(Races):
        def _add(self, event: Event) -> None:
            with hidden([event], "after", ()):
                super()._add(event)


class NoEdgeToJoin(Broken):
    """What comes after a join may come before the end that it waits for."""

    class races(Races):
        def _take(self, event: Event) -> None:
            with hidden([event] if event.kind is JOIN else [], "after", ()):
                super()._take(event)


class NoEdgeToWake(Broken):
    """A sleeper may leave before it is woken."""

    class races(Races):
        def _add(self, event: Event) -> None:
            with hidden([event], "woken_by", ()):
                super()._add(event)


class NoEdgeFromRelease(Broken):
    """Taking a lock depends on who took it last, not on who let it go."""

    class races(Races):
        def _depends_on(self, mark: Mark) -> int:
            let_go = [one for one in before(mark) if one.event.kind in GIVE_LOCK]
            with hidden(let_go if mark.event.kind in TAKE_LOCK else [], "writes", False):
                return super()._depends_on(mark)


class ForgetsTheBlocked(Broken):
    """What tasks ask for at a maximal end is in no race."""

    class races(Races):
        def suspend(self, stopped: list[Stopped]) -> None:
            pass


class KeepsClocks(Broken):
    """Going back, a task's clock stays where the latest execution has left it."""

    class races(Races):
        def _take_back(self, event: Event) -> None:
            self.lines[event.task].own ^= 1 << event.index


class KeepsWhatIsLeft(Broken):
    """What does not depend on an event is taken to be the same in all executions."""

    class races(Races):
        def cut(self, position: int) -> None:
            super().cut(position)
            self._execution = 1


class RacesWithRelease(Broken):
    """Taking a lock races with the release before it."""

    class races(Races):
        def _possible(self, late: Event, early: Event, number: int) -> bool:
            return late.kind in TAKE_LOCK or super()._possible(late, early, number)


class PermitRacesWithTheLast(Broken):
    """Taking a permit races with the last event of the semaphore, whatever was left before it."""

    class races(Races):
        def _possible(self, late: Event, early: Event, number: int) -> bool:
            return late.kind is semaphore.ACQUIRE or super()._possible(late, early, number)


class PermitRacesWithTheLastOrNone(Broken):
    """Taking a permit races with the last event of the semaphore, if it was possible before it."""

    class races(Races):
        def _find_candidates(self, found: list[Event], mark: Mark) -> list[Event]:
            every = super()._find_candidates(found, mark)
            if mark.event.kind is not semaphore.ACQUIRE or mark.earlier is None:
                return every
            return [one for one in every if one in found or one is mark.earlier.event]


class PermitRacesWithTaking(Broken):
    """Taking a permit races only with others who take one."""

    class races(Races):
        def _possible(self, late: Event, early: Event, number: int) -> bool:
            if late.kind is semaphore.ACQUIRE and early.kind is not semaphore.ACQUIRE:
                return False
            return super()._possible(late, early, number)


class RacesOutsideThePast(Broken):
    """Two events with another one between them are in no race, though that may be a release."""

    class races(Races):
        def candidates(self, late: Event) -> list[Event]:
            found = []
            for early in super().candidates(late):
                between = late.past & ~(1 << late.index | 1 << early.index)
                others = [one for one in self.steps if between >> one.index & 1]
                if not any(one.past >> early.index & 1 for one in others):
                    found.append(early)
            return found


class WritesRaceWithNoRead(Broken):
    """A write races with the last write alone."""

    class races(Races):
        def _find_candidates(self, found: list[Event], mark: Mark) -> list[Event]:
            with hidden(before(mark), "reads", False):
                return super()._find_candidates(found, mark)


class ReadsRaceWithNothing(Broken):
    """A read is in no race as the later one."""

    class races(Races):
        def _find_candidates(self, found: list[Event], mark: Mark) -> list[Event]:
            return super()._find_candidates(found, mark) if mark.writes else found


class TriesAreNotTried(Broken):
    """A try or a timed call that succeeded is taken for one that can be disabled."""

    class races(Races):
        def candidates(self, late: Event) -> list[Event]:
            with hidden([late.step], "never_disabled", False):
                return super().candidates(late)


class NobodyTimesOutEarlier(Broken):
    """A timed sleeper that was woken could not have timed out before."""

    class races(Races):
        def _find_last_chance(self, found: list[Event], late: Event, waker: Event) -> list[Event]:
            return found


class PossibleAsItWas(Broken):
    """Whether an event was possible elsewhere is asked of the states that it found."""

    class races(Races):
        def _states_within(self, early: Event, late: Event) -> tuple[Any, ...] | None:
            return None


class FootprintStays(Broken):
    """An event that comes first touches there what it touched here."""

    class races(Races):
        def _find_footprint(self, race: Race) -> None:
            race.reads, race.writes = race.late.step.reads, race.late.step.writes
            race.moved = False


class PastStays(Broken):
    """An event that comes first has the past there that it had here, over what was left out."""

    class races(Races):
        def weigh(self, race: Race) -> None:
            super().weigh(race)
            race.late_past = race.late.past


def _failing_is_writing(kind: Kind, states: States, task: int, argument: Any) -> Effect:
    effect = carry_out(kind, states, task, argument)
    if effect.gave_up:
        effect.accesses = tuple(WRITE if access else access for access in effect.accesses)
    return effect


class FailingIsWriting(Broken):
    """A try that fails counts as a write."""

    replaced = (
        (stepping, "carry_out", _failing_is_writing),
        (stepped, "carry_out", _failing_is_writing),
    )
