"""What the explorer does with a program, told in the reference's terms so that the two compare.

`survey` drives the engine and a strategy directly and describes each complete execution by its
class key, its outcome and its final states, exactly as `tests/reference` describes its runs. For
that the two programs create their objects in the same order: the k-th object that the main task
creates is the k-th in the reference program's dictionary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.reference.history import History, Key
from tests.reference.semantics import Gate, Line, Task, end_of
from tests.reference.world import Program
from verify.exploration.case import Cases
from verify.exploration.frontier import Frontier
from verify.exploration.pieces import Pieces
from verify.exploration.strategies import STRATEGIES
from verify.exploration.strategy import Strategy
from verify.scheduling.event import Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.naming import MAIN
from verify.sync.barrier import Barrier
from verify.sync.condition import Condition
from verify.sync.descriptor import Descriptor
from verify.sync.event import Event
from verify.sync.lock import Lock
from verify.sync.queues import Queue
from verify.sync.rlock import RLock


@dataclass
class Explorations:
    """All complete executions of a program, in the order in which they came."""

    keys: list[Key] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    finals: set[Hashable] = field(default_factory=set)
    redundant: int = 0

    @property
    def executions(self) -> int:
        """How many executions ran to their end."""
        return len(self.keys)


def by_cases(cases: Cases) -> Strategy:
    """Optimal DPOR of a program that falls into cases."""
    return Pieces(Frontier(cases=cases))


def survey(
    program: Callable[[], object],
    reference: Program,
    strategy: str | Callable[[int], Strategy] = "exhaustive",
    seed: int = 0,
    renamed: Callable[[Task], Task] = lambda task: task,
    most: int | None = None,
    awaiting: bool = False,
    by_cases: Callable[[Cases], Strategy] = by_cases,
) -> Explorations:
    """Explore a program to the end of the search, or until there are more executions than `most`.

    `renamed` is what the reference calls a task. `awaiting`: await loops are looked for from the
    beginning, not only when one turns out to be possible. `by_cases` is the strategy where the
    program turns out to be divided (case.py).
    """
    make = STRATEGIES[strategy] if isinstance(strategy, str) else strategy
    engine = Explored()
    engine.awaiting.on = awaiting
    while True:
        names = Names(engine, reference, renamed)
        chooser = make(seed)
        found = _search(engine, program, names, chooser, most)
        if found is not None:
            return found
        if chooser.unplannable:
            make = STRATEGIES["exhaustive"]
        elif chooser.cases is not None:
            make = partial(_ignoring_the_seed, by_cases, chooser.cases)


def _ignoring_the_seed(make: Callable[[Cases], Strategy], cases: Cases, seed: int) -> Strategy:
    return make(cases)


def _search(
    engine: Explored,
    program: Callable[[], object],
    names: Names,
    chooser: Strategy,
    most: int | None,
) -> Explorations | None:
    """One search; None if it has to begin again: an invariant reads more than was known, a task may
    await something in a loop, or the strategy cannot search this program."""
    found = Explorations()
    while chooser.begin() and (most is None or found.executions <= most):
        script = engine.execution.events[: chooser.kept]
        execution = engine.run(program, chooser.choose, script=script)
        if engine.invariants.grew:
            engine.invariants.grew = False
            return None
        if engine.awaiting.needed and not engine.awaiting.on:
            engine.awaiting.on = True
            return None
        chooser.end(execution)
        if chooser.unplannable or chooser.cases is not None:
            return None
        if execution.ending is Ending.REDUNDANT:
            found.redundant += 1
            continue
        found.keys.append(names.key(execution))
        found.outcomes[execution.outcome] += 1
        found.finals.add(names.finals())
    return found if chooser.cases is None else None


class Names:
    """Translates the engine's numbers and states into the reference's names and values."""

    def __init__(
        self, engine: Explored, reference: Program, renamed: Callable[[Task], Task]
    ) -> None:
        self._engine = engine
        self._renamed = renamed
        self._objects: Sequence[str] = list(reference.objects)
        self._invariants = [invariant.name for invariant in reference.invariants]
        self._known: dict[int, tuple[str, ...]] = {}  # a number names the same object in all runs
        self._copies: dict[int, ExploredCell] = {}  # but for copies: how many there are, varies

    def task(self, number: int) -> Task:
        """A task's path."""
        return self._renamed(self._engine.names.path(number))

    def object(self, number: int) -> str:
        """An object's name."""
        what, creator, index = self._engine.names.object_keys[number]
        if what == "end":
            return end_of(self.task(creator))
        if what == "invariant":
            return "invariant " + self._invariants[index - 1]
        copy = self._copies.get(number)
        if copy is not None:
            assert copy.copy_of is not None
            original = self.object(copy.copy_of.number).partition("'")[0]
            return f"{original}'{'.'.join(map(str, self.task(copy.copied_for)))}"
        assert creator == MAIN, "only the main task creates objects"
        return self._objects[index - 1]

    def _names_of(self, mask: int) -> tuple[str, ...]:
        if mask not in self._known:
            numbers = range(mask.bit_length())
            self._known[mask] = tuple(self.object(n) for n in numbers if mask >> n & 1)
        return self._known[mask]

    def key(self, execution: Execution) -> Key:
        """The class of an execution, as the reference writes it."""
        copies = {cell.number: cell for cell in self._engine.cells if cell.copy_of is not None}
        if copies or self._copies:
            self._copies = copies
            self._known.clear()
        history = History()
        for event in execution.events:
            reads, writes = list(self._names_of(event.reads)), list(self._names_of(event.writes))
            history.note(self.task(event.task), reads, writes, event.option)
        return history.key()

    def finals(self) -> Hashable:
        """The states in which the execution left all objects, as the reference writes them."""
        cells = self._engine.cells
        return tuple(sorted((self.object(cell.number), self._state(cell)) for cell in cells))

    def _state(self, cell: Any) -> Any:
        state, kind = cell.state, cell.of
        if kind is None:
            return state is not None  # a task's end: an exit code, once it has come
        if issubclass(kind, Lock | RLock):
            return None if state is None else (self.task(state[0]), state[1])
        if issubclass(kind, Condition):
            return self._tasks(state.waiting), self._tasks(state.notified)
        if issubclass(kind, Event | Descriptor):
            waiting, released = self._tasks(state.waiting), self._tasks(state.released)
            return Line(int(state[0]), waiting, released, cell.woken)
        if issubclass(kind, Barrier):
            return Gate(*map(self._tasks, state[:3]), state.broken, state.busy)
        if issubclass(kind, Queue):
            return tuple(state.items), state.unfinished, state.closed
        return state

    def _tasks(self, numbers: Sequence[int]) -> tuple[Task, ...]:
        return tuple(self.task(number) for number in numbers)
