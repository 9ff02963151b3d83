"""Livelock: nobody can go on but tasks that would only repeat themselves. Why, in the user's words.

One paragraph for each of them, one a line: where it spins, what a round of its loop does, and that
nobody is left to write what it looks at. Who merely sleeps at that end is in the list of those who
wait.
"""

from __future__ import annotations

from verify.scheduling.event import Event
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredTask
from verify.scheduling.sources import shown_place
from verify.traces.labels import Labels
from verify.traces.wording import listed

PARAGRAPHS = 3
"""More would say the same of other tasks."""
STEPS = 6
"""Steps of a round that are named."""


def diagnose(engine: Explored, labels: Labels) -> str:
    """Why nothing moves: paragraphs, one a line."""
    spinning = [task for task in engine.live if task.spins]
    said = [_spins(engine, labels, task) for task in spinning[:PARAGRAPHS]]
    if len(spinning) > PARAGRAPHS:
        others = [task.name for task in spinning[PARAGRAPHS:]]
        said.append(f"So {'do' if len(others) > 1 else 'does'} {listed(others)}.")
    return "\n".join(said)


def awaited(engine: Explored, labels: Labels, task: ExploredTask) -> list[str]:
    """The objects of which one must be written before a task goes on."""
    return [labels.object(cell) for cell in engine.cells if cell.bit & task.awaits]


def _spins(engine: Explored, labels: Labels, task: ExploredTask) -> str:
    objects = awaited(engine, labels, task)
    its = "one of them" if len(objects) > 1 else "it"
    where = shown_place(task.place)
    at = f" at {where}" if where else ""
    return (
        f"{task.name} spins{at}: it looks at {listed(objects)} over and over, and nobody is left "
        f"to write {its}. {_round(engine, labels, task)} A write to {its} would let "
        f"{task.name} look again."
    )


def _round(engine: Explored, labels: Labels, task: ExploredTask) -> str:
    """What it does for ever, a step at a time."""
    own = [event for event in engine.execution.events if event.task == task.number]
    events = own[-task.repeats :]
    steps = [_step(labels, event) for event in events[:STEPS]]
    more = f", … ({len(events)} steps)" if len(events) > STEPS else ""
    return f"Each round: {', '.join(steps)}{more}."


def _step(labels: Labels, event: Event) -> str:
    objects = ", ".join(labels.object(cell) for cell in event.cells)
    line = "" if event.place is None else f" (line {event.place.line})"
    note = "" if not event.gave_up else ", in vain"
    return f"{event.kind.name} {objects}".rstrip() + note + line
