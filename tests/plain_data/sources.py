"""Random sources: programs in plain Python, of what people write on what tasks share.

The statements (statements.py) of a program come from one or two families, that two tasks should
have much to do with each other; some stand under a lock, in a `try`, a loop or a branch. Each task
notes what it has seen, and what it has run into.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from random import Random

from tests.plain_data.statements import AROUND, FAMILIES, PRELUDE, STATE


class Source:
    """A program: the statements of its tasks; `text` is what stands in its file."""

    def __init__(self, number: int, seed: int) -> None:
        self._random = Random(f"source:{seed}:{number}")
        random = self._random
        families = random.sample(sorted(FAMILIES), random.choice((1, 1, 2)))
        self._known = [
            line.strip() for one in families for line in FAMILIES[one].strip().splitlines()
        ]
        self.tasks: list[list[str]] = []
        for task in range(random.choice((2, 2, 2, 2, 3))):
            values = iter(range(10 * task, 10 * task + 10))
            self.tasks.append(
                [self._statement(next(values)) for _ in range(random.choice((2, 3, 4)))]
            )

    def _statement(self, value: int) -> str:
        random = self._random
        made = _written(random.choice(self._known).replace("{v}", str(value)))
        if random.random() < 0.25:
            head = random.choice(sorted(AROUND))
            made = f"{head}\n{textwrap.indent(made, '    ')}\n{AROUND[head]}".rstrip()
        return made

    def shorten(self) -> bool:
        """Leave the last statement of the longest task out; whether there is more than one."""
        longest = max(self.tasks, key=len)
        if len(longest) > 1:
            longest.pop()
            return True
        return False

    @property
    def text(self) -> str:
        return text_of(self.tasks)


def text_of(tasks: Sequence[Sequence[str]]) -> str:
    """A program, given the statements of its tasks."""
    made = [_task(number, statements) for number, statements in enumerate(tasks)]
    names = ", ".join(f"task_{number}" for number in range(len(made)))
    body = textwrap.indent("\n".join(made), "    ")
    return f"{PRELUDE.strip()}\n{body}{STATE}    return [{names}], state\n"


def _written(statement: str) -> str:
    """A statement as it stands in a file: `match` needs lines of its own."""
    if statement.startswith("match "):
        subject, _, case = statement.partition(": ")
        pattern, _, then = case.partition(" -> ")
        return f"{subject}:\n    case {pattern}:\n        {then}"
    return statement


def _task(number: int, statements: Sequence[str]) -> str:
    text = "\n".join(statements)
    bound = {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    rebound = sorted(bound & set("dlns"))
    body = textwrap.indent(text, "        ")
    return (
        f"def task_{number}(keep):\n"
        + (f"    nonlocal {', '.join(rebound)}\n" if rebound else "")
        + "    global g\n"
        "    seen = ()\n"
        "    try:\n"
        f"{body}\n"
        "    except Exception as error:\n"
        "        seen += (f'{type(error).__name__}: {error}',)\n"
        "    keep(seen)\n"
    )
