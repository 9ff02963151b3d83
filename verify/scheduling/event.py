"""What happened: events, how an execution ended, and what failed in it."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

from verify.operation import Effect, Footprint, Kind, Operation, States

Choice = tuple[int, int]
"""A task's number and the option it takes (0 except at a `choose`)."""


NOTHING: list[int] = []


class Place(NamedTuple):
    """A line of the user's source."""

    file: str
    line: int


class Event(Footprint):
    """One executed visible operation, and what it read and wrote.

    `after` holds the positions of the events without which this one could not be (the start of its
    task, the end that it joins), `woken_by` those that ended its sleep; both come before it apart
    from any order on common objects. `ends` are the bits among `writes` that stand for the ends of
    tasks. `never_disabled` marks a try or a timed call: had it been chosen before what let it
    succeed, it would have given up there. `frozen`: nothing that it found, left or gave back can be
    changed afterwards. `result` and `place` are only noted while recording.

    The search (exploration/clocks.py) notes its clocks here too: `past` and `base`, the positions
    of its `direct` predecessors on objects and of its task's `previous` event, and the numbers of
    the objects that it `touched`.
    """

    __slots__ = (
        "after",
        "base",
        "direct",
        "effect",
        "ends",
        "frozen",
        "never_disabled",
        "operation",
        "option",
        "past",
        "place",
        "previous",
        "result",
        "task",
        "touched",
        "woke",
        "woken_by",
    )

    def __init__(self, task: int, operation: Operation, effect: Effect, option: int) -> None:
        super().__init__()
        self.task = task
        self.operation = operation
        self.effect = effect
        self.option = option
        self.ends = 0
        self.frozen = False
        self.after: tuple[int, ...] = ()
        self.woken_by: tuple[int, ...] = ()
        self.woke: tuple[int, ...] = ()
        self.never_disabled = False
        self.result: Any = None
        self.place: Place | None = None
        self.past = 0
        self.base = 0
        self.previous = -1
        self.direct: list[int] = NOTHING
        self.touched: list[int] = NOTHING

    @property
    def kind(self) -> Kind:
        """The kind of its operation."""
        return self.operation.kind

    @property
    def cells(self) -> tuple[Any, ...]:
        """The objects that its operation names."""
        return self.operation.cells

    @property
    def argument(self) -> Any:
        """The argument of its operation."""
        return self.operation.argument

    @property
    def before(self) -> States:
        """The states of the named cells before it."""
        return self.effect.before

    @property
    def states(self) -> States:
        """Their states after it."""
        return self.effect.states

    @property
    def error(self) -> Exception | None:
        """What it raised in its task."""
        return self.effect.error

    @property
    def gave_up(self) -> bool:
        """Whether it could not proceed and gave up."""
        return self.effect.gave_up

    @property
    def choice(self) -> Choice:
        """What a strategy chose to bring this event about."""
        return self.task, self.option

    @property
    def footprint(self) -> Footprint:
        """What it read and wrote, as a value of its own."""
        return Footprint(self.reads, self.writes)


class Ending(enum.Enum):
    """How an execution stopped."""

    COMPLETE = "complete"
    DEADLOCK = "deadlock"
    REDUNDANT = "redundant"  # cut by the strategy: only repeats what another execution showed
    MAX_STEPS = "max_steps"
    STOPPED = "stopped"  # cut on purpose, when a replayed trace has been followed to its end


class Failure(NamedTuple):
    """A property that an execution violates."""

    kind: str
    message: str
    task: int
    step: int  # how many events had happened
    place: Place | None


PRECEDENCE = ("invariant", "assertion", "exception", "misuse", "race", "livelock", "deadlock")
"""An execution counts once, under the first of these that applies."""


class Stopped(NamedTuple):
    """An operation that a task still asked for when nobody could go on."""

    task: int
    operation: Operation
    states: States  # of the cells that it names
    after: tuple[int, ...]  # as in an Event
    woken_by: tuple[int, ...]
    never_disabled: bool  # a timed sleeper, woken, that could have timed out before


class Execution:
    """One run of the program."""

    __slots__ = ("ending", "events", "failures", "invariants", "late", "stopped")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures: list[Failure] = []
        self.stopped: list[Stopped] = []
        self.ending = Ending.COMPLETE
        self.invariants: dict[int, int] = {}
        """By the bit of each invariant: the bits of the objects that it reads."""
        self.late = False
        """What an event touches has depended on what its task did after it: see dpor.py."""

    @property
    def failure(self) -> Failure | None:
        """What the execution counts as: the first failure in the order of PRECEDENCE."""
        if not self.failures:
            return None
        return min(self.failures, key=lambda f: PRECEDENCE.index(f.kind))

    @property
    def outcome(self) -> str:
        """ "ok", or the kind of the failure it counts as."""
        failure = self.failure
        return "ok" if failure is None else failure.kind

    @property
    def schedule(self) -> tuple[Choice, ...]:
        """The choices that bring this execution about."""
        return tuple(event.choice for event in self.events)
