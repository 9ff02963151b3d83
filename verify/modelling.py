"""Models: programs to check, each with the verdict that its author expects.

A model is an ordinary function under `@verify.model`. Calling it, as pytest does with a `test_…`
function, explores it and raises PropertyViolated unless the expectation is met; a scheduler that is
already running simply runs the function.
"""

from __future__ import annotations

import functools
import os
import shlex
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from verify.drawn_data import (
    as_example,
    assuming,
    demand_drawn_before,
    demand_drawn_outside,
    is_example,
    is_passed_over,
)
from verify.errors import ModelError, PropertyViolated, UsageError
from verify.exploration.health import DATA_RACE, ONLY_ONE_SCHEDULE, suppressed
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Concern, Report, Verdict
from verify.exploration.saving import UNSAVED, Unsaved
from verify.exploration.strategies import DEFAULT_STRATEGY
from verify.scheduling.event import PRECEDENCE
from verify.scheduling.internal import OPERATION
from verify.scheduling.scheduler import active
from verify.settings import OF_MODELS, demand
from verify.traces.render_text import render
from verify.traces.store import save

if TYPE_CHECKING:
    from verify.cluster.cluster import Cluster

EXPECTATIONS = ("proved", *PRECEDENCE)
TEST_SECONDS = 10.0
"""How long a model that is called as a test may take, unless it says otherwise."""
COUNT_CLASSES = {"dpor", "source_dpor", "exhaustive"}
"""The strategies that run each class once, so that their numbers can be compared."""

F = TypeVar("F", bound=Callable[..., Any])


class HealthCheck(UserWarning):
    """What a model's verdict is worth may be less than it seems; `suppress` silences it by name."""


class Undetermined(UserWarning):
    """A search was stopped by a limit before it could prove or refute: not a pass."""


@dataclass(frozen=True)
class Model:
    """A program, what its author expects of it, and how it wants to be explored."""

    function: Callable[..., Any]
    expect: str = "proved"
    classes: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def file(self) -> Path:
        """The file that holds it."""
        return Path(self.function.__code__.co_filename)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of what it must be given, which only pytest can do: fixtures, parameters."""
        code = self.function.__code__
        defaults = len(self.function.__defaults__ or ())
        by_keyword = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
        return (
            *code.co_varnames[: code.co_argcount - defaults],
            *(name for name in by_keyword if name not in (self.function.__kwdefaults__ or ())),
        )

    @property
    def heading(self) -> str:
        """What its file's `HEADING` says that it is about; empty without one."""
        return str(self.function.__globals__.get("HEADING", ""))

    @property
    def granularity(self) -> str:
        """What counts as one event."""
        granularity: str = self.settings.get("granularity", OPERATION)
        return granularity

    @property
    def key(self) -> str:
        """Names the model among others: its file as seen from here, and its name."""
        file = self.file.resolve()
        if file.is_relative_to(Path.cwd()):
            return f"{file.relative_to(Path.cwd()).as_posix()}::{self.name}"
        return f"{file.name}::{self.name}"

    @property
    def _suppress(self) -> Collection[str]:
        """The health checks that have nothing to say: who counts the classes knows of only one, and
        an example of Hypothesis's is one of many.
        """
        suppress: Collection[str] = self.settings.get("suppress", ())
        alone = self.classes is None and not is_example()
        return suppress if alone else [*suppress, ONLY_ONE_SCHEDULE]

    @property
    def allows_data_races(self) -> bool:
        """Whether its author takes data races for no failures."""
        return DATA_RACE in self._suppress

    def within(self, project: Mapping[str, Any]) -> Model:
        """The model with what its project says where it says nothing itself."""
        known = {name: value for name, value in project.items() if name in OF_MODELS}
        return replace(self, settings={**known, **self.settings})

    def searched_with(self, settings: Mapping[str, Any]) -> Model:
        """The model with these before its own settings; without the number of its classes if with
        them something else is counted than its author did.
        """
        own = self.settings.get("strategy", DEFAULT_STRATEGY)
        asked = settings.get("strategy", own)
        bounded = "preemptions" in settings
        other = settings.get("granularity", "") not in ("", self.granularity)
        counted = not (bounded or other or (asked != own and not {asked, own} <= COUNT_CLASSES))
        return replace(
            self,
            settings={**self.settings, **settings},
            classes=self.classes if counted else None,
        )

    def search(
        self,
        program: Callable[[], object] | None = None,
        on_progress: Callable[[Report, int], None] | None = None,
        key: str = "",
        saver: Unsaved = UNSAVED,
        cluster: Cluster | None = None,
        **overrides: Any,
    ) -> Search:
        """A search of this model; settings given here go before the model's own. `key` names it in
        traces, where its own does not tell it from the same function with other arguments. `saver`
        saves it; a cluster explores in the place of workers.
        """
        settings = {**self.settings, **overrides}
        if program is None and self.arguments:
            raise ModelError(
                f"{self.key} takes {', '.join(self.arguments)}, which pytest supplies: run it with "
                f"pytest {shlex.quote(os.path.relpath(self.file))}"
            )
        return Search(
            self.function if program is None else program,
            strategy=settings.get("strategy", DEFAULT_STRATEGY),
            granularity=settings.get("granularity", OPERATION),
            preemptions=settings.get("preemptions"),
            limits=Limits(
                settings.get("max_executions"),
                settings.get("max_seconds"),
                settings.get("max_steps", 10_000),
                settings.get("max_memory"),
            ),
            seed=settings.get("seed", 0),
            stop_at_first=settings.get("stop_at_first", self.classes is None),
            model=key or self.key,
            suppress=self._suppress,
            minimise=not is_passed_over(),
            workers=settings.get("workers", 1) if cluster is None else 1,
            cluster=cluster,
            on_progress=on_progress,
            saver=saver,
        )

    def disappointment(self, report: Report) -> str:
        """How a report falls short of the expectation; empty if it is met.

        Met means: there are failures and all are of the expected kind (or none, for "proved"),
        the number of classes, if stated, is exact, and some execution reaches each goal that is
        given to `cover`, as far as all were run.
        """
        found = sorted(kind for kind in report.outcomes if kind != "ok")
        if report.verdict is Verdict.NONDETERMINISTIC:
            return "the same schedule gave another run"
        if self.expect == "proved":
            if found:
                return f"expected a proof, found {', '.join(found)}"
            if report.verdict is not Verdict.PROVED:
                return f"expected a proof, stopped by {report.stop_reason}"
        elif found != [self.expect]:
            return f"expected {self.expect}, found {', '.join(found) or 'no failure'}"
        if self.classes is not None:
            if not report.complete:
                return f"expected {self.classes} classes, stopped by {report.stop_reason}"
            if report.executions != self.classes:
                return f"expected {self.classes} classes, found {report.executions}"
        if report.unreached:
            return f"cover goal never reached: {', '.join(report.unreached)}"
        return ""


