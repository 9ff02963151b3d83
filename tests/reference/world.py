"""One run of a program: tasks that each stand before their next operation, and one step at a time.

    program = Program({"x": 0}, main)      # objects by name, with their first states
    world = World(program)
    while choices := world.choices():
        world.step(*choices[0])
    world.outcome(), world.finals()

A task is a generator that yields operations (semantics.py) and is sent their results. It runs to
its next operation as soon as it is started or its step is taken; what it does in between, nobody
sees. `yield ("start", function, *arguments)` starts a child and returns its name; "start process"
makes it the first of a process of its own, and so does "fork", which is also told of which objects
it makes copies, and so reads them. `yield ("terminate", child)` ends a process with all that belong
to it: a write of their ends, which every event of a task reads. A task may keep to itself whatever
it likes, but what it asks for must follow from the results that it was sent: a run can be copied,
and goes on twice (code.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from tests.reference.code import Body as Body, Point
from tests.reference.dying import abandoned, left_lines
from tests.reference.history import History
from tests.reference.semantics import Effect, Operation, Task, carry_out, end_of, possible

Choice = tuple[Task, int]

MAIN: Task = ()

STARTS = ("start", "start process", "fork")


@dataclass(frozen=True)
class Invariant:
    """Must hold before the first event and after every one; `reads` are the objects it looks at.

    It is an object itself, written by every event that writes one of those. That keeps apart two
    orders of events between which it might fail.
    """

    name: str
    reads: tuple[str, ...]
    predicate: Callable[[dict[str, Any]], bool]


@dataclass(frozen=True)
class Program:
    """Objects by name with their first states, and the task that everything starts from.

    Nobody waits for the `daemons`, nor for the tasks that they start: that they stand is no
    deadlock.
    """

    objects: dict[str, Any]
    main: Callable[[], Body]
    invariants: tuple[Invariant, ...] = field(default=())
    daemons: tuple[Task, ...] = ()


class World:
    """A run as far as it has come."""

    def __init__(self, program: Program, main_first: bool = False) -> None:
        self._main_first = main_first
        self.states: dict[str, Any] = dict(program.objects)
        self.history = History()
        self._invariants = program.invariants
        self._daemons = program.daemons
        self._stands: dict[Task, Point] = {}  # of the tasks that have not ended
        self._children: dict[Task, int] = {}
        self._faults: frozenset[str] = frozenset()
        self._written: dict[str, int] = {}  # how often each object has been, by now
        self._looks: dict[Task, tuple[dict[str, int], ...]] = {}
        self._processes: dict[Task, Task] = {MAIN: MAIN}  # the first task of each task's process
        self._dead: frozenset[Task] = frozenset()
        self._born(MAIN, Point.first(program.main))
        self._check_invariants()

    def copy(self) -> World:
        """The same run once more; the two go on independently."""
        twin = World.__new__(World)
        twin._main_first = self._main_first
        twin.states = self.states.copy()
        twin.history = self.history.copy()
        twin._invariants = self._invariants
        twin._daemons = self._daemons
        twin._stands = self._stands.copy()
        twin._children = self._children.copy()
        twin._faults = self._faults
        twin._written = self._written.copy()
        twin._looks = self._looks.copy()
        twin._processes = self._processes.copy()
        twin._dead = self._dead
        return twin

    def choices(self) -> list[Choice]:
        """Who can go on, with each option of a choice; empty at the end of the run.

        With `main_first`, a main task that can start or join goes before everybody else, as if all
        tasks had been there from the beginning. Starting and joining touch no object, so every
        class is still there.
        """
        if self._main_first and MAIN in self._stands:
            mine = self._stands[MAIN].operation
            assert mine is not None
            if mine[0] in ("start", "start process", "join") and possible(mine, self.states, MAIN):
                return [(MAIN, 0)]
        found: list[Choice] = []
        for task, point in self._stands.items():
            operation = point.operation
            assert operation is not None
            if self._possible(task, operation):
                if operation[0] == "choose":
                    found += [(task, option) for option in range(len(operation[1]))]
                else:
                    found.append((task, 0))
        return found

    def step(self, task: Task, option: int = 0) -> None:
        """Let a task take its next step."""
        point = self._stands[task]
        operation = point.operation
        assert operation is not None
        ended: list[str] = []
        result: Any = None
        awaited: frozenset[str] = frozenset()
        if operation[0] == "again":
            awaited = self._awaited(task, operation[2])
            operation = operation[1]
        if operation[0] in STARTS:
            effect = self._copies(operation[1]) if operation[0] == "fork" else Effect()
            self.states.update(effect.quiet)
            self._children[task] = self._children.get(task, 0) + 1
            result = (*task, self._children[task])
            alone = operation[0] != "start"
            self._processes[result] = result if alone else self._processes[task]
            ended += self._born(result, point.child())
        else:
            effect = self._effect(operation, task)
            self.states.update(effect.writes)
            self.states.update(effect.quiet)
            result = operation[1][option] if operation[0] == "choose" else effect.result
        ended += self._arrive(task, point.after(result, effect.error, option))
        writes = [*effect.writes, *ended]
        for invariant in self._invariants:
            if not effect.writes.keys().isdisjoint(invariant.reads):
                writes.append("invariant " + invariant.name)
        for name in writes:
            self._written[name] = self._written.get(name, 0) + 1
        if writes or operation[0] in (*STARTS, "choose"):
            self._looks[task] = ()
        else:
            look = {name: self._written.get(name, 0) for name in effect.reads}
            self._looks[task] = (*self._looks.get(task, ()), look)
        reads = awaited.union(effect.reads, [end_of(task)])
        self.history.note(task, reads, writes, option)
        self._check_invariants()

    def _effect(self, operation: Operation, task: Task) -> Effect:
        if operation[0] == "terminate":
            return self._terminate(operation[1])
        told = abandoned(operation, self.states, task, self._dead)
        return carry_out(operation, self.states, task) if told is None else told

    def _copies(self, names: dict[str, str]) -> Effect:
        copies = {copy: self.states[name] for name, copy in names.items()}
        return Effect(reads=tuple(names), quiet=copies)

    def _terminate(self, process: Task) -> Effect:
        """End the tasks of a process, unless its first has ended; also those that have ended might
        have been ended by this, so it depends on their ends.
        """
        if self.states[end_of(process)]:
            return Effect(reads=(end_of(process),))
        members = [task for task, of in self._processes.items() if of == process]
        dead = [task for task in members if task in self._stands]
        for task in dead:
            del self._stands[task]
        self._dead = self._dead.union(dead)
        writes = {end_of(task): True for task in dead} | left_lines(self.states, dead)
        return Effect(None, writes, reads=tuple(map(end_of, members)))

    def _possible(self, task: Task, operation: Operation) -> bool:
        if operation[0] != "again":
            return possible(operation, self.states, task) or bool(
                self._dead and abandoned(operation, self.states, task, self._dead)
            )
        return not self._spins(task, operation[2]) and possible(operation[1], self.states, task)

    def _awaited(self, task: Task, steps: int) -> frozenset[str]:
        """What a round of a loop has looked at; nothing if it saw an object at two times, with a
        write between: then it was no round, as the next one finds something else.
        """
        seen: dict[str, int] = {}
        for look in self._looks[task][-steps:]:
            for name, written in look.items():
                if seen.setdefault(name, written) != written:
                    return frozenset()
        return frozenset(seen)

    def _spins(self, task: Task, steps: int) -> bool:
        """Whether nothing that a round of a loop has looked at has been written since."""
        awaited = self._awaited(task, steps)
        looks = self._looks[task][-steps:]
        same = all(
            self._written.get(name, 0) == written
            for look in looks
            for name, written in look.items()
        )
        return bool(awaited) and same

    def _born(self, task: Task, point: Point) -> list[str]:
        self.states[end_of(task)] = False
        return self._arrive(task, point)

    def _arrive(self, task: Task, point: Point) -> list[str]:
        """A task has come to a point; the objects that its end writes, if it has ended."""
        if point.operation is not None:
            self._stands[task] = point
            return []
        self._stands.pop(task, None)
        if point.fault:
            self._faults |= {point.fault}
        self.states[end_of(task)] = True
        return [end_of(task)]

    def _check_invariants(self) -> None:
        for invariant in self._invariants:
            if not invariant.predicate(self.states):
                self._faults |= {"invariant"}

    def outcome(self) -> str:
        """What the finished run counts as."""
        for fault in ("invariant", "assertion", "exception", "misuse"):
            if fault in self._faults:
                return fault
        for task, point in self._stands.items():
            operation = point.operation
            if (
                operation is not None
                and operation[0] == "again"
                and self._spins(task, operation[2])
            ):
                return "livelock"
        return "deadlock" if any(map(self._is_awaited, self._stands)) else "ok"

    def _is_awaited(self, task: Task) -> bool:
        return not any(task[: len(daemon)] == daemon for daemon in self._daemons)

    def finals(self) -> Hashable:
        """The states of all objects, in a form that can be compared."""
        return tuple(sorted(self.states.items()))

    def stands_like(self, other: World) -> bool:
        """Whether nothing that the future depends on differs: for checking the merging."""
        return (
            self.states == other.states
            and self._stands == other._stands
            and self._faults == other._faults
            and self._written == other._written
            and self._looks == other._looks
            and self._processes == other._processes
            and self._dead == other._dead
        )
