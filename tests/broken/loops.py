"""Mistakes about await loops: when their tasks could have gone on, and what they depend on."""

from __future__ import annotations

from typing import Any

from tests.broken.mistakes import Broken, before, hidden
from verify.exploration import dpor, wakeup_tree
from verify.exploration.races import Race, Races
from verify.exploration.wakeup_tree import Sleepers
from verify.operation import Footprint, conflicts
from verify.scheduling.await_loops import read_by
from verify.scheduling.event import Event
from verify.scheduling.step import Step


class AwaitedWritesAreInNoRace(Broken):
    """An event that begins a round again races only because of what it does itself."""

    class races(Races):
        def candidates(self, late: Event) -> list[Event]:
            read = read_by(late)
            marks = self.marks[late.index][: len(late.step.numbers)]
            with hidden([one for one in marks if not read >> one.number & 1], "reads", False):
                return super().candidates(late)


class EveryAwaitedWriteIsInARace(Broken):
    """An event that begins a round again could have come before any write that it awaited."""

    class races(Races):
        def _let_go_without(self, early: Event) -> bool:
            return True


class TheLastWriteLetsGo(Broken):
    """Of several writes to an awaited object, the last one lets its task go on."""

    class races(Races):
        def _find_first_writes(self, late: Event) -> list[Event]:
            found = []
            for first in super()._find_first_writes(late):
                awaited = first.step.writes & late.step.awaited
                earlier = [one for one in self.steps if one.index < late.index]
                found.append([one for one in earlier if one.step.writes & awaited][-1])
            return found


class AnAwaitingReadIsALook(Broken):
    """Who only awaited an object again is taken to have looked at it then."""

    class races(Races):
        def _find_first_writes(self, late: Event) -> list[Event]:
            mine = [one for one in self.steps if one.task == late.task and one.step.awaited]
            before = [one for one in mine if one.index < late.index]
            return [
                first
                for first in super()._find_first_writes(late)
                if not any(
                    one.index > first.index and one.step.awaited & first.step.writes
                    for one in before
                )
            ]


def awaken(sleep: Sleepers, done: Step) -> Sleepers:
    """Who still sleeps after a step, if only what a sleeper itself does counts."""
    kept = []
    for one in sleep:
        own = Footprint(read_by(Event(one)), one.writes)
        if one.task != done.task and not conflicts(own, done):
            kept.append(one)
    return kept


class WhatIsAwaitedWakesNobody(Broken):
    """Who sleeps wakes when something happens to what it asks for, not to what it awaits."""

    replaced = ((dpor, "awaken", awaken), (wakeup_tree, "awaken", awaken))


class ElsewhereItAwaitsNothing(Broken):
    """An event that does something else where it comes first has read nothing but that there."""

    class races(Races):
        def _footprint_there(self, step: Step, there: Step, found: Footprint) -> None:
            there.reads &= ~step.awaited
            there.note_footprint()
            super()._footprint_there(step, there, found)


class OnlyTheLastWriteComesBefore(Broken):
    """Where the last write to an awaited object is left out, so are those before it."""

    class races(Races):
        def weigh(self, race: Race) -> None:
            with hidden([race.late.step], "awaited", 0):
                super().weigh(race)


class WhoAwaitsKnowsTheState(Broken):
    """An event that has only awaited an object is asked what state it was in."""

    class races(Races):
        def _state_within(self, number: int, early: Event, late: Event) -> Any:
            marks = before(self.mark(late, number))
            awaiting = [one.event.step for one in marks if one.event.step.awaited]
            with hidden(awaiting, "awaited", 0):
                return super()._state_within(number, early, late)
