"""Deadlock: nobody can go on and somebody has not ended. Why, in the user's words.

    diagnose    one paragraph for each thing that is wrong, in this order:
    _cycle      tasks that wait for one another, or one that waits for itself
    _copied     a lock that a fork copied while somebody held it
    _left_held  a lock whose holder has ended
    _nested     a sleeper that holds what those need who could wake it
    _asleep     tasks that nobody is left to wake, and the wake-up that was lost

The facts come from wait_for.py and wakeups.py; here is what they are called. Every paragraph ends
with the usual cure.
"""

from __future__ import annotations

from verify.properties.wait_for import Want, cycles, graph, wants
from verify.properties.wakeup_words import WakeupWords, at
from verify.properties.wakeups import Asleep, asleep
from verify.scheduling.explored import Explored
from verify.scheduling.life import JOIN
from verify.scheduling.sources import shown_place
from verify.sync import semaphore
from verify.sync.ledger import OUTCOME
from verify.sync.lock import Lock
from verify.sync.wire import LEARN
from verify.traces.labels import Labels
from verify.traces.wording import listed

HOLDING_NOTHING = (JOIN, OUTCOME, LEARN)
"""Whoever is waited for here is at work, and has not taken anything away."""

PARAGRAPHS = 4
"""More would say the same of other objects; who waits for whom is listed anyhow."""


def diagnose(engine: Explored, labels: Labels) -> str:
    """Why nothing moves: paragraphs, one a line."""
    return "\n".join(_Words(engine, labels).paragraphs()[:PARAGRAPHS])


