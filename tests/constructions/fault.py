"""The frame for a construction with one thing wrong.

Most programs that show a mistake of a condition need a release after each call, in a call of its
own: that a waiter stood in line before the notify came is known only from who had the lock when.
"""

from __future__ import annotations

from typing import ClassVar

from tests.internal.exploring import Tasks


class Fault:
    """A mistake: its docstring says which.

    `as_a` is the primitive whose menu it is asked from, `tasks` a program that shows the mistake,
    small enough to be read.
    """

    as_a: ClassVar[str]
    tasks: ClassVar[Tasks]


def held(*names: str) -> Tasks:
    """A task for each of these calls, with the lock taken before and released after it."""
    return tuple(("acquire", name, "release") for name in names)
