"""Twins: what an object of the library is while it is explored.

The library's object stays what it is, an instance of its own class. Its twin is a primitive of the
harness, kept in the object for one run, and does all the work there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from verify.substitution.patches import explored

_TWIN = "_verify_twin"
Twin = TypeVar("Twin")


def set_twin(of: Any, twin: object) -> None:
    """Give an object its twin for this run."""
    scheduler: Any = explored()
    vars(of)[_TWIN] = (scheduler.run_number, twin)


def twin_of(of: Any, make: Callable[[], Twin]) -> Twin:
    """An object's twin in this run; of one from before, made of it as it stands."""
    scheduler: Any = explored()
    kept: tuple[int, Twin] | None = vars(of).get(_TWIN)
    run: int = scheduler.run_number
    if kept is not None and kept[0] == run:
        return kept[1]
    twin = make()
    vars(of)[_TWIN] = (run, twin)
    return twin
