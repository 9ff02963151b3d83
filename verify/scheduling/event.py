"""What happened: events, how an execution ended, and what failed in it."""

from __future__ import annotations

import enum
from typing import Any, Final, NamedTuple

from verify.operation import Effect, Footprint, Kind, Operation, States
from verify.scheduling.step import Step

Choice = tuple[int, int]
"""A task's number and the option it takes (0 except at a `choose`)."""

_only_options: Final[list[Choice | None]] = []


def choice(task: int, option: int = 0) -> Choice | None:
    """A choice, never None; those of option 0 are made once only, for compiled code to hand on."""
    if option:
        return task, option
    while len(_only_options) <= task:
        _only_options.append((len(_only_options), 0))
    return _only_options[task]


class Place(NamedTuple):
    """A line of the user's source."""

    file: str
    line: int


class Event:
    """One executed visible operation: a step that was taken, at one place of one execution.

    `ends` are the bits of the ends of tasks that it came to mean. `life` are those of the ends that
    had not come, without which it could not be as it is: its own task's, and those of tasks for
    which its task would wait. `after` holds the positions of
    the events without which this one could not be (the start of its task, the end that it joins),
    `woken_by` those that ended its sleep; both come before it apart from any order on common
    objects. `frozen`: nothing that it found, left or gave back can be changed afterwards. `result`
    and `place` are only noted while recording.

    The search (exploration/clocks.py) notes its clocks here too: its `index` among the events that
    are not local, -1 for those that are, the `bit` that stands for it in sets of these, `past` and
    `base`, its task's clock `before_it`, and what may come without it: `rest`, of the execution
    with the number `rest_of`.
    """

    __slots__ = (
        "after",
        "base",
        "before_it",
        "bit",
        "ends",
        "frozen",
        "index",
        "life",
        "past",
        "place",
        "rest",
        "rest_of",
        "rest_reads",
        "rest_writes",
        "result",
        "step",
        "woken_by",
    )

    def __init__(self, step: Step) -> None:
        self.step = step
        self.ends = 0
        self.life = 0
        self.frozen = False
        self.after: tuple[int, ...] = ()
        self.woken_by: tuple[int, ...] = ()
        self.result: Any = None
        self.place: Place | None = None
        self.index = -1
        self.bit = 0
        self.past = 0
        self.base = 0
        self.before_it = 0
        self.rest = 0
        self.rest_of = 0
        self.rest_reads = 0
        self.rest_writes = 0

    def also_writes(self, bits: int) -> None:
        """It writes these objects, too: invariants that depend on what it wrote."""
        self.step.writes |= bits

    @property
    def task(self) -> int:
        """The number of its task."""
        return self.step.task

    @property
    def reads(self) -> int:
        """The bits of the objects that it read, with the ends of tasks that it depends on."""
        return self.step.reads | self.life

    @property
    def writes(self) -> int:
        """The bits of the objects that it wrote, with the ends of tasks that it came to mean."""
        return self.step.writes | self.ends

    @property
    def operation(self) -> Operation:
        """What its task asked for."""
        return self.step.operation

    @property
    def option(self) -> int:
        """The option that its task took."""
        return self.step.option

    @property
    def effect(self) -> Effect:
        """What it did."""
        return self.step.effect

    @property
    def woke(self) -> tuple[int, ...]:
        """The tasks that it let leave their sleep."""
        return self.step.wakes

    @property
    def never_disabled(self) -> bool:
        """Whether it was a try or a timed call."""
        return self.step.never_disabled

    @property
    def kind(self) -> Kind:
        """The kind of its operation."""
        return self.step.operation.kind

    @property
    def cells(self) -> tuple[Any, ...]:
        """The objects that its operation names."""
        return self.step.operation.cells

    @property
    def argument(self) -> Any:
        """The argument of its operation."""
        return self.step.operation.argument

    @property
    def before(self) -> States:
        """The states of the named cells before it."""
        return self.step.effect.before

    @property
    def states(self) -> States:
        """Their states after it."""
        return self.step.effect.states

    @property
    def error(self) -> Exception | None:
        """What it raised in its task."""
        return self.step.effect.error

    @property
    def gave_up(self) -> bool:
        """Whether it could not proceed and gave up."""
        return self.step.effect.gave_up

    @property
    def choice(self) -> Choice:
        """What a strategy chose to bring this event about."""
        return self.step.task, self.step.option

    @property
    def footprint(self) -> Footprint:
        """What it read and wrote, as a value of its own."""
        return Footprint(self.reads, self.writes)


class Ending(enum.Enum):
    """How an execution stopped."""

    COMPLETE = "complete"
    DEADLOCK = "deadlock"
    LIVELOCK = "livelock"
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
    """What a task still asked for when nobody could go on: a step that has not been taken.

    Its footprint is that of a success; `after` and `woken_by` are as in an Event.
    """

    step: Step
    after: tuple[int, ...]
    woken_by: tuple[int, ...]


class Finding(NamedTuple):
    """What is found wrong with an execution at its end, in one line and in more.

    `undecided`: it could not be found out, within a limit that the message names.
    """

    message: str
    task: int
    explanation: str
    undecided: bool = False


class Race:
    """Two accesses to a plain field that nothing orders (properties/data_races.py), by their
    positions in the execution, and the number of the field; `between` is the field again, and the
    tasks of the two, which other executions have in common.
    """

    __slots__ = ("between", "early", "field", "late")

    def __init__(self, early: int, late: int, between: tuple[int, ...]) -> None:
        self.early = early
        self.late = late
        self.field = between[0]
        self.between = between


class Execution:
    """One run of the program."""

    __slots__ = (
        "ending",
        "events",
        "explanation",
        "failures",
        "invariants",
        "known_races",
        "late",
        "races",
        "stopped",
        "undecided",
    )

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.failures: list[Failure] = []
        self.stopped: list[Stopped] = []
        self.ending = Ending.COMPLETE
        self.invariants: dict[int, int] = {}
        """By the bit of each invariant: the bits of the objects that it reads."""
        self.explanation = ""
        """More about what was found wrong at its end."""
        self.undecided = ""
        """The limit within which it could not be found out whether something is wrong."""
        self.races: list[Race] = []
        self.known_races = 0  # so many of them has the execution that was looked at before, too
        """By their later accesses; failures as well, unless they are allowed."""
        self.late = False
        """What an event touches may depend on more than the states that it finds: see dpor.py."""

    @property
    def failure(self) -> Failure | None:
        """What the execution counts as: the first failure in the order of PRECEDENCE."""
        if not self.failures:
            return None
        return min(self.failures, key=lambda f: PRECEDENCE.index(f.kind))

    def failures_of_races(self) -> list[Failure]:
        """Those of its failures that are data races, in the order of `races`."""
        return [failure for failure in self.failures if failure.kind == "race"]

    @property
    def outcome(self) -> str:
        """ "ok", or the kind of the failure it counts as."""
        failure = self.failure
        return "ok" if failure is None else failure.kind

    @property
    def schedule(self) -> tuple[Choice, ...]:
        """The choices that bring this execution about."""
        return tuple(event.choice for event in self.events)
