"""Twins: what an object of the library is while it is explored.

The library's object stays what it is, an instance of its own class. Its twin is a primitive of the
harness, and does all the work in one run. It is kept in the object that the run makes. An object
from before the run is left alone, and gets its twin when it is first used, from the state in which
it stands.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

from verify.scheduling.scheduler import here
from verify.substitution import originals
from verify.substitution.patches import at_end, explored, name_of
from verify.sync.primitive import Primitive

_TWIN = "_verify_twin"
_Kept = TypeVar("_Kept")
_Primitive = TypeVar("_Primitive", bound=Primitive)


class _Run(originals.local):
    """What is kept for the run of this OS thread, by what has made it."""

    def __init__(self) -> None:
        self.number = 0
        self.kept: dict[Callable[[], Any], Any] = {}


_run = _Run()


class _Twins:
    """The twins of one run of what was there before, by its address."""

    def __init__(self) -> None:
        self.by_address: dict[int, Any] = {}


class _Standing:
    """The objects from before the run that are used in one, in the order of their first use.

    Their twins are named after that order, which holds as long as something is explored, and not
    after the task that comes first in some execution.
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[int, Any]] = {}  # which also keeps their addresses theirs
        self._outer = ""  # the name of the one of which a part is being made

    def twin(self, of: Any, make: Callable[[Any], _Kept]) -> _Kept:
        """The twin of one of them for this run."""
        twins = of_this_run(_Twins).by_address
        if id(of) not in twins:
            twins[id(of)] = self._made(of, make)
        twin: _Kept = twins[id(of)]
        return twin

    def _made(self, of: Any, make: Callable[[Any], _Kept]) -> _Kept:
        index, _ = self._found.setdefault(id(of), (len(self._found) + 1, of))
        outer = self._outer
        name = name_of(of) or (f"{outer}.lock" if outer else "")
        self._outer = name
        scheduler: Any = explored()
        try:
            twin: _Kept = scheduler.standing(index, name, lambda: make(of))
            return twin
        finally:
            self._outer = outer

    def forget(self) -> None:
        """Nothing is explored any more."""
        self._found.clear()
        _run.kept.clear()


_standing = _Standing()
at_end(_standing.forget)


def of_this_run(make: Callable[[], _Kept]) -> _Kept:
    """What `make` gives the first time that it is asked for in a run."""
    kept = _run.kept
    number = _number()
    if _run.number != number:
        _run.number = number
        kept.clear()
    found: _Kept | None = kept.get(make)
    if found is None:
        found = kept[make] = make()
    return found


def set_twin(of: Any, twin: object) -> None:
    """Give an object its twin for this run."""
    vars(of)[_TWIN] = (_number(), twin)


def twin_of(of: Any, make: Callable[[Any], _Kept]) -> _Kept:
    """An object's twin in this run; `make` makes it of one from before."""
    kept: tuple[int, _Kept] | None = vars(of).get(_TWIN)
    if kept is not None and kept[0] == _number():
        return kept[1]
    return _standing.twin(of, make)


def in_state(twin: _Primitive, state: object) -> _Primitive:
    """Make a primitive that has not been initialised begin in a state of its own."""
    Primitive.__init__(twin, state, shared=False)
    return twin


def copied(of: Any, make: Callable[[Any], Any], memo: dict[int, Any]) -> Any:
    """An object of threads as a process has it that is started: its own, in the same state."""
    if explored() is None:
        raise TypeError(f"cannot copy a {type(of).__name__}")
    twin = twin_of(of, make)
    made = memo[id(of)] = copy.copy(of)
    set_twin(made, copy.deepcopy(twin, memo))
    return made


def _number() -> int:
    """Of the run; asked in tasks alone, and often."""
    scheduler: Any = here.scheduler
    number: int = scheduler.run_number
    return number
