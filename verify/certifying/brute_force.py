"""Brute force: a second engine, so simple that one can see that it is right.

    every_interleaving  one after another, depth first: at each step each choice of each task that
                        can go on, whatever was seen before
    every_beginning     the same, but not what comes after a beginning that is equivalent to one
                        that was gone on from before: far fewer
    sample              interleavings drawn at random, each choice with the same probability
    Classes             tells which equivalence class an execution, or the beginning of one, belongs
                        to, as a hash of what defines it

It knows nothing of what makes the search fast: no races, no sleep sets, no wakeup trees, no clocks.
Nothing is memoised, and each execution is run from its first step. What it has in common with the
search is what carries out one execution along a schedule, and what an operation does and touches.

Two executions are equivalent iff they have the same events, and the same order between any two of
them that depend on each other (Mazurkiewicz 1977): of one task, or with an object in common that
one of them writes. So a class is told by its events, each with the earlier ones of other tasks that
it depends on; an event's name is its task and which event of that task it is, with the option that
it took. The transitive closure of that, which is happens-before, would tell no more. Such a set is
hashed as the sum of the hashes of its members, so an event is looked at when it happens.

What tasks share without verify's seeing it makes executions of one class end in different ways.
Every interleaving shows that, and some sample may; equivalent beginnings are at least compared by
who can go on.

That each event reads its own task's end matters only where somebody ends a task from outside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from verify.errors import Nondeterministic
from verify.scheduling.dice import Dice
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored

DIGEST = 16
"""Bytes of a class's hash: that two of a million million share one is next to impossible."""
_ALL = (1 << 8 * DIGEST) - 1

Choices = tuple[Choice, ...]


@dataclass
class Tally:
    """What came of the executions that were run, of one or of several ways to go through them.

    `drawn`: how many of them were drawn at random. `steps`: those of the longest. `failing`: the
    first that failed, or was not over within the limit of steps; nothing is run after it.
    """

    executions: int = 0
    drawn: int = 0
    steps: int = 0
    classes: set[int] = field(default_factory=set)
    failing: Execution | None = None


class Unequal(Exception):
    """Two beginnings that are equivalent go on in different ways; the message says where."""


class _Again(Exception):
    """Events turned out to depend on more than was known: what was counted is void."""


class BruteForce:
    """Runs one program on an engine, each way for as long as there is not `enough`."""

    def __init__(
        self, program: Callable[[], object], engine: Explored, enough: Callable[[Tally], bool]
    ) -> None:
        self._program = program
        self._engine = engine
        self._enough = enough
        self.tally = Tally()

    def every_interleaving(self) -> bool:
        """Run every interleaving; whether these were all, rather than enough."""
        return self._depth_first(_Path)

    def every_beginning(self) -> bool:
        """Run every class, going on from each beginning once; whether these were all."""
        return self._depth_first(_PathOfBeginnings)

    def sample(self, seed: int) -> None:
        """Run random interleavings until there are enough."""
        number = 0
        while not self._over():
            dice = Dice(f"{seed}:{number}")
            number += 1

            def choose(engine: Explored, dice: Dice = dice) -> Choice:
                return dice.choice(_choices(engine))

            try:
                self._run(choose, Classes())
                self.tally.drawn += 1
            except _Again:
                self.tally = Tally()

    def _depth_first(self, new: Callable[[], _Path]) -> bool:
        path = new()
        while True:
            try:
                execution = self._run(path.choose, path.classes)
            except _Again:
                self.tally = Tally()
                path = new()
                continue
            if not path.turn(execution):
                return self.tally.failing is None
            if self._over():
                return False

    def _over(self) -> bool:
        return self.tally.failing is not None or self._enough(self.tally)

    def _run(self, choose: Callable[[Explored], Choice | None], classes: Classes) -> Execution:
        def choose_if_known(engine: Explored) -> Choice | None:
            return None if _knows_too_little(engine) else choose(engine)

        engine, tally = self._engine, self.tally
        execution = engine.run(self._program, choose_if_known)
        if _knows_too_little(engine):
            _learn(engine)
            raise _Again
        if execution.ending is Ending.REDUNDANT:
            return execution
        tally.executions += 1
        tally.steps = max(tally.steps, len(execution.events))
        tally.classes.add(classes.of(execution))
        if execution.failures or execution.undecided or execution.ending is Ending.MAX_STEPS:
            tally.failing = execution
        return execution


