"""Cells: where the schedulers of real tasks keep the states of objects."""

from __future__ import annotations

from typing import Any


class Cell:
    """The place where a scheduler keeps one object's state; each has its own kind.

    `state` is the current state. Only a scheduler may assign it.
    """

    __slots__ = ("state",)

    state: Any

    def __init__(self, state: Any) -> None:
        self.state = state
