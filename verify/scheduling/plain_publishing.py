"""Publishing: objects of plain data get their names, before anybody else can find them.

    created   the running task has made an object
    scope     stands for the variables of one invocation of a function
    publish   a value is about to be put where others may find it: it gets a name, and all that can
              be reached from it
    _met      what is known of an object that a task touches; a new one gets a name

A name must follow from what comes before it (plain_names.py). Where a task meets an object that
another one has named, with nothing in the program that puts the naming first, the search hears
of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verify.scheduling import plain_values, sources
from verify.scheduling.explored_task import ExploredTask
from verify.scheduling.ordering import precedes
from verify.scheduling.plain_fields import Scope
from verify.scheduling.plain_names import Holder
from verify.scheduling.plain_reach import NO_DATA, name_all, parts_of, sort_of

if TYPE_CHECKING:
    from verify.scheduling.explored import Explored


class Publishing:
    """The names of the objects of one execution after another."""

    def __init__(self, engine: Explored) -> None:
        self._engine = engine
        self._known: dict[int, Holder] = {}
        self._kept: list[object] = []  # what is known, so that no address comes to mean another
        self._named: list[int] = []  # how many objects each task has named

    def _met(self, holder: object, task: ExploredTask) -> Holder:
        """What is known of a holder that a task touches."""
        known = self._known.get(id(holder))
        if known is None:
            known = self._name(holder, task)
        elif not known.seen & task.bit:
            self._meet(holder, known, task)
        return known

    def created(self, value: object) -> None:
        """The running task has made an object."""
        task = self._engine._running
        if task is not None and not self._engine._killing and id(value) not in self._known:
            known = self._name(value, task)
            if self._engine.recording:
                known.place = sources.call_site()

    def scope(self) -> Scope:
        """A holder for the variables of one invocation of a function."""
        scope = Scope()
        self.created(scope)
        return scope

    def publish(self, value: object) -> None:
        """The running task is about to put a value where others may find it."""
        if sort_of(type(value)) == NO_DATA:
            return
        task = self._engine._running
        if task is None or self._engine._killing:
            return
        known = self._known.get(id(value))
        if known is not None:
            if not known.seen & task.bit:
                self._meet(value, known, task)
            return
        name_all(value, self._known, lambda one: self._name(one, task))

    def publish_body(self, body: Any) -> None:
        """The running task is about to start another one, which runs this."""
        for part in parts_of(body):
            self.publish(part)

    def _name(self, value: object, task: ExploredTask) -> Holder:
        """An object that nobody in this execution has named yet."""
        names = self._engine.names.plain
        if not names.used:
            names.use()
        known = names.lasting(value)
        if known is None:
            number = task.number
            while len(self._named) <= number:
                self._named.append(0)
            self._named[number] += 1
            known = names.made(number, self._named[number])
            known.by = number
            known.position = task.started if task.position < 0 else task.position
            known.seen = -1 if known.position < 0 else task.bit
        self._known[id(value)] = known
        self._kept.append(value)
        known.place = None
        return known

    def _meet(self, value: object, known: Holder, task: ExploredTask) -> None:
        """A task meets an object for the first time that another one has named."""
        known.seen |= task.bit
        events = self._engine.execution.events
        after = task.after + task.woken_by
        if not precedes(events, known.position, task.position, after):
            self._engine.names.plain.escape(value, plain_values.global_name(value))
