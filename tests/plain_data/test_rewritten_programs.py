"""Random programs in plain Python, rewritten: no outcome is lost (comparing.py).

As test_random_programs.py, but what the tasks do is source code, which the rewriting makes say what
it touches.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Hashable
from functools import partial
from random import Random
from types import ModuleType

import verify
from tests.plain_data.comparing import PROGRAMS_PER_RUN, SEED, difference
from verify.instrumentation.importing import compiled, parsed, prepare

PROGRAMS = PROGRAMS_PER_RUN // 2

STATEMENTS = {
    "dict": """
        d['x'] = {v}
        d['y'] = {v}
        d.setdefault('x', {v})
        seen += (d.get('x'),)
        seen += (d.pop('x', None),)
        seen += ('x' in d,)
        seen += (len(d),)
        seen += (list(d),)
        seen += (sorted(d.items()),)
        d['x'] = d.get('x', 0) + 1
        if 'x' not in d: d['x'] = {v}
        d.update(e)
        seen += (d == e,)
        e['x'] = {v}
        for k in d: seen += (k,)
        d.clear()
        seen += (tuple(d.items()),)
        del d['x']
        e = dict(d)
        """,
    "list": """
        l.append({v})
        m.append({v})
        l.extend(m)
        l += m
        seen += (l == m,)
        seen += (l + m,)
        seen += (l[0] if l else None,)
        if l: seen += (l.pop(),)
        if len(l) > 1: l[1] = {v}
        l[0:1] = m
        seen += (l[-1:],)
        seen += ({v} in l,)
        for i in l: seen += (i,)
        l.insert(0, {v})
        seen += ([i for i in m],)
        seen += (tuple(zip(l, m)),)
        seen += (tuple(reversed(l)),)
        l.sort()
        """,
    "set": """
        s.add({v})
        s.add(1)
        s.discard(1)
        seen += (1 in s,)
        seen += (len(s),)
        s |= t
        t.add({v})
        seen += (sorted(s),)
        seen += (s <= t,)
        seen += (s.issubset(t),)
        seen += (sorted(chain(s, t)),)
        s.update(t)
        """,
    "attributes": """
        o.n += 1
        o.n = {v}
        seen += (o.n,)
        seen += (o.l[0],)
        o.l[0] += 1
        o.l = [{v}]
        p.n = o.n
        seen += (getattr(o, 'n'),)
        seen += (o.n < p.n,)
        o.l, p.n = [p.n], {v}
        """,
}


def source_of(number: int, seed: int) -> str:
    """The source of a program's tasks."""
    random = Random(f"{seed} {number}")
    family = random.choice(sorted(STATEMENTS))
    known = [line.strip() for line in STATEMENTS[family].strip().splitlines()]
    tasks = []
    for task in range(random.choice((2, 2, 2, 3))):
        lines = [
            random.choice(known).replace("{v}", str(10 * task + at))
            for at in range(random.choice((1, 2, 2)))
        ]
        lines = ["global e, l, s", "seen = ()", *lines, "keep(seen)"]
        tasks.append(f"def task_{task}(keep):\n" + textwrap.indent("\n".join(lines), "    "))
    return "\n".join(
        [
            "from itertools import chain",
            "d, e, l, m, s, t = {}, {}, [], [], set(), set()",
            "class O:\n    def __init__(self): self.n, self.l = 0, [0]",
            "o, p = O(), O()",
            "def reset():",
            "    global d, e, l, m, s, t, o, p",
            "    d, e, l, m, s, t = {}, {'x': 1}, [5], [3], set(), {1}",
            "    o, p = O(), O()",
            "    return lambda: (d, e, l, m, sorted(s), sorted(t), o.n, o.l, p.n)",
            *tasks,
        ]
    )


class Program:
    """One program; `outcome` is that of its latest execution."""

    def __init__(self, source: str) -> None:
        self.module = ModuleType("rewritten_program")
        space = vars(self.module)
        prepare(space, self.module)
        exec(compiled(parsed(source, "<rewritten>", "rewritten_program"), "<rewritten>"), space)
        self.outcome: Hashable = None

    def __call__(self) -> None:
        state: Callable[[], object] = self.module.reset()
        bodies = [value for name, value in vars(self.module).items() if name.startswith("task_")]
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


def test_random_programs() -> None:
    compared = 0
    for number in range(PROGRAMS):
        source = source_of(number, SEED)
        told = difference(Program(source))
        if told is not None:
            assert not told, f"program {number} of seed {SEED}: {told}\n{source}"
            compared += 1
    assert compared >= PROGRAMS // 3
