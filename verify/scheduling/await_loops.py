"""Await loops: what becomes of a task that would only repeat itself.

It is disabled until an object is written that its iteration has read, by any value, after it read
it. Its next event, which begins the repetition, reads all of these objects: so whether it can
happen is a function of what it conflicts with, as for every other event. Who has read an object
twice, with a write in between, has gone through no iteration: the first time it would now find what
it found the second time.

Whether a task has come back to where it was (awaiting.py) costs a look at its frames before each of
its own looks. So that is only done once a task has asked the same twice, with mere looks between,
and may be in such a loop at all: a search finds `needed` set, and begins again with `on`. Until
then nothing is noted of looks, the events tell them; and local steps are passed over, for who reads
no object awaits nothing.
"""

from __future__ import annotations

from verify.operation import Access, Operation
from verify.scheduling.awaiting import Round, come_back, looping
from verify.scheduling.event import Event
from verify.scheduling.explored_task import BLOCKING, ExploredTask
from verify.scheduling.life import CHOOSE, START
from verify.scheduling.step import Step


class Awaiting:
    """Finds out which tasks repeat themselves, if it is `on`.

    `needed`: a task may have done so while it was not on. `found`: one has done so.
    """

    def __init__(self) -> None:
        self.on = False
        self.needed = False
        self.found = False

    def ask(self, task: ExploredTask, events: list[Event]) -> bool:
        """The running task asks for an operation: find out whether it repeats itself."""
        operation = task.pending
        assert operation is not None
        if task.mode == BLOCKING and not operation.kind.looks:
            return False
        if task.so_far is None:
            task.so_far = Round()
        again = come_back(task.so_far, operation, task.mode, task.looks)
        if not again or not _repeat(task, again, events):
            return False
        self.found = True
        return True

    def suspect(self, task: ExploredTask, operation: Operation, events: list[Event]) -> None:
        """The running task asks for this while it is not on: find out whether it is needed."""
        position = task.position
        if position < 0 or events[position].step.writes:
            return
        if not self.needed and _asked_before(task, operation, events) and looping():
            self.needed = True


def _asked_before(task: ExploredTask, operation: Operation, events: list[Event]) -> bool:
    """Whether one of a task's latest looks was the same operation on the same objects."""
    position = task.position
    while position > task.disturbed:
        step = events[position].step
        if step.task == task.number:
            if not mere_look(step):
                return False
            if same_question(step.operation, operation):
                return True
        position -= 1
    return False


def mere_look(step: Step) -> bool:
    """Whether a step may be part of an iteration that is repeated."""
    kind = step.operation.kind
    return not (step.writes or kind is START or kind is CHOOSE)


def same_question(a: Operation, b: Operation) -> bool:
    """Whether two operations are of one kind and on the same objects."""
    if a.kind is not b.kind or len(a.cells) != len(b.cells):
        return False
    return all(a.cells[i].number == b.cells[i].number for i in range(len(a.cells)))


def _repeat(task: ExploredTask, looks: int, events: list[Event]) -> bool:
    """Let a task repeat its latest looks only after one of their objects has been written.

    False if they were no iteration: they have seen an object before and after it was written.
    """
    task.repeats = looks
    awaited = 0
    written = 0
    between = 0  # read, and written before that
    let_go = False
    position = len(events)
    while looks:
        position -= 1
        event = events[position]
        if event.task == task.number:
            read = read_by(event)
            if read & between:
                return False
            let_go = let_go or bool(read & ~awaited & written)
            awaited |= read
            looks -= 1
        between |= event.writes & awaited
        written |= event.writes
    task.awaits = awaited
    task.local = task.local and not awaited
    task.let_go = let_go
    return True


def read_by(event: Event) -> int:
    """The objects that the operation of an event itself has read."""
    if not event.step.awaited:
        return event.step.reads
    read = 0
    for cell, access in zip(event.operation.cells, event.effect.accesses, strict=True):
        if access is Access.READ:
            read |= cell.bit
    return read
