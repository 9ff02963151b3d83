"""Random programs, rewritten, whose tasks share fields with values that never change.

What the tasks have seen, and what there is at the end, goes into cells of the harness, so that it
can be read off the events of an execution, whether its code was run or not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random
from types import ModuleType

from verify.instrumentation.importing import compiled, parsed, prepare

STATEMENTS = """
o.n += 1
o.n = {v}
seen += (o.n,)
p.n = o.n
o.n, p.n = p.n, {v}
if o.n == {w}: p.n = {v}
if o.n < p.n: seen += ('less',)
while o.n < 1: o.n += 1
g += 1
g = {v}
seen += (g,)
if g == {w}: o.n = g
with lock: o.n += 1
with lock: seen += (o.n, g)
with lock: g = o.n
del o.n
if lock.acquire(blocking=False): p.n += 1; lock.release()
q = O(); q.n += o.n; seen += (q.n,)
s.a += 1
s.a = s.b
seen += (s.a, s.b)
del s.b
d.n += 1
seen += (d.n,)
late.n += 1
seen += (late.n,)
late.n = g
assert o.n != {w}
o.n = None
p.n = (o.n, {v})
p.twice()
late.lazy()
seen += (late.x,)
h += 1
h = {v}
seen += (h,)
if h == {w}: o.n = h
o.n = verify.choose((0, {v}))
box.value = o.n
seen += (box.value,)
"""
KNOWN = STATEMENTS.strip().splitlines()

BEFORE = """
import verify

class O:
    def __init__(self): self.n = 0
    def twice(self):
        self.n += 1
        self.n += 1
    def lazy(self):
        try: self.x
        except AttributeError: self.x = self.n

class Slots:
    __slots__ = ("a", "b")
    def __init__(self): self.a, self.b = 0, 1

class Default:
    n = 0

g = 0
"""
MAIN = """
def main():
    global g
    g = 0
    o, p, s, d = O(), O(), Slots(), Default()
    h = 0
    lock, box, end = verify.Lock(), verify.Shared(0), verify.Shared(0)
    tasks = []
"""


def source_of(number: int, seed: object, small: bool = False) -> str:
    """The source of a program: the function `main`."""
    random = Random(f"{seed} {number}")
    known = random.sample(KNOWN, 2 if small else 6)
    count = 2 if small else random.choice((2, 2, 2, 3))

    def lines(task: int, most: int) -> list[str]:
        chosen = [random.choice(known) for _ in range(random.randint(1 if small else 2, most))]
        return [
            line.replace("{v}", str(10 * task + at)).replace("{w}", str(random.choice((0, 1, 2))))
            for at, line in enumerate(chosen, 1)
        ]

    main = MAIN.strip().splitlines()
    if random.random() < 0.5:
        main.append("    late = O()")
        made = True
    else:
        made = False
    for task in range(count):
        if task == 1 and not made:
            main.append("    late = O()")  # when there is a second task, and another after it
        body = lines(task, 1 if small else 2 if count == 3 else 4)
        if task == 0 and not made:
            body = [line for line in body if "late" not in line] or ["o.n += 1"]
        main += [
            f"    found_{task} = verify.Shared(None)",
            f"    def task_{task}():",
            "        global g",
            *["        nonlocal h" for _ in body[:1] if any("h" in line.split() for line in body)],
            "        seen = ()",
            *[f"        {line}" for line in body],
            f"        found_{task}.value = seen",
            f"    tasks.append(verify.Thread(target=task_{task}))",
            "    tasks[-1].start()",
        ]
        if random.random() < 0.2 and not small:
            main += ["    seen = ()", *[f"    {line}" for line in lines(7, 2)]]
    main += [
        "    for task in tasks: task.join()",
        "    end.value = (g, h, p.n, s.a, d.n, late.n)",
    ]
    if not any(line.strip().startswith(("g =", "g +=", "with lock: g =")) for line in main[6:]):
        main = [line for line in main if line.split()[0] not in ("global", "g")]  # nobody else does
    return BEFORE + "\n".join(main) + "\n"


def rewritten(source: str, name: str) -> Callable[[], None]:
    """The function `main` of a module with this source."""
    module = ModuleType(name)
    sys.modules[name] = module  # classes are found under their names
    prepare(vars(module), module)
    exec(compiled(parsed(source, f"<{name}>", name), f"<{name}>"), vars(module))
    main: Callable[[], None] = module.main
    return main
