"""Small programs whose tasks share plain data: which are memoised, and which are not, and why."""

from __future__ import annotations

_THREE = """
    tasks = [verify.Thread(target=work) for _ in range(3)]
    for task in tasks: task.start()
    for task in tasks: task.join()
"""
_COUNTER = """
import verify
class Counter:
    def __init__(self): self.n = 0
"""


def _on_counter(work: str, then: str = "assert counter.n > 0", before: str = "") -> str:
    return (
        f"{_COUNTER}\ndef main():\n    counter, lock = Counter(), verify.Lock()\n{before}\n"
        f"    def work():\n        {work}\n{_THREE}    {then}\n"
    )


MEMOISED = {
    "lost update": _on_counter("counter.n += 1", "assert counter.n == 3"),
    "locked": _on_counter("with lock: counter.n += 1", "assert counter.n == 3"),
    "a global": f"""
import verify
n = 0
def work():
    global n
    n += 1
def main():
    global n
    n = 0
{_THREE}
    assert n == 3
""",
    "a dataclass": f"""
import verify
from dataclasses import dataclass
@dataclass
class Counter:
    n: int = 0
def main():
    counter = Counter()
    def work():
        counter.n += 1
        own = Counter(3)
        own.n += counter.n
{_THREE}
    assert counter.n < 3
""",
    "what a class has instead": f"""
import verify
class Counter:
    n = 0
def main():
    counter = Counter()
    def work():
        counter.n += 1
        if counter.n == 3: del counter.n
{_THREE}
    assert counter.n
""",
    "slots, deleted": f"""
import verify
class Counter:
    __slots__ = ("n",)
    def __init__(self): self.n = 0
def main():
    counter = Counter()
    def work():
        try: del counter.n
        except AttributeError: counter.n = 1
{_THREE}
    assert counter.n == 1
""",
    "attributes of tasks": """
import verify
class Worker(verify.Thread):
    def run(self):
        global n
        n += 1
        self.result = n
def main():
    global n
    n = 0
    tasks = [Worker(), Worker()]
    for task in tasks: task.start()
    for task in tasks: task.join()
    first, second = tasks[0].result, tasks[1].result
    assert first < 2 or second < 2
""",
    "a variable of a function": f"""
import verify
def main():
    n, m = 0, 1
    def work():
        nonlocal n, m
        n += 1
        if n == 2: del m
    def look(): return n
{_THREE}
    assert look() == 3 and m
""",
    "made by tasks": _on_counter(
        "own = Counter(); own.n = counter.n + 1; counter.n = own.n", "assert counter.n == 3"
    ),
    "cleared up": _on_counter(
        "try: counter.n += 1; lock.acquire()\n        finally: counter.n -= 1", "assert counter.n"
    ),
    "formatted where it was just read": _on_counter(
        "with lock: counter.n += 1; text.value = '{0.n}'.format(counter)",
        before="    text = verify.Shared('')",
    ),
}

REFUSED = {
    "vars": ("looks at attributes unseen", _on_counter("counter.n += 1", "vars(counter)['n']")),
    "its dictionary": (
        "the attribute __dict__",
        _on_counter("counter.n += 1", "counter.__dict__['n']"),
    ),
    "getattr": ("by names", _on_counter("counter.n += 1", "getattr(counter, 'n')")),
    "a pattern": (
        "in a pattern",
        _on_counter("counter.n += 1", "match counter:\n        case Counter(n=1): pass"),
    ),
    "a format": ("not instrumented", _on_counter("counter.n += 1", "'{0.n}'.format(counter)")),
    "a variable that an exception is bound to": (
        "is not instrumented",
        f"""
import verify
def main():
    n = 0
    def work():
        nonlocal n
        n += 1
        try: raise ValueError
        except ValueError as n: verify.sleep(1)
        n = 1
{_THREE}
    assert n
""",
    ),
    "an object in a field": ("with a Counter in it", _on_counter("counter.n = Counter()")),
    "a list": (
        "what is in a list",
        _on_counter("counter.n += 1; items.append(1)", before="    items = []"),
    ),
    "an attribute of a class": (
        "an attribute of a class",
        _on_counter("Counter.total += 1", "counter", before="    Counter.total = 0"),
    ),
    "left by the execution before": (
        "as another execution has left it",
        f"import verify\nn = 0\ndef work():\n    global n\n    n = 1\ndef main():{_THREE}    n\n",
    ),
    "a field that one task has for itself": (
        "has changed",
        _on_counter(
            "counter.n += 1",
            before="    other = Counter()\n    def change(): other.n = 1\n"
            "    verify.Thread(target=change).start()",
        ),
    ),
    "one such of an object of which others are shared": (
        "counter of change has changed",
        _on_counter(
            "counter.n += 1",
            before="    def change(): counter.own = 1\n    verify.Thread(target=change).start()",
        ),
    ),
    "awaited": (
        "awaits in a loop",
        _on_counter(
            "counter.n += 1",
            before="    def wait():\n        while not counter.n: pass\n"
            "    verify.Thread(target=wait).start()",
        ),
    ),
    "what a dataclass compares": (
        "not instrumented",
        MEMOISED["a dataclass"].replace("assert counter.n < 3", "assert counter != Counter(7)"),
    ),
}
