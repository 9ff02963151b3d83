"""One run of a program: tasks that each stand before their next operation, and one step at a time.

    program = Program({"x": 0}, main)      # objects by name, with their first states
    world = World(program)
    while choices := world.choices():
        world.step(*choices[0])
    world.outcome(), world.finals()

A task is a generator that yields operations (semantics.py) and is sent their results. It runs to
its next operation as soon as it is started or its step is taken; what it does in between, nobody
sees. `yield ("start", function, *arguments)` starts a child and returns its name.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, field
from typing import Any

from tests.reference.history import History
from tests.reference.semantics import Effect, Operation, Task, carry_out, end_of, possible

Body = Generator[Operation, Any, Any]
Choice = tuple[Task, int]

MAIN: Task = ()


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
    """Objects by name with their first states, and the task that everything starts from."""

    objects: dict[str, Any]
    main: Callable[[], Body]
    invariants: tuple[Invariant, ...] = field(default=())


class World:
    """A run as far as it has come."""

    def __init__(self, program: Program, main_first: bool = False) -> None:
        self._main_first = main_first
        self.states: dict[str, Any] = dict(program.objects)
        self.history = History()
        self.steps = 0
        self._invariants = program.invariants
        self._code: dict[Task, Body] = {}
        self._pending: dict[Task, Operation] = {}
        self._children: dict[Task, int] = {}
        self._faults: list[str] = []
        self._born(MAIN, program.main())
        self._check_invariants()

    def choices(self) -> list[Choice]:
        """Who can go on, with each option of a choice; empty at the end of the run.

        With `main_first`, a main task that can start or join goes before everybody else, as if all
        tasks had been there from the beginning. Starting and joining touch no object, so every
        class is still there.
        """
        mine = self._pending.get(MAIN, ("",))
        if self._main_first and mine[0] in ("start", "join") and possible(mine, self.states, MAIN):
            return [(MAIN, 0)]
        return [
            (task, option)
            for task, operation in self._pending.items()
            if possible(operation, self.states, task)
            for option in range(len(operation[1]) if operation[0] == "choose" else 1)
        ]

    def step(self, task: Task, option: int = 0) -> None:
        """Let a task take its next step."""
        operation = self._pending.pop(task)
        ended: list[str] = []
        result: Any = None
        if operation[0] == "start":
            effect = Effect()
            self._children[task] = self._children.get(task, 0) + 1
            result = (*task, self._children[task])
            ended += self._born(result, operation[1](*operation[2:]))
        else:
            effect = carry_out(operation, self.states, task)
            self.states.update(effect.writes)
            self.states.update(effect.quiet)
            result = operation[1][option] if operation[0] == "choose" else effect.result
        ended += self._advance(task, result, effect.error)
        writes = [*effect.writes, *ended]
        for invariant in self._invariants:
            if not set(invariant.reads).isdisjoint(effect.writes):
                writes.append("invariant " + invariant.name)
        self.history.note(task, effect.reads, writes, option)
        self.steps += 1
        self._check_invariants()

    def _born(self, task: Task, code: Body) -> list[str]:
        self.states[end_of(task)] = False
        self._code[task] = code
        return self._advance(task, None, None)

    def _advance(self, task: Task, result: Any, error: Exception | None) -> list[str]:
        """Run a task up to its next operation; the objects that its end writes, if it ended."""
        code = self._code[task]
        try:
            self._pending[task] = code.send(result) if error is None else code.throw(error)
        except StopIteration:
            pass
        except AssertionError:
            self._faults.append("assertion")
        except Exception:
            self._faults.append("exception")
        else:
            return []
        self.states[end_of(task)] = True
        return [end_of(task)]

    def _check_invariants(self) -> None:
        for invariant in self._invariants:
            if not invariant.predicate(self.states):
                self._faults.append("invariant")

    def outcome(self) -> str:
        """What the finished run counts as."""
        for fault in ("invariant", "assertion", "exception"):
            if fault in self._faults:
                return fault
        return "deadlock" if self._pending else "ok"

    def finals(self) -> Hashable:
        """The states of all objects, in a form that can be compared."""
        return tuple(sorted(self.states.items()))

    def standing(self) -> Hashable:
        """All that the future depends on and that can be looked at: for checking the merging."""
        return self.finals(), tuple(sorted(self._pending)), self.outcome()
