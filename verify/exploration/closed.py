"""Closed: whether the tasks of a program share nothing but objects of the harness.

A memoised search runs a task's code once for each history of results that the task can have, not
once for each execution, and not in the order of any execution. That is the same as running it as
scheduled iff what a task does next is a function of its history alone. A program is called closed
while everything that its tasks can reach is an object of the harness, a value that never changes,
code of the same kind, or a container that *has not changed so far*.

    include   walks along all that a task's code reaches, as the task is started
    changed   after every new piece of task code: whether a container has changed since it was
              reached
    renew     forgets the containers that only abandoned stacks still reach

Whoever is wrong here proves what is false, so what the walk does not know makes a program open;
that costs nothing but time.

Why it is enough. A piece of code runs between two visible operations, and nothing comes between.
Suppose that up to some piece no container has changed, in any piece of any task that was ever run:
then this one finds what it would find in every execution in which its task has this history, and
does what it would do there. If it changes a container that another task can reach, `changed` says
so before its result is used. If it changes it and puts it back, nobody can know. So by induction
over the pieces in the order in which they are run, either the search was right all along, or it
stops. Every piece that any execution contains is run at least once in a complete search. And what
a task can share with others it must have got from somewhere:

* with its start: arguments, closure, globals, defaults, `self`; walked before it runs
* by an operation: a value, which `key` (immutable.py) demands to be immutable as it goes in
* through something that both reach: then that is a container in the snapshot, which has changed
* by itself: then nobody else has it, and it is a function of its history

Fields of plain objects that tasks share are objects of the harness, too, if all code that touches
them says so: `cells`, which the walk leaves out (plain_cells.py).

A task of which a search needs another history than the one at which it stands is run again from
its beginning. The pieces up to that history do what they did the first time, and were looked at
then; the next look is after the piece that follows them, which is new. Running it again makes new
objects in the place of the old ones, and starts new bodies in the place of old ones; each must be
included, although its task is known, and the old ones are watched on: stacks that stand on them go
on. Only `renew` forgets, given the bodies that are still in use.

The bytecode is read for what a look at values does not show: mentions.py. What the harness itself
tells a program without an operation (`now`, `wakeups`, the number of a process's copies) is for the
scheduler to report.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import CodeType

from verify.exploration.immutable import Open
from verify.exploration.library import Library
from verify.exploration.mentions import Mentions
from verify.exploration.plain_cells import PlainCells
from verify.exploration.walk import Walk

MOST_REFERENCES = 20_000
"""Comparing more than that after every piece of code costs more than memoising saves."""


class Reach:
    """What the tasks of one program can reach; `reason` says why it is not closed, once it is not.

    The program's objects belong to the scheduler that is active when something is included.
    """

    def __init__(self, cells: PlainCells | None = None) -> None:
        self.reason: str | None = None
        self._cells = cells
        self._library = Library()
        self._mentions: dict[CodeType, Mentions] = {}
        self._walk = Walk(self._library, self._mentions, cells)
        self._kept = 0

    @property
    def size(self) -> int:
        """How many references `changed` compares."""
        return self._walk.snapshot.size

    @property
    def seen(self) -> dict[int, object]:
        """What has been reached so far, by address."""
        return dict(self._walk.seen)

    @property
    def crowded(self) -> bool:
        """Whether most of them may belong to what was left behind: time to renew."""
        return self.size > 2 * self._kept + 1000

    def include(self, root: object) -> str | None:
        """Walk along what the program, an invariant's predicate or a task's body reaches.

        To be called before any code of it runs. Returns the reason why the program is open, None
        as long as it is closed.
        """
        if self.reason is None:
            try:
                self._walk.along(root)
                if self.size > MOST_REFERENCES:
                    raise Open(f"tasks reach more than {MOST_REFERENCES} things that may change")
            except Open as found:
                self.reason = str(found)
        return self.reason

    def changed(self) -> str | None:
        """The reason why the program is open, if what its tasks reach has changed by now."""
        if self.reason is None:
            where = self._walk.snapshot.changed()
            if where is not None:
                self.reason = f"{where} has changed"
        return self.reason

    def renew(self, roots: Iterable[object]) -> str | None:
        """Forget what these roots do not reach: all that are still in use or may be run again.

        To be called while no code of a task is being run.
        """
        if self.changed() is None:
            self._walk = Walk(self._library, self._mentions, self._cells)
            for root in roots:
                self.include(root)
            self._kept = self.size
        return self.reason
