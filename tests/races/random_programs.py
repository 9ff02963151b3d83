"""Random programs with plain fields, and which of their accesses can stand side by side.

A program is a main task and up to three others, each a list of statements:

    ("read", f) ("write", f, value)     a plain field; a read remembers what it found
    ("get", s) ("set", s, value)        a Shared; so does a get
    ("with", lock, statements)
    ("if", statements)                  only if what was remembered last is not 0
    ("start", task) ("join", task)      main alone

An access is called by its task, by how many plain accesses that task made before, counted from the
start of a second task, and by the field and whether it writes. `neighbours` looks at every state
that the program can get into, knowing nothing of clocks, for two tasks whose next statements are
accesses that conflict: there they can happen one right after the other, in either order.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import verify
from tests.races.fields import Field

Statement = tuple[Any, ...]
Access = tuple[int, int, int, bool]
"""Task, how many before, field, whether it writes."""
Pair = frozenset[Access]
FIELDS, CELLS, LOCKS = 2, 1, 2


def generate(random: Random) -> list[list[Statement]]:
    """A program: the statements of each task, main first."""
    tasks = random.choice((1, 2, 2, 3))
    others = [_block(random, random.randint(1, 4 if tasks < 3 else 2), ()) for _ in range(tasks)]
    main: list[Statement] = _block(random, random.randint(0, 1), ())
    waiting = []
    for task in range(1, tasks + 1):
        main.append(("start", task))
        waiting.append(task)
        main += _block(random, random.choice((0, 0, 1)), ())
        if random.random() < 0.2:
            main.append(("join", waiting.pop()))
    main += [("join", task) for task in waiting if random.random() < 0.8]
    return [main + _block(random, random.choice((0, 1)), ()), *others]


def _block(random: Random, length: int, held: tuple[int, ...]) -> list[Statement]:
    return [_statement(random, held) for _ in range(length)]


def _statement(random: Random, held: tuple[int, ...]) -> Statement:
    what = random.random()
    value = random.choice((0, 1))
    if what < 0.25:
        return "read", random.randrange(FIELDS)
    if what < 0.45:
        return "write", random.randrange(FIELDS), value
    if what < 0.6:
        return "get", random.randrange(CELLS)
    if what < 0.75:
        return "set", random.randrange(CELLS), value
    free = [lock for lock in range(LOCKS) if lock not in held]
    if what < 0.9 and free:
        lock = random.choice(free)
        return "with", lock, _block(random, random.choice((1, 1, 2)), (*held, lock))
    return "if", _block(random, 1, held)


def as_program(code: list[list[Statement]]) -> Callable[[], None]:
    """The program as one that verify explores."""

    def program() -> None:
        fields = [Field() for _ in range(FIELDS)]
        cells = [verify.Shared(0) for _ in range(CELLS)]
        locks = [verify.Lock() for _ in range(LOCKS)]
        threads: dict[int, verify.Thread] = {}

        def run(task: int) -> None:
            last = [0]

            def block(statements: list[Statement]) -> None:
                for what, *rest in statements:
                    if what == "read":
                        last[0] = fields[rest[0]].get()
                    elif what == "write":
                        fields[rest[0]].put(rest[1])
                    elif what == "get":
                        last[0] = cells[rest[0]].value
                    elif what == "set":
                        cells[rest[0]].value = rest[1]
                    elif what == "with":
                        with locks[rest[0]]:
                            block(rest[1])
                    elif what == "if":
                        if last[0]:
                            block(rest[0])
                    elif what == "start":
                        threads[rest[0]] = verify.Thread(target=run, args=(rest[0],))
                        threads[rest[0]].start()
                    else:
                        threads[rest[0]].join()

            block(code[task])

        run(0)

    return program


# ------------------------------------------------------------------ every state, without clocks


def _flat(statements: list[Statement]) -> list[Statement]:
    """The same with jumps: ("unless", how many steps to skip)."""
    found: list[Statement] = []
    for statement in statements:
        if statement[0] == "with":
            found += [("acquire", statement[1]), *_flat(statement[2]), ("release", statement[1])]
        elif statement[0] == "if":
            inner = _flat(statement[1])
            found += [("unless", len(inner)), *inner]
        else:
            found.append(statement)
    return found


Task = tuple[int, int, int]
"""Where it stands (-1: not started), what it remembers, how many plain accesses it has made."""
State = tuple[tuple[Task, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""The tasks, the fields, the cells, and who holds each lock (-1: nobody)."""


def neighbours(code: list[list[Statement]]) -> set[Pair]:
    """The pairs of accesses that can stand side by side."""
    flat = [_flat(statements) for statements in code]
    tasks = ((0, 0, 0), *(((-1, 0, 0),) * (len(code) - 1)))
    first = _settled(flat, (tasks, (0,) * FIELDS, (0,) * CELLS, (-1,) * LOCKS))
    todo, seen, found = [first], {first}, set()
    while todo:
        state = todo.pop()
        possible = [access for task in range(len(code)) if (access := _access(flat, state, task))]
        found |= {
            frozenset((a, b))
            for a in possible
            for b in possible
            if a[0] < b[0] and a[2] == b[2] and (a[3] or b[3])
        }
        for task in range(len(code)):
            after = _step(flat, state, task)
            if after is not None and after not in seen:
                seen.add(after)
                todo.append(after)
    return found


def _next(flat: list[list[Statement]], state: State, task: int) -> Statement | None:
    at = state[0][task][0]
    return flat[task][at] if 0 <= at < len(flat[task]) else None


def _access(flat: list[list[Statement]], state: State, task: int) -> Access | None:
    """The plain access that a task makes next, if it does."""
    statement = _next(flat, state, task)
    if statement is None or statement[0] not in ("read", "write"):
        return None
    return task, state[0][task][2], statement[1], statement[0] == "write"


def _step(flat: list[list[Statement]], state: State, task: int) -> State | None:
    """The state after a task's next step; None if it cannot take one."""
    statement = _next(flat, state, task)
    if statement is None:
        return None
    tasks, fields, cells, locks = (list(part) for part in state)
    at, last, made = tasks[task]
    what, which, *rest = statement
    several = any(at >= 0 for at, *_ in tasks[1:])
    if what == "read":
        last, made = fields[which], made + several
    elif what == "write":
        fields[which], made = rest[0], made + several
    elif what == "get":
        last = cells[which]
    elif what == "set":
        cells[which] = rest[0]
    elif what == "acquire":
        if locks[which] >= 0:
            return None
        locks[which] = task
    elif what == "release":
        locks[which] = -1
    elif what == "start":
        tasks[which] = (0, 0, 0)
    elif what == "join" and tasks[which][0] < len(flat[which]):
        return None
    tasks[task] = (at + 1, last, made)
    return _settled(flat, (tuple(tasks), tuple(fields), tuple(cells), tuple(locks)))


def _settled(flat: list[list[Statement]], state: State) -> State:
    """The state in which nobody stands at a jump: a jump is nothing that others could tell."""
    tasks = list(state[0])
    for task, (at, last, made) in enumerate(tasks):
        while 0 <= at < len(flat[task]) and flat[task][at][0] == "unless":
            at += 1 if last else 1 + flat[task][at][1]
        tasks[task] = (at, last, made)
    return (tuple(tasks), *state[1:])
