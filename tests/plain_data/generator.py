"""Random programs over plain objects, and what they can do.

A program is a few actions for each of two or three tasks, which hold objects in registers:

    new         make a node, a list or a dictionary; whether that is told is drawn
    get, put    a register from or into a field of what is in another one, an object or a number
    bump        add one to a number there
    append, pop, len, iterate, total, reverse, has, delete, clear, change     what containers can do
    send, take  pass what is in a register on in a queue, open or wrapped so that nobody sees in
    guarded     do some of this with a lock
    set, look   the variables of a closure
    glob, globe the globals of a module

Each task notes what it has found. The registers begin with objects that the main task has made and
tells of, that it does not tell of, or that are there from before the run. The main task's own are
passed as arguments, in a closure, or wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import Any

import verify
from tests.plain_data.by_hand import plain
from verify.scheduling.plain_names import GROWTH, STRUCTURE

Action = tuple[Any, ...]

FIELDS = ("a", "b")
KEYS = ("k", 0, True, 1.0, -1)
REGISTERS = 2
WAYS = ("argument", "closure", "wrapped")
"""How the tasks get at what the main task has made. Into the last nobody sees."""

FAMILIES = {
    "attributes": ("node", "get put put bump bump bump if"),
    "positions": ("list", "get put put bump append pop len iterate total reverse"),
    "keys": ("dict", "put bump len iterate has has delete delete total clear change"),
    "passing": ("node", "new new send send take take take put put get bump bump if"),
    "making": ("node", "new put put get get bump bump"),
    "variables": ("node", "set look set look glob globe if guarded"),
}
"""What is worth doing together: a kind of object, and actions."""


class Node:
    """An object with attributes."""


BEFORE = Node(), Node(), [0], {"k": 0}
MODULE = ModuleType("plain_module")


@dataclass(frozen=True)
class Description:
    """What the registers begin with, how they get to the tasks, and what these do."""

    begin: tuple[str, ...]
    way: str
    told: bool
    tasks: tuple[tuple[Action, ...], ...]


def describe(number: int, seed: int = 0) -> Description:
    """The number-th program of a seed."""
    random = Random(f"plain:{seed}:{number}")
    count = random.choice((2, 2, 3))
    most = 5 if count == 2 else 2
    families = random.sample(sorted(FAMILIES), random.choice((1, 1, 2)))
    kinds = [FAMILIES[family][0] for family in families]
    names = [name for family in families for name in FAMILIES[family][1].split()]
    begin = tuple(_kind(random, kinds) for _ in range(REGISTERS))
    writer = _Writer(random, kinds, names)
    tasks = tuple(writer.actions(random.randint(1, most), 0) for _ in range(count))
    return Description(begin, random.choice(WAYS), random.random() < 0.5, tasks)


def _kind(random: Random, kinds: list[str]) -> str:
    kind = random.choice(kinds)
    if random.random() < 0.3:
        return f"before {('node', 'other node', 'list', 'dict').index(kind)}"
    return kind


class _Writer:
    """Writes actions of some names."""

    def __init__(self, random: Random, kinds: list[str], names: list[str]) -> None:
        self._random = random
        self._kinds = kinds
        self._names = names

    def actions(self, count: int, depth: int) -> tuple[Action, ...]:
        return tuple(self._action(depth) for _ in range(count))

    def _action(self, depth: int) -> Action:
        random = self._random
        name = random.choice(self._names)
        register, other = random.randrange(REGISTERS), random.randrange(REGISTERS)
        at = random.choice((0, 0, 1, 2, 3, 4))
        match name:
            case "new":
                return name, register, random.choice(self._kinds), random.random() < 0.5
            case "send":
                return name, register, random.random() < 0.5
            case "take":
                return name, register
            case "set" | "glob":
                return name, random.randint(1, 2)
            case "look" | "globe":
                return (name,)
            case "if":
                inside = self.actions(random.randint(1, 2), depth + 1) if depth < 2 else ()
                return name, register, at, random.randint(0, 1), inside
            case "guarded":
                inside = self.actions(random.randint(1, 2), depth + 1) if depth < 1 else ()
                return name, inside
        value = random.choice((None, random.randint(1, 3)))
        return name, register, at, other, value


class _Task:
    """Carries out the actions of one task, and notes what it finds."""

    def __init__(self, world: _World, registers: list[Any], found: list[Hashable]) -> None:
        self.world = world
        self.registers = registers
        self.found = found

    def run(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            try:
                getattr(self, f"do_{action[0].replace(' ', '_')}")(*action[1:])
            except (LookupError, AttributeError, TypeError, RuntimeError) as error:
                self.found.append(type(error).__name__)

    def note(self, value: Any) -> None:
        self.found.append(value if isinstance(value, int | float) else type(value).__name__)

    def do_new(self, register: int, kind: str, told: bool) -> None:
        self.registers[register] = _new(kind, told)

    def do_send(self, register: int, wrapped: bool) -> None:
        value = self.registers[register]
        self.world.queue.put((iter([value]) if wrapped else [value],))

    def do_take(self, register: int) -> None:
        with suppress(Exception):
            self.registers[register] = next(iter(self.world.queue.get(block=False)[0]))
            self.found.append("took")

    def do_guarded(self, actions: tuple[Action, ...]) -> None:
        with self.world.lock:
            self.run(actions)

    def do_if(self, register: int, at: int, value: int, inside: tuple[Action, ...]) -> None:
        if self._read(self.registers[register], at) == value:
            self.run(inside)

    def do_set(self, value: int) -> None:
        plain().write(self.world.scope, "variable")
        self.world.variable = value

    def do_look(self) -> None:
        plain().read(self.world.scope, "variable")
        self.note(self.world.variable)

    def do_glob(self, value: int) -> None:
        plain().write(MODULE, "name")
        MODULE.name = value  # type: ignore[attr-defined]

    def do_globe(self) -> None:
        plain().read(MODULE, "name")
        self.note(MODULE.name)

    def do_get(self, register: int, at: int, other: int, value: object) -> None:
        found = self._read(self.registers[other], at)
        self.note(found)
        if not isinstance(found, int):
            self.registers[register] = found

    def do_put(self, register: int, at: int, other: int, value: object) -> None:
        stored = self.registers[other] if value is None else value
        self._write(self.registers[register], at, stored)

    def do_bump(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        found = self._read(holder, at)
        self.note(found)
        self._write(holder, at, found + 1)

    def _read(self, holder: Any, at: int) -> Any:
        if isinstance(holder, Node):
            name = FIELDS[at % 2]
            plain().read(holder, name)
            return getattr(holder, name)
        key = KEYS[at]
        if isinstance(holder, list) and not isinstance(key, int):
            key = 0
        plain().read(holder, ("item", key))
        return holder[key]

    def _write(self, holder: Any, at: int, value: Any) -> None:
        plain().publish(value)
        if isinstance(holder, Node):
            name = FIELDS[at % 2]
            plain().write(holder, name)
            setattr(holder, name, value)
        elif isinstance(holder, dict):
            plain().access(holder, (), (("item", KEYS[at]), GROWTH))
            holder[KEYS[at]] = value
        else:
            key = at % 2 - 1
            plain().write(holder, ("item", key))
            holder[key] = value

    def do_append(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, list):
            stored = self.registers[other] if value is None else value
            plain().publish(stored)
            plain().write(holder, STRUCTURE)
            holder.append(stored)

    def do_pop(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, list):
            plain().write(holder, STRUCTURE)
            self.note(holder.pop())

    def do_len(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if not isinstance(holder, Node):
            plain().read(holder, STRUCTURE)
            self.note(len(holder))

    def do_iterate(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, Node):
            return
        if isinstance(holder, dict):  # its iterator notes how large it is
            plain().read(holder, STRUCTURE)
        iterator = iter(holder)
        index = 0
        while True:
            if isinstance(holder, list):
                plain().access(holder, (("item", index), STRUCTURE))
            else:
                plain().read(holder, STRUCTURE)
            try:
                one = next(iterator)
            except StopIteration:
                return
            self.note(one)
            index += 1
            if index > 3:
                return

    def do_total(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if not isinstance(holder, Node):
            plain().read(holder, STRUCTURE)
            values = holder.values() if isinstance(holder, dict) else holder
            self.found.append(tuple(one for one in values if isinstance(one, int)))

    def do_reverse(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, list):
            plain().write(holder, STRUCTURE)
            holder.reverse()

    def do_clear(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, dict):
            plain().write(holder, STRUCTURE)
            holder.clear()

    def do_change(self, register: int, at: int, other: int, value: object) -> None:
        """Of an item that is there, as whoever has looked at it under a lock may say."""
        holder = self.registers[register]
        if isinstance(holder, dict):
            plain().write(holder, ("item", KEYS[at]))
            if KEYS[at] in holder:
                holder[KEYS[at]] = 7

    def do_has(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, dict):
            plain().read(holder, ("item", KEYS[at]))
            self.note(KEYS[at] in holder)

    def do_delete(self, register: int, at: int, other: int, value: object) -> None:
        holder = self.registers[register]
        if isinstance(holder, dict):
            plain().access(holder, (), (("item", KEYS[at]), STRUCTURE))
            del holder[KEYS[at]]


class _World:
    """What the tasks of one execution have in common."""

    def __init__(self) -> None:
        self.queue = verify.Queue()
        self.lock = verify.Lock()
        self.scope = plain().scope()
        self.variable = 0


def _new(kind: str, told: bool) -> Any:
    made: Any = {"node": Node, "list": lambda: [0], "dict": lambda: {"k": 0}}[kind]()
    if told:
        plain().created(made)
    if kind == "node":
        made.a = made.b = 0
    return made


def _reset() -> None:
    first, second, items, table = BEFORE
    for node in (first, second):
        node.__dict__.clear()
        node.a = node.b = 0  # type: ignore[attr-defined]
    items[:] = [0]
    table.clear()
    table["k"] = 0
    MODULE.name = 0  # type: ignore[attr-defined]


class Programs:
    """A description as a program; `outcome` is what its latest execution has come to."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self._begin: list[Any] = []
        self._found: list[list[Hashable]] = []

    @property
    def outcome(self) -> Hashable:
        """What all tasks have found, and what the objects are at the end."""
        ends = tuple(_end(value, 0) for value in (*self._begin, *BEFORE, MODULE.name))
        return tuple(tuple(found) for found in self._found), ends

    def __call__(self) -> None:
        description = self.description
        _reset()
        begin = self._begin = [
            BEFORE[int(kind[-1])] if kind.startswith("before") else _new(kind, description.told)
            for kind in description.begin
        ]
        world = _World()
        found = self._found = [[] for _ in description.tasks]

        def task_of(index: int) -> Callable[..., None]:
            def by_closure() -> None:
                _Task(world, [*begin], found[index]).run(description.tasks[index])

            def by_argument(registers: list[Any]) -> None:
                _Task(world, [*registers], found[index]).run(description.tasks[index])

            def by_wrapping(wrapped: Iterator[Any]) -> None:
                _Task(world, [*next(wrapped)], found[index]).run(description.tasks[index])

            match description.way:
                case "closure":
                    return by_closure
                case "wrapped":
                    wrapped = iter([begin])
                    return lambda: by_wrapping(wrapped)
            return lambda: by_argument(begin)

        tasks = [verify.Thread(target=task_of(i)) for i in range(len(description.tasks))]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()


def _end(value: Any, depth: int) -> Hashable:
    if isinstance(value, int | float):
        return value
    if depth > 3:
        return "…"
    if isinstance(value, Node):
        return "node", tuple((name, _end(part, depth + 1)) for name, part in vars(value).items())
    if isinstance(value, list):
        return "list", tuple(_end(part, depth + 1) for part in value)
    if isinstance(value, dict):
        return "dict", tuple((key, _end(part, depth + 1)) for key, part in value.items())
    return type(value).__name__
