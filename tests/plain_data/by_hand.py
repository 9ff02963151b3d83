"""Plain objects whose accesses are told by hand, as instrumented code tells them.

`Plain` has the signature of `verify.Shared`, so that any program can be run with either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import verify
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.scheduling.explored import Explored
from verify.scheduling.plain_data import PlainData
from verify.scheduling.scheduler import active


def plain() -> PlainData:
    """The plain data of the execution that is being run."""
    engine = active()
    assert isinstance(engine, Explored)
    return engine.plain


def explore(program: Callable[[], object], max_executions: int = 50_000, **settings: Any) -> Report:
    """As `verify.explore`; that plain objects race where Shared do not is another question."""
    limits = Limits(max_executions=max_executions)
    return Search(program, limits=limits, suppress=["data_race"], **settings).run()


class Plain:
    """A plain object with one attribute, instead of a `verify.Shared`."""

    def __init__(self, value: Any, *, shared: bool = True) -> None:
        plain().created(self)
        plain().write(self, "value")
        self._value = value

    @property
    def value(self) -> Any:
        plain().read(self, "value")
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        plain().publish(value)
        plain().write(self, "value")
        self._value = value


@contextmanager
def instead_of_shared() -> Iterator[None]:
    """In the block, programs use plain objects where they say Shared."""
    before = verify.Shared
    verify.Shared = Plain  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        verify.Shared = before  # type: ignore[misc]
