"""Tasks and objects of the explored scheduler."""

from __future__ import annotations

from typing import Any, Final

from verify.operation import Operation, States
from verify.scheduling.event import Place
from verify.scheduling.life import ALIVE
from verify.scheduling.scheduler import Body
from verify.scheduling.sources import CallSite
from verify.scheduling.task import DONE, READY, RUNNING, check_transition, legal

BLOCKING: Final = 0
TRY: Final = 1
TIMED: Final = 2
"""How a call waits: until it can happen, not at all, or until its time runs out."""


class ExploredCell:
    """An object's state, its number and bit, and what is needed to report it."""

    __slots__ = (
        "bit",
        "called",
        "copied_for",
        "copy_of",
        "number",
        "of",
        "place",
        "read_clock",
        "read_time",
        "run",
        "state",
        "woken",
        "write_clock",
        "write_time",
    )

    def __init__(self, state: Any, number: int, run: int) -> None:
        self.state = state
        self.number = number
        self.bit = 1 << number
        self.run = run  # which execution it belongs to
        self.woken = 0
        self.write_time = 0.0
        self.read_time = 0.0
        self.write_clock = 0.0
        self.read_clock = 0.0
        self.of: type | None = None
        self.copy_of: ExploredCell | None = None  # a parent's, as it was when this was started:
        self.copied_for = -1  # the number of a task
        self.place: CallSite | None = None
        self.called = ""  # by the program, if that is known before the object is used


def states_of(cells: tuple[Any, ...]) -> States:
    """The states of the objects that an operation names."""
    if len(cells) == 1:
        only: ExploredCell = cells[0]
        return (only.state,)
    if not cells:
        return ()
    if len(cells) == 2:
        first: ExploredCell = cells[0]
        second: ExploredCell = cells[1]
        return (first.state, second.state)
    return tuple([cell.state for cell in cells])


class ExploredTask:
    """A task: what it asks for, and how it got where it is."""

    __slots__ = (
        "after",
        "awaits",
        "bit",
        "body",
        "carrier",
        "children",
        "clock",
        "daemon",
        "disturbed",
        "enabled",
        "end",
        "error",
        "glances",
        "invariants",
        "let_go",
        "local",
        "looks",
        "mode",
        "name",
        "number",
        "objects",
        "options",
        "pending",
        "place",
        "position",
        "process",
        "repeats",
        "result",
        "so_far",
        "started",
        "starter",
        "status",
        "time",
        "watches",
        "woken_by",
    )

    def __init__(self, number: int, body: Body, end: ExploredCell) -> None:
        self.number = number
        self.bit = 1 << number
        self.name = body.name
        self.body = body
        self.daemon = body.daemon  # asked of it as it starts; the body is let go at the end
        self.end = end
        self.carrier: Any = None
        self.process = number  # the process it is a thread of, by the number of its first task
        self.started = -1  # the position of the event that started it
        self.starter: Any = None  # whom to switch to after the run up to the first operation
        self.status = READY
        self.pending: Operation | None = None
        self.mode = BLOCKING
        self.options = 1  # to choose from
        self.local = False  # others cannot tell what it asks for
        self.watches = 0  # bits of the objects its pending operation names
        self.enabled = False
        self.result: Any = None
        self.error: Exception | None = None
        self.position = -1  # of its latest event
        self.after: tuple[int, ...] = ()  # of its next event, as there
        self.woken_by: tuple[int, ...] = ()
        self.time = 0.0
        self.clock = 0.0
        self.glances = 0  # at its clock
        self.children = 0
        self.objects = 0
        self.invariants = 0
        self.place: Place | None = None
        self.disturbed = -1  # whatever follows this position repeats nothing that came before
        self.looks = 0  # its events since then, all of them mere looks; noted if awaiting is on
        self.so_far: Any = None  # where it stood among them: a Round
        self.awaits = 0  # bits of the objects of which one must be written before it goes on
        self.let_go = False  # one has been
        self.repeats = 0  # how many of its latest events it would then go through again

    def ask(self, operation: Operation, mode: int, options: int) -> None:
        """Make an operation the pending one."""
        self.pending = operation
        self.mode = mode
        self.options = options
        self.local = operation.kind.local
        watches = 0
        for one in operation.cells:
            cell: ExploredCell = one
            watches |= cell.bit
        self.watches = watches

    def look(self, dead: int = 0) -> bool:
        """Find out whether the pending operation can happen now.

        `dead` are the bits of tasks that were ended from outside: who waits for one of them is told
        so.
        """
        operation = self.pending
        assert operation is not None
        kind = operation.kind
        if self.awaits and not self.let_go:
            self.enabled = False
            return False
        if kind.always:
            self.enabled = True
            return True
        states = states_of(operation.cells)
        self.enabled = kind.ready(states, self.number, operation.argument) or (
            self.mode != BLOCKING and kind.may_give_up(states, self.number, operation.argument)
        )
        if dead and not self.enabled and kind.waits_for is not None:
            for owner in kind.waits_for(states, self.number, operation.argument):
                self.enabled = self.enabled or bool(dead >> owner & 1)
        return self.enabled

    @property
    def ended(self) -> bool:
        """Whether it is over, for a person to see."""
        return self.status == DONE

    @property
    def spins(self) -> bool:
        """Whether it would only repeat itself, since nobody has written what it looks at."""
        return self.pending is not None and self.awaits != 0 and not self.let_go

    def disturb(self) -> None:
        """Something other than a look: whatever follows repeats nothing that came before."""
        self.disturbed = self.position
        self.looks = 0
        self.so_far = None

    def begin_after(self, starter: ExploredTask | None) -> None:
        """Run, ordered after the event in which another task starts this one."""
        self.status = RUNNING
        if starter is not None:
            if not self.body.process:
                self.process = starter.process
            self.started = starter.position
            self.after = (starter.position,)
            self.time = starter.time
            self.clock = starter.clock

    def move(self, status: int) -> None:
        """Change state; an illegal change is our own fault."""
        if not legal(self.status, status):
            check_transition(self.name, self.status, status)
        self.status = status

    def end_from_outside(self, code: int) -> bool:
        """Be ended wherever it stands; False if it has ended already."""
        if self.status == DONE:
            return False
        check_transition(self.name, self.status, DONE, terminated=True)
        self.status = DONE
        self.pending = None
        self.enabled = False
        self.local = False
        if self.end.state is ALIVE:
            self.end.state = code
        return True
