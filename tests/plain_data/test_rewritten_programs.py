"""Random programs in plain Python, rewritten: no outcome is lost, and what a task asks for follows
from what has come before.

As test_random_programs.py, but what the tasks do is source code, which the rewriting makes say what
it touches: each searched by dpor with events only where two tasks share a field, and by brute force
where each access is an event.
"""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Callable, Hashable
from functools import partial
from random import Random
from types import ModuleType

import verify
from tests.plain_data.test_random_programs import Canonical
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.instrumentation.importing import compiled, parsed, prepare
from verify.scheduling.event import Execution
from verify.scheduling.naming import Names

PROGRAMS_PER_RUN = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN", "40"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))
MOST = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN_MOST", "3000"))

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
        lines = ["global l, s", "seen = ()", *lines, "keep(seen)"]
        tasks.append(f"def task_{task}(keep):\n" + textwrap.indent("\n".join(lines), "    "))
    return "\n".join(
        [
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


class Outcomes:
    """The outcomes that a search finds."""

    def __init__(self, source: str, strategy: str, everything: bool) -> None:
        self.found: Counter[Hashable] = Counter()
        self.canonical = Canonical()
        self._program = Program(source)
        self._search = Search(
            self._program,
            strategy=strategy,
            limits=Limits(MOST if everything else 10 * MOST, None, 10_000, 256),
            stop_at_first=False,
            minimise=False,
            on_execution=self._tally,
        )
        self._search._engine.names.plain.everything = everything
        self._report = self._search.report
        self.report = self._search.run()

    def _tally(self, execution: Execution, names: Names) -> None:
        if self._search.report is not self._report:
            self._report = self._search.report
            self.found.clear()
            self.canonical = Canonical()
        self.canonical.look_at(execution.events)
        self.found[execution.outcome, self._program.outcome] += 1


def difference(source: str) -> str | None:
    """How the two searches differ; empty if they do not, None if there is too much to do."""
    expected = Outcomes(source, "brute_force", everything=True)
    if not expected.report.complete:
        return None
    found = Outcomes(source, "dpor", everything=False)
    if not found.report.complete:
        return f"not complete: {found.report.stop_reason} {found.report.nondeterminism}"
    if found.report.blocked_executions:
        return f"{found.report.blocked_executions} redundant runs"
    if found.canonical.different:
        return "a task asks for another thing though the same has come before"
    kinds = {kind for kind, _ in expected.found} - {kind for kind, _ in found.found}
    lost = {one for _, one in expected.found} - {one for _, one in found.found}
    invented = {one for _, one in found.found} - {one for _, one in expected.found}
    if lost or invented or kinds - {"ok"}:
        return f"{len(lost)} of {len(expected.found)} outcomes lost, {len(invented)} invented"
    return ""


def test_random_programs() -> None:
    compared = 0
    for number in range(PROGRAMS_PER_RUN):
        source = source_of(number, SEED)
        told = difference(source)
        if told is not None:
            assert not told, f"program {number} of seed {SEED}: {told}\n{source}"
            compared += 1
    assert compared > PROGRAMS_PER_RUN // 2