def _knows_too_little(engine: Explored) -> bool:
    """Whether events turned out to depend on more than was known: on what an invariant reads, on
    plain fields that tasks share, on what a loop awaits."""
    awaits = engine.awaiting.needed and not engine.awaiting.on
    return awaits or engine.invariants.grew or engine.names.plain.grew


def _learn(engine: Explored) -> None:
    engine.awaiting.on |= engine.awaiting.needed
    engine.invariants.grew = False
    if engine.names.plain.grew:
        engine.names.plain.begin_again()


class _Path:
    """The choices of the latest execution, each with those that could have been made instead."""

    def __init__(self) -> None:
        self.classes = Classes()
        self._steps: list[tuple[Choices, int]] = []  # what could be chosen, and which of that is

    def choose(self, engine: Explored) -> Choice | None:
        """The next step: that of the path, and beyond it the first that there is."""
        depth = len(engine.execution.events)
        choices = _choices(engine)
        if depth == len(self._steps):
            if self._cuts(engine, choices):
                return None
            self._steps.append((choices, 0))
            return choices[0]
        known, index = self._steps[depth]
        if choices != known:
            raise Nondeterministic(
                f"step {depth + 1}: {_shown(known)} could go on the first time, {_shown(choices)} "
                "when the same schedule was run again"
            )
        return choices[index]

    def _cuts(self, engine: Explored, choices: Choices) -> bool:
        """Whether the execution need not go on from a point that the path has not come to."""
        return False

    def turn(self, execution: Execution) -> bool:
        """To the latest choice that can be made in another way; False if there is none left."""
        if len(execution.events) != len(self._steps):
            raise Nondeterministic(
                f"step {len(execution.events) + 1}: {_shown(self._steps[-1][0])} could go on the "
                "first time, nobody when the same schedule was run again"
            )
        while self._steps:
            choices, index = self._steps.pop()
            if index + 1 < len(choices):
                self.classes.keep(len(self._steps))
                self._steps.append((choices, index + 1))
                return True
        return False


class _PathOfBeginnings(_Path):
    """One that goes on from each beginning once, up to equivalence."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[int, Choices] = {}

    def _cuts(self, engine: Explored, choices: Choices) -> bool:
        beginning = self.classes.of(engine.execution)
        known = self._seen.setdefault(beginning, choices)
        if known != choices:
            raise Unequal(
                f"after {len(engine.execution.events)} steps {_shown(known)} can go on, and "
                f"{_shown(choices)} after the same steps in an order that should make no difference"
            )
        return known is not choices


def _choices(engine: Explored) -> Choices:
    return tuple(
        [(task, option) for task in engine.enabled for option in range(engine.options(task))]
    )


def _shown(choices: Choices) -> str:
    tasks = sorted({task for task, _ in choices})
    return f"task{'' if len(tasks) == 1 else 's'} {', '.join(map(str, tasks))}"


class _Accesses(NamedTuple):
    """What an event did, as bit masks of objects. `lives` are the ends of tasks that had not come,
    which it depends on; `ended` what it wrote itself, not by being the last event of a task."""

    name: tuple[int, int]
    reads: int
    writes: int
    lives: int
    ended: int

    def depends_on(self, earlier: _Accesses) -> bool:
        """Whether their order matters; of one task, it is told by their names."""
        return self.name[0] != earlier.name[0] and bool(
            self.writes & (earlier.reads | earlier.writes)
            or self.reads & earlier.writes
            or self.ended & earlier.lives
            or self.lives & earlier.ended
        )


class Classes:
    """Tells the class of an execution, when all of it has happened or at any point of it."""

    def __init__(self) -> None:
        self._accesses: list[_Accesses] = []
        self._sums = [0]  # of each beginning

    def keep(self, events: int) -> None:
        """The next execution has so many of its events in common with this one."""
        del self._accesses[events:], self._sums[events + 1 :]

    def of(self, execution: Execution) -> int:
        """The class, as far as the execution has come: the same for two iff they are equivalent."""
        for event in execution.events[len(self._accesses) :]:
            before = sum(one.name[0] == event.task for one in self._accesses)
            step = event.step
            name = (event.task, before)
            one = _Accesses(name, step.reads, event.writes, event.life, step.writes)
            told = name, event.option, sorted(e.name for e in self._accesses if one.depends_on(e))
            digest = hashlib.blake2b(repr(told).encode(), digest_size=DIGEST).digest()
            self._accesses.append(one)
            self._sums.append(self._sums[-1] + int.from_bytes(digest) & _ALL)
        return self._sums[-1]
