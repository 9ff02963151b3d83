"""Random programs in plain Python, rewritten: no outcome is lost (comparing.py).

As test_random_programs.py, but what the tasks do is source code, which the rewriting makes say what
it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from types import ModuleType
from typing import Any

import pytest

import verify
from tests.plain_data.comparing import PROGRAMS_PER_RUN, SEED, difference, is_small
from tests.plain_data.sources import Source, text_of
from verify.instrumentation.importing import compiled, parsed, prepare

PROGRAMS = PROGRAMS_PER_RUN // 2


class Program:
    """One program; `outcome` is that of its latest execution."""

    def __init__(self, source: str) -> None:
        self.module = ModuleType("rewritten_program")
        space = vars(self.module)
        prepare(space, self.module)
        exec(compiled(parsed(source, "<rewritten>", "rewritten_program"), "<rewritten>"), space)
        self.outcome: Hashable = None

    def __call__(self) -> None:
        bodies: list[Callable[..., object]]
        state: Callable[[], Any]
        bodies, state = self.module.program()
        seen: dict[int, object] = {}
        tasks = [
            verify.Thread(target=body, args=(partial(seen.__setitem__, number),))
            for number, body in enumerate(bodies)
        ]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        self.outcome = repr((sorted(seen.items()), state()))


DIFFERED = [
    [["n = 1; logged['x'] = 1"], ["seen += (logged.get('x'),)"]],
    [["l.extend(i + 1 for i in m)"], ["m.append(1); l.append(2); seen += (list(l),)"]],
    [["e.update((i + n, i) for i in l)"], ["n = 1; e[5] = 7; seen += (len(e),)"]],
    [["l.append(9); l.sort(key=lambda i: n * i)"], ["n = -1; seen += (list(l),)"]],
    [["seen += (reduce(lambda a, b: a + n * b, l, 0),)"], ["n = 1; l.append(9)"]],
    [["n = 1; d['x'] = 1"], ["seen += (sorted(d.keys() & {'x'}),)"]],
    [["n = 1; l.append(1)"], ["k = lambda: l; seen += (k() + [7],)"]],
    [["n = 1; l.clear()"], ["k = lambda: l; seen += (1 if k() else 2,)"]],
    [["k = l; k += (i + n for i in m)"], ["n = 1; seen += (len(l),)"]],
    [["put = l.extend; put(i + n for i in m)"], ["n = 1; seen += (len(l),)"]],
    [["Slotted.shared = 1; seen += (o.shared,)"], ["O.shared = 2; o.shared += 1"]],
    [["Slotted.shared = 1"], ["seen += (p.shared,); O.shared = 2; p.count()"]],
]
"""Statements of tasks of programs that have once been explored wrongly."""


@pytest.mark.parametrize("tasks", DIFFERED, ids=repr)
def test_programs_that_have_differed(tasks: list[list[str]]) -> None:
    assert difference(Program(text_of(tasks))) == ""


def small(source: Source) -> Program:
    """A program of which all orders can be run: statements are left out until it is one."""
    program = Program(source.text)
    while not is_small(program) and source.shorten():
        program = Program(source.text)
    return program


def test_random_programs() -> None:
    compared = 0
    for number in range(PROGRAMS):
        program = small(source := Source(number, SEED))
        told = difference(program)
        if told is not None:
            assert not told, f"program {number} of seed {SEED}: {told}\n{source.tasks}"
            compared += 1
    assert compared >= PROGRAMS // 2