class _Words:
    """The paragraphs about one deadlock."""

    def __init__(self, engine: Explored, labels: Labels) -> None:
        self._engine = engine
        self._labels = labels
        self._wants = wants(engine)

    def paragraphs(self) -> list[str]:
        """All that is wrong, the plainest first."""
        found = [self._cycle(cycle) for cycle in cycles(graph(self._wants))]
        found += [self._copied(want) for want in self._wants if want.held_when_copied >= 0]
        found += [text for want in self._wants for text in self._left_held(want)]
        sleepers = [asleep(self._engine, want) for want in self._wants if want.asleep]
        for sleeper in sleepers:
            found += self._nested(sleeper)
        rest = [sleeper for sleeper in sleepers if not self._needed(sleeper)]
        if rest:
            found += self._asleep(rest, alone=not found)
        return found or ["Nobody can go on."]

    def _cycle(self, cycle: list[Want]) -> str:
        if len(cycle) == 1:
            return self._itself(cycle[0])
        steps = listed([self._step(want) for want in cycle])
        kinds = [want.operation.kind for want in cycle]
        if JOIN in kinds:
            cure = "Letting go of the lock before joining would do."
        elif OUTCOME in kinds:
            cure = "Letting go of the lock before waiting for the outcome would do."
        elif LEARN in kinds:
            cure = "Letting go of the lock before asking would do."
        else:
            cure = f"Taking {self._several(cycle)} in the same order everywhere would do."
        return f"They wait for one another in a cycle: {steps}. {cure}"

    def _several(self, cycle: list[Want]) -> str:
        names = sorted({self._labels.object(want.cell) for want in cycle})
        return listed(names) if len(names) <= 3 else "the locks"

    def _step(self, want: Want) -> str:
        where = shown_place(want.place)
        owners = listed([self._labels.task(owner) for owner in want.owners])
        if want.operation.kind is JOIN:
            return f"{want.task.name} waits for {owners} to end ({where})"
        if want.operation.kind is OUTCOME:
            pool = self._labels.object(want.cell)
            return f"{want.task.name} waits for {owners} to finish a task of {pool} ({where})"
        if want.operation.kind is LEARN:
            return f"{want.task.name} waits for the answer of {owners} ({where})"
        taken = next((event.place for event in want.taken if event is not None), None)
        since = ""
        if taken is not None:
            same_file = want.place is not None and want.place.file == taken.file
            since = f", held since {f'line {taken.line}' if same_file else shown_place(taken)}"
        return f"{want.task.name} waits for {owners} on {self._thing(want)} ({where}{since})"

    def _thing(self, want: Want) -> str:
        sort = "semaphore" if want.operation.kind is semaphore.ACQUIRE else "lock"
        name = self._labels.object(want.cell)
        return name if sort in name.lower() else f"{sort} {name}"

    def _itself(self, want: Want) -> str:
        thing = self._thing(want)
        taken = next((event for event in want.taken if event is not None), None)
        since = "" if taken is None else f" since {shown_place(taken.place)}"
        plain = want.cell.of is not None and issubclass(want.cell.of, Lock)
        cure = "An RLock" if plain else "Acquiring it once"
        return (
            f"{want.task.name} waits for itself: it acquires {thing}{at(want.place)}, "
            f"which it has held{since}. {cure} would do."
        )

    def _copied(self, want: Want) -> str:
        assert want.cell.copy_of is not None
        child = self._engine.task_numbered(want.cell.copied_for)
        start = self._engine.execution.events[child.started]
        owner = self._labels.task(want.held_when_copied)
        taken = want.taken[0]
        original = self._labels.object(want.cell.copy_of)
        return (
            f"{want.task.name} waits{at(want.place)} for {self._thing(want)}, a copy that was made "
            f"when {child.name} was started{at(start.place)}, while {owner} held {original}"
            f"{'' if taken is None else f' (taken{at(taken.place)})'}. Letting {original} go does "
            f"not let the copy go, and nobody else has it. Starting the process while nobody can "
            f"hold {original}, before any thread that takes it, would do."
        )

    def _left_held(self, want: Want) -> list[str]:
        if want.operation.kind in HOLDING_NOTHING or not want.owners:
            return []
        alive = {task.number for task in self._engine.live}
        found = []
        for owner, taken in zip(want.owners, want.taken, strict=True):
            if owner not in alive:
                thing = self._thing(want)
                since = "" if taken is None else at(taken.place)
                found.append(
                    f"{want.task.name} waits{at(want.place)} for {thing}, which "
                    f"{self._labels.task(owner)} took{since} and had not released when it ended. "
                    f"Taking it with `with {self._labels.object(want.cell)}:` would do."
                )
        return found

    def _asleep(self, sleepers: list[Asleep], alone: bool) -> list[str]:
        """Who sleeps, and for each object why; wake-ups that were lost come first."""
        words = WakeupWords(self._engine, self._labels)
        reasons = words.reasons(sleepers)
        names = [sleeper.name for sleeper in sleepers]
        if not alone or (len(names) == 1 and not words.accused):
            return reasons
        if len(names) == 1:
            lead = f"{names[0]} is asleep and nobody is left to wake it."
        elif all(want.asleep or want.operation.kind is JOIN for want in self._wants):
            lead = "Everyone is asleep and nobody is left to wake them."
        else:
            lead = f"{listed(names)} are asleep and nobody is left to wake them."
        return [f"{lead} {reasons[0]}", *reasons[1:]]

    def _needed(self, sleeper: Asleep) -> list[Want]:
        """Who waits for a lock that a sleeper holds."""
        number = sleeper.want.task.number
        return [
            want
            for want in self._wants
            if number in want.owners and want.operation.kind not in HOLDING_NOTHING
        ]

    def _nested(self, sleeper: Asleep) -> list[str]:
        """A sleeper that holds what others need, one of whom might wake it."""
        needed = self._needed(sleeper)
        if not needed:
            return []
        held = self._labels.object(needed[0].cell)
        where = listed([f"{want.task.name}{at(want.place)}" for want in needed])
        waits = "waits" if len(needed) == 1 else "wait"
        sleeps = WakeupWords(self._engine, self._labels).sleeps([sleeper])
        return [
            f"{sleeps}, while it holds {held}, for which {where} {waits}: who could wake it cannot "
            f"get there. Letting go of {held} before going to sleep would do."
        ]