@overload
def model(expect: F) -> F: ...


@overload
def model(
    expect: str = "proved", classes: int | None = None, **settings: Any
) -> Callable[[F], F]: ...


def model(
    expect: str | Callable[..., Any] = "proved", classes: int | None = None, **settings: Any
) -> Any:
    """Declare a function to be a model, as `@verify.model(...)` or bare `@verify.model`.

    `expect` is "proved" or the kind of failure that every failing execution must show: "deadlock",
    "assertion", "exception", "invariant", "livelock", "race" or "misuse". `classes` is the exact
    number of equivalence classes; stating it has all of them explored even after a failure.
    `settings` are those of `verify.explore`, and `suppress`, a list of health checks that are to be
    silent (exploration/health.py). UsageError for anything else.
    """
    if callable(expect):
        return model()(expect)
    if expect not in EXPECTATIONS:
        raise UsageError(
            f"expect={expect!r}: a model can be expected to be {', '.join(EXPECTATIONS)}"
        )
    suppressed(settings.get("suppress", ()))
    settings = demand(settings, OF_MODELS, "a model")
    expectation = expect

    def decorate(function: F) -> F:
        if not isinstance(function, FunctionType):
            raise UsageError(f"a model is a function, not a {type(function).__name__}")
        if function.__code__.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
            raise UsageError(
                f"{function.__qualname__} is an async function, and the explorer runs no event "
                "loop: a model is a plain function that starts tasks with verify.Thread"
            )
        demand_drawn_outside(function)
        declared = Model(function, expectation, classes, settings)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True  # pytest shows the model, not how it is explored
            if active() is not None:
                return function(*args, **kwargs)
            demand_drawn_before(declared.name, (*args, *kwargs.values()))
            with as_example():
                _checker(declared, functools.partial(assuming(function), *args, **kwargs))
            return None

        run.model = declared  # type: ignore[attr-defined]
        return run  # type: ignore[return-value]

    return decorate


Checker = Callable[[Model, Callable[[], object]], None]


@contextmanager
def checked_by(checker: Checker) -> Iterator[None]:
    """While the block runs, models that are called as tests are checked so."""
    global _checker
    before, _checker = _checker, checker
    try:
        yield
    finally:
        _checker = before


def check_as_test(declared: Model, program: Callable[[], object]) -> None:
    """Explore a model and raise PropertyViolated, with the counterexample, unless it meets its
    expectation. A limit that stops the search is a warning, and a failure where CI is set.
    """
    __tracebackhide__ = True
    limit = declared.settings.get("max_seconds", TEST_SECONDS)
    search = declared.search(program, max_seconds=limit)
    report = search.run()
    if search.interrupted:
        raise KeyboardInterrupt
    warn_of(report, declared)
    if not declared.disappointment(report):
        return
    if report.verdict is Verdict.UNDETERMINED and not os.environ.get("CI"):
        warnings.warn(f"{declared.key}: {report}", Undetermined, stacklevel=3)
        return
    texts = [f"{declared.key}: {declared.disappointment(report)}", str(report)]
    for failure in report.failures if not is_passed_over() else ():
        path: Path | None = None
        try:
            path = save(failure.trace)
        except UsageError as error:
            texts.append(str(error))
        file = os.path.relpath(declared.file)
        texts.append(render(failure.trace, path, report, replay_arguments=file))
    raise PropertyViolated("\n".join(texts))


_checker: Checker = check_as_test


def warn_of(report: Report, declared: Model) -> None:
    """A Python warning for each concern, at the model."""
    code = declared.function.__code__
    for concern in report.concerns:
        text = f"{declared.key}: {in_full(concern)}"
        warnings.warn_explicit(
            HealthCheck(text), None, code.co_filename, code.co_firstlineno, registry={}
        )


def in_full(concern: Concern) -> str:
    """A concern with how to silence it."""
    return f"{concern.check}: {concern.message} (or suppress=[{concern.check!r}])"


def model_of(value: object) -> Model | None:
    """The model that a module's attribute is, if it is one."""
    found = getattr(value, "model", None)
    return found if isinstance(found, Model) else None
