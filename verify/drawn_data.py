"""Drawn data: models whose arguments Hypothesis draws.

    @settings(deadline=None)
    @given(n=st.integers(1, 3))
    @verify.model
    def test_workers(n): ...

Hypothesis calls the model with each example, the explorer runs all schedules of it, and a violated
property fails the example, whatever the kind of failure in the same way, so that Hypothesis finds
one bug and makes the data small. While it does, nobody reads of the examples in between: only for
the last one the smallest schedule is looked for, and its trace kept. The lines that run in the
explorer are kept from Hypothesis, which would explain the failure by them. Data is drawn before,
never inside: there each execution would draw anew, and no schedule would determine a run. What the
main task assumes (`assume`) makes an example none, as in any test.

Hypothesis is never imported here: who has drawn anything has done so.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from verify.errors import UsageError

_SCRUTINEER = 3
"""The number by which Hypothesis listens to what runs."""


F = TypeVar("F", bound=Callable[..., Any])


class _Rejected(BaseException):
    """Leaves the explorer, whatever the schedule: the example does not meet an assumption."""


def demand_drawn_outside(function: Any) -> None:
    """UsageError for a function that draws its own data: what is explored must not draw."""
    if getattr(function, "is_hypothesis_test", False):
        raise UsageError(
            f"{function.__qualname__} has @given below @verify.model, so that each execution would "
            "draw other data: swap the two, with @given above @verify.model"
        )


def demand_drawn_before(name: str, arguments: Iterable[object]) -> None:
    """UsageError for an argument with which more data can be drawn inside the model."""
    for argument in arguments:
        kind = type(argument)
        if kind.__name__ == "DataObject" and kind.__module__.startswith("hypothesis."):
            raise UsageError(
                f"{name} is given st.data(), with which each execution would draw other data: give "
                "the strategies to @given, or write a @st.composite one"
            )


def is_example() -> bool:
    """Whether the caller runs an example of Hypothesis's."""
    hypothesis: Any = sys.modules.get("hypothesis")
    return hypothesis is not None and bool(hypothesis.currently_in_test_context())


def is_passed_over() -> bool:
    """Whether it is an example that nobody will see: the search for a smaller one goes on."""
    if not is_example():
        return False
    control: Any = sys.modules["hypothesis.control"]
    return not getattr(control.current_build_context(), "is_final", True)


def assuming(function: F) -> F:
    """A model that may begin with `assume`, if Hypothesis calls it; to be explored `as_example`."""
    if not is_example():
        return function
    errors: Any = sys.modules["hypothesis.errors"]

    @functools.wraps(function)
    def program(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except errors.UnsatisfiedAssumption as error:
            raise _Rejected from error

    return program  # type: ignore[return-value]


@contextmanager
def as_example() -> Iterator[None]:
    """Explore in the block what Hypothesis may have drawn."""
    with unexplained():
        try:
            yield
        except _Rejected as rejected:
            assert rejected.__cause__ is not None
            raise rejected.__cause__ from None


@contextmanager
def unexplained() -> Iterator[None]:
    """Keep Hypothesis from noting which lines run in the block: the explorer's are no explanation
    of a failure, and to note them takes ten times as long as to run them.
    """
    tracer = sys.gettrace()
    if type(getattr(tracer, "__self__", None)).__module__.startswith("hypothesis."):
        sys.settrace(None)
        try:
            yield
        finally:
            sys.settrace(tracer)
        return
    monitoring: Any = getattr(sys, "monitoring", None)  # what it uses from Python 3.12 on
    if monitoring is None or monitoring.get_tool(_SCRUTINEER) != "scrutineer":
        yield
        return
    events = monitoring.get_events(_SCRUTINEER)
    monitoring.set_events(_SCRUTINEER, 0)
    try:
        yield
    finally:
        monitoring.set_events(_SCRUTINEER, events)
