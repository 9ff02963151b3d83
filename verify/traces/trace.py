"""A trace: the recorded account of one execution, as plain data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property

INSTRUMENTED = "instrument"
"""The setting that has what was named to be instrumented, a line for each."""


@dataclass(frozen=True)
class TraceEvent:
    """One event, in the user's names.

    `path` names the task in any run: the indices of the starts that lead to it from the main task.
    `changed` has the states that are different afterwards, in words. `note` says how an operation
    went that did not simply succeed. `after` has the steps, from 1, of other tasks that happened
    before it and before nothing in between; `owners` the objects that have come to be held by
    others, each with all who hold it now.
    """

    task: str
    path: tuple[int, ...]
    option: int
    operation: str
    objects: tuple[str, ...]
    place: str
    argument: str = ""
    result: str = ""
    note: str = ""
    changed: tuple[tuple[str, str], ...] = ()
    woke: tuple[str, ...] = ()
    after: tuple[int, ...] = ()
    owners: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A task that had not ended when nobody could go on: what for, where, and for whom."""

    task: str
    operation: str
    objects: tuple[str, ...]
    place: str
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """An execution that violates a property.

    `model` is the key of the program among the collected models ("models/counter.py::racy"),
    `source` the sha-256 of the file that holds it. `step` is how many events had happened when the
    property was first seen violated. `racing` has the steps, from 1, of the two accesses whose
    order decides, if there are such two. `passing` is what comes from step `parted` on, instead of
    what comes there in this execution, in the nearest one that violates nothing; 0 if none was
    found. `statistics` counts what the search had done when it found this. `notes` are what the
    program said about itself: after how many events, by which task, and what.
    """

    model: str
    source: str
    kind: str
    message: str
    task: str
    step: int
    place: str
    events: tuple[TraceEvent, ...]
    tasks: tuple[tuple[str, tuple[int, ...]], ...] = ()
    waiting: tuple[Waiting, ...] = ()
    diagnosis: str = ""
    output: str = ""
    settings: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    racing: tuple[int, ...] = ()
    parted: int = 0
    passing: tuple[TraceEvent, ...] = ()
    statistics: dict[str, int] = field(default_factory=dict)
    notes: tuple[tuple[int, str, str], ...] = ()

    @property
    def digest(self) -> str:
        """Names the counterexample by what it is: the model, the failure and the schedule.

        The same counterexample found again, by another version or on another interpreter, has the
        same digest (16 hexadecimal digits).
        """
        schedule = [
            (event.path, event.option, event.operation, event.objects) for event in self.events
        ]
        content = json.dumps([self.model, self.kind, schedule], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @cached_property
    def latest(self) -> dict[str, str]:
        """The last operation of each task, by its name."""
        return {event.task: event.operation for event in self.events}

    @property
    def file(self) -> str:
        """The file in the model's key; empty if the key is a name alone."""
        file, colons, _ = self.model.partition("::")
        return file if colons else ""

    @property
    def name(self) -> str:
        """The function's name in the model's key, with its parameters if it was given any."""
        path, bracket, parameters = self.model.partition("[")
        return path.rpartition("::")[2] + bracket + parameters
