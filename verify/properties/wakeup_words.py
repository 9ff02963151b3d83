"""Words for wake-ups that were lost: one paragraph an object, in that object's own terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from verify.properties.wakeups import Asleep, Missed, WrongWake, missed, wrong_wake
from verify.scheduling.event import Event, Place
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.sources import shown_place
from verify.sync import (
    barrier,
    condition,
    descriptor,
    flag,
    semaphore,
    sleepers as named,
    stock,
)
from verify.traces.labels import Labels
from verify.traces.wording import listed, wanted

T = TypeVar("T")


class WakeupWords:
    """Puts into words why the sleepers of one deadlock were not woken."""

    def __init__(self, engine: Explored, labels: Labels) -> None:
        self._engine = engine
        self._labels = labels
        self.accused = False
        """Whether the first of the reasons is a wake-up that went to the wrong task."""

    def reasons(self, sleepers: list[Asleep]) -> list[str]:
        """A paragraph for each object that somebody sleeps at; lost wake-ups first."""
        at_cell: defaultdict[ExploredCell, list[Asleep]] = defaultdict(list)
        for sleeper in sleepers:
            at_cell[sleeper.want.operation.cells[0]].append(sleeper)
        accused: list[str] = []
        able: list[str] = []
        others: list[str] = []
        for cell, group in at_cell.items():
            wrong = wrong_wake(self._engine, cell, group)
            if wrong is not None:
                accused.append(self._wrong(wrong))
            else:
                could = any(sleeper.could_go_on for sleeper in group)
                (able if could else others).extend(self._missed(group, len(sleepers) == 1))
        self.accused = bool(accused)
        return accused + able + others

    def sleeps(self, sleepers: list[Asleep]) -> str:
        """Who sleeps on what and where, and what for."""
        want = sleepers[0].want
        who = listed([sleeper.name for sleeper in sleepers])
        s = "s" if len(sleepers) == 1 else ""
        thing = self._labels.object(want.operation.cells[0])
        kind = want.operation.kind
        verb = f"wait{s} for a permit of" if kind is semaphore.ACQUIRE else f"sleep{s} on"
        # What wakes a sleeper at an event or a descriptor is no predicate of the program's.
        what = "" if kind is named.LEAVE else _for(sleepers)
        return f"{who} {verb} {thing}{at(want.place)}{what}"

    # -------------------------------------------------------------- the wrong one was woken

    def _wrong(self, wrong: WrongWake) -> str:
        permit = wrong.waker.kind is semaphore.RELEASE
        woken = self._labels.task(wrong.woken)
        if wrong.again is not None and wrong.again.predicate is not None:
            why = f", whose condition ({wrong.again.predicate.text}) was false"
        else:
            why = ", which went back to sleep without having changed anything"
        gave = f"gave a permit to {woken}" if permit else f"woke {woken}"
        over = [
            f"{listed([sleeper.name for sleeper in group])}{_whose(group)}"
            for group in _grouped(wrong.passed_over, lambda sleeper: sleeper.predicate)
        ]
        many = len(wrong.passed_over) > 1
        missing = "got none" if permit else "were not woken" if many else "was not woken"
        if permit:
            cure = "A semaphore for each predicate would do."
        elif wrong.waker.kind in descriptor.DELIVER.values():
            cure = "Waking all, or passing the wake-up on, would do."
        else:
            cure = "notify_all(), or one Condition for each predicate, would do."
        return f"The {self._happened(wrong.waker)} {gave}{why}; {listed(over)} {missing}. {cure}"

    def _happened(self, event: Event) -> str:
        """ "notify by consumer-2 at models/buffer.py:31"."""
        task = self._labels.task(event.task)
        return f"{event.kind.name} by {task}{at(event.place)}"

    def _last(self, event: Event) -> str:
        """ "notify, by consumer-2 at models/buffer.py:31,"."""
        return self._happened(event).replace(" by ", ", by ", 1) + ","

    # -------------------------------------------------------------- nobody woke them

    def _missed(self, group: list[Asleep], alone: bool) -> list[str]:
        pairs = [(sleeper, missed(self._engine, sleeper)) for sleeper in group]
        return [
            self._of_one_place([sleeper for sleeper, _ in part], part[0][1], alone)
            for part in _grouped(
                pairs, lambda pair: (pair[0].want.place, pair[0].predicate, pair[1])
            )
        ]

    def _of_one_place(self, sleepers: list[Asleep], story: Missed, alone: bool) -> str:
        want = sleepers[0].want
        cell: ExploredCell = want.operation.cells[0]
        kind = want.operation.kind
        thing = self._labels.object(cell)
        state = cell.state
        who = listed([sleeper.name for sleeper in sleepers])
        waits = f"{who} wait{'s' if len(sleepers) == 1 else ''}{at(want.place)}"
        sleeps = self.sleeps(sleepers)
        if alone:
            sleeps += ", and nobody is left to wake it"
        if kind is condition.WAKE:
            return f"{sleeps}. {self._notifies(thing, sleepers, story)}"
        if kind is named.LEAVE and isinstance(state, flag.Flag):
            return f"{sleeps}. {self._sets(thing, sleepers, story)}"
        if kind is named.LEAVE:
            return f"{sleeps}{self._deliveries(state.data, story)}"
        if kind is semaphore.ACQUIRE:
            return f"{sleeps}. {self._permits(cell, thing)}"
        if kind is barrier.LEAVE:
            came = len(state.arrived)
            return (
                f"{waits} for {thing} to fill: only {came} came, and nobody else is left to. "
                "As many tasks as the barrier has parties must reach it."
            )
        if kind is stock.GET:
            return (
                f"{waits} for an item from {thing}, which is empty, and nobody is left to put one. "
                "A last item for each taker, that says so, would do."
            )
        if kind is stock.PUT:
            return (
                f"{waits} for room in {thing}, which is full, and nobody is left to take an item. "
                "Taking as many as are put would do."
            )
        if kind is stock.JOIN:
            return (
                f"{waits} until every item of {thing} is done, but {state.unfinished} never will "
                "be. A task_done() for each item taken would do."
            )
        return f"{waits} for {wanted(kind.name, [thing], ())}, and nobody is left to bring it."

    def _notifies(self, thing: str, sleepers: list[Asleep], story: Missed) -> str:
        it = "it" if len(sleepers) == 1 else "they"
        first = sleepers[0].predicate
        if story.after is not None:
            text = f"The last {self._last(story.after)} woke {self._woken(story.after)}. "
        elif story.before is not None:
            text = (
                f"No notify came after {it} began to wait; the {self._happened(story.before)} came "
                f"before and {self._found(story.before)}. "
            )
        else:
            text = f"Nobody ever notified {thing}. "
        if first is None or (not first.tested_again and first.holds is not False):
            return text + (
                "Testing the state in a while loop, under the lock, before waiting would do."
            )
        if first.holds is False:
            return text + "Nobody is left to make it true. Doing so, and notifying, would do."
        if story.change is not None and story.change[0] >= sleepers[0].since:
            change = self._happened(story.change[1])
            return text + f"A notify on {thing} after the {change} would do."
        return text + "Testing it under the same lock that the notify is made under would do."

    def _sets(self, thing: str, sleepers: list[Asleep], story: Missed) -> str:
        it = "it" if len(sleepers) == 1 else "they"
        if story.before is None:
            return f"Nobody ever set {thing}. Setting it would do."
        if story.undone is None:
            return f"The {self._happened(story.before)} came before {it} began to wait."
        if story.undone.task == sleepers[0].want.task.number:
            return (
                f"The {self._happened(story.before)} came before it began to wait and was undone "
                f"by its own clear{at(story.undone.place)}. Clearing {thing} first, and looking "
                "then at what it stands for, would do."
            )
        return (
            f"The {self._happened(story.before)} came before {it} began to wait and was undone by "
            f"the {self._happened(story.undone)}: a pulse wakes only those who sleep already. "
            "Leaving it set, or a Condition with a state to test, would do."
        )

    def _deliveries(self, data: int, story: Missed) -> str:
        last = story.after or story.before
        if last is None:
            return ". Nobody ever delivered anything. A deliver for each taker would do."
        woken = self._woken(last)
        if data:
            return (
                f", though {data} of its data {'is' if data == 1 else 'are'} ready. The "
                f"{self._happened(last)} woke {woken} alone, which did not take everything. Taking "
                "everything, waking all, or passing the wake-up on would do."
            )
        return (
            f", and nothing is ready. The last {self._last(last)} woke {woken}. A deliver for each "
            "taker would do."
        )

    def _permits(self, cell: ExploredCell, thing: str) -> str:
        events = [e for e in self._engine.execution.events if cell in e.cells and e.error is None]
        taken = [e for e in events if e.kind is semaphore.ACQUIRE and not e.gave_up]
        released = [e for e in events if e.kind is semaphore.RELEASE]
        if not released:
            text = f"Nobody ever released {thing}"
        else:
            text = f"The last {self._last(released[-1])}"
        if taken:
            by = self._labels.task(taken[-1].task)
            where = at(taken[-1].place)
            link = ", and" if not released else " gave a permit, but"
            text += f"{link} {by} took the last one{where}"
        return f"{text}. A release for each acquire would do."

    def _woken(self, event: Event) -> str:
        return listed([self._labels.task(task) for task in event.woke]) or "nobody"

    def _found(self, event: Event) -> str:
        return f"woke {self._woken(event)}" if event.woke else "found nobody waiting"


def at(place: Place | None) -> str:
    """ " at models/buffer.py:31"; nothing if the harness itself was called by nobody's line."""
    return f" at {shown_place(place)}" if place is not None else ""


def _for(sleepers: list[Asleep]) -> str:
    """What they wait to become true, and whether it is, as far as that is known."""
    first = sleepers[0].predicate
    if first is None:
        return ""
    if first.holds is None:
        return f" for {first.text}"
    its = "its" if len(sleepers) == 1 else "their"
    if first.holds:
        return f", though {its} condition ({first.text}) is true"
    return f" for {first.text}, which is false"


def _whose(group: list[Asleep]) -> str:
    first = group[0].predicate
    if first is None:
        return ""
    if first.holds:
        return f", whose condition ({first.text}) is true,"
    return f", waiting for {first.text},"


def _grouped(items: Iterable[T], key: Callable[[T], object]) -> list[list[T]]:
    """The items with equal keys together, in the order of the first of each."""
    found: list[tuple[object, list[T]]] = []
    for item in items:
        for known, group in found:
            if known == key(item):
                group.append(item)
                break
        else:
            found.append((key(item), [item]))
    return [group for _, group in found]
