"""Running: what happens when a test calls a model, under pytest.

select    picks the test that --verify-replay asks for
_check    one model: which settings hold, then stress, replay what is asked for, or
_explore  replays the saved counterexamples first, then searches
          what fails is raised (failing.py), and told when the report of the test is made
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, NamedTuple

import pytest

from verify.commands.result import Result, Standing
from verify.commands.table import explanation
from verify.errors import InternalFault, ModelError, Nondeterministic, UsageError
from verify.exploration.limits import as_written
from verify.exploration.replaying import run_again
from verify.modelling import Model, Undetermined, checked_by, model_of, warn_of
from verify.pytesting.failing import Accounts, Failing, refuted
from verify.pytesting.fixtures import CHECK, demand_no_leaks
from verify.pytesting.reporting import searched
from verify.pytesting.saved import asked_for
from verify.pytesting.surroundings import (
    MISSES_LINES,
    TimeUp,
    alarms_apart,
    logs_kept_back,
    misses_lines,
    outcomes_of_pytest,
    without_ours,
)
from verify.scheduling.scheduler import active
from verify.settings import project
from verify.traces.store import kept
from verify.traces.trace import Trace


class Profile(NamedTuple):
    """What holds where nobody says otherwise: a limit, and whether reaching it is a failure."""

    max_seconds: float
    must_decide: bool


PROFILES = {
    "dev": Profile(10.0, False),
    "ci": Profile(10.0, True),
    "nightly": Profile(3600.0, True),
}


class Running:
    """Runs the models of one process of pytest. UsageError if the project's settings are wrong."""

    def __init__(self, config: pytest.Config, surroundings: dict[str, Any]) -> None:
        option = config.option
        self._config = config
        self._project = project(config.rootpath)
        default = "ci" if os.environ.get("CI", "0") not in ("", "0", "false") else "dev"
        name = option.verify_profile or self._project.get("profile", default)
        self._profile = PROFILES[name]
        given = {
            "strategy": option.verify_strategy,
            "max_seconds": option.verify_seconds,
            "seed": option.verify_seed,
            "workers": option.verify_workers,
        }
        self._given = {
            setting: as_written(value) for setting, value in given.items() if value is not None
        }
        self._directory = config.rootpath / "traces"
        here, pages = config.invocation_params.dir, option.verify_html
        self._accounts = Accounts(
            self._directory,
            here,
            None if pages is None else here / pages if pages else self._directory,
            surroundings,
        )
        self._wanted: Trace | None = None
        self._searches: list[dict[str, Any]] = []

    # ------------------------------------------------------------------ hooks

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """While a test runs, the models that it calls are checked here."""
        with checked_by(partial(self._check, item)):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put the account of a model where the traceback is, and what was searched beside it."""
        report = yield
        if call.when != "call":
            return report
        for search in self._searches if report.passed else ():
            if search["color"] == "red":  # which the test has caught, and wants
                search["color"] = "green"
                search["figures"] += " · as its test expects"
        vars(report)["verify_searches"] = self._searches
        if self._searches and misses_lines():
            vars(report)["verify_remark"] = MISSES_LINES
        self._searches = []
        error = None if call.excinfo is None else call.excinfo.value
        failing = None if error is None else vars(error).get("failing")
        if error is not None and failing is not None:
            account = self._accounts.account(failing, error)
            report.longrepr = account  # type: ignore[assignment]
            vars(report)["verify_account"] = account.as_data()
        return report

    @pytest.hookimpl
    def pytest_enter_pdb(self, pdb: Any) -> None:
        """Let a debugger in a model speak to the terminal: with -s, what is printed is kept back
        all the same.
        """
        if active() is not None:
            self._kept_back = sys.stdout
            sys.stdout = pdb.stdout = sys.__stdout__

    @pytest.hookimpl
    def pytest_leave_pdb(self) -> None:
        """Keep output back again."""
        if active() is not None:
            sys.stdout = self._kept_back

    def select(self, items: list[pytest.Item]) -> None:
        """Leave the test of the counterexample that is asked for. UsageError if there is none."""
        asked = self._config.option.verify_replay
        if asked is None:
            return
        keys = {item.nodeid for item in items}
        path, self._wanted = asked_for(asked, self._directory, keys)
        if self._wanted.model not in keys:
            raise UsageError(
                f"--verify-replay={asked}: {path.name} is a counterexample of "
                f"{self._wanted.model}, which is not among the tests: name its file"
            )
        others = [item for item in items if item.nodeid != self._wanted.model]
        items[:] = [item for item in items if item.nodeid == self._wanted.model]
        self._config.hook.pytest_deselected(items=others)

    # ------------------------------------------------------------------ one model

    def _check(self, item: pytest.Item, declared: Model, program: Callable[[], object]) -> None:
        __tracebackhide__ = True
        defaults = {"max_seconds": self._profile.max_seconds, **self._project}
        model = declared.within(defaults).searched_with(self._given)
        own = model_of(getattr(item, "obj", None)) is declared
        named = declared.name == getattr(item, "originalname", "")
        key = str(item.nodeid) if own or named else declared.key
        try:
            with outcomes_of_pytest(), alarms_apart(), logs_kept_back():
                if (
                    own
                    and isinstance(item, pytest.Function)
                    and CHECK not in model.settings.get("suppress", ())
                ):
                    demand_no_leaks(item)
                if self._config.option.verify_stress is not None:
                    self._stress(item, model, key, program)
                elif self._wanted is not None:
                    self._replay(item, model, self._wanted, program)
                else:
                    self._explore(item, model, key, program, own)
        except TimeUp as up:
            vars(up.error)["failing"] = Failing(item, model, str(up), None, ())
            raise up.error from None
        except (UsageError, Undetermined) as error:
            vars(error)["failing"] = Failing(item, model, str(error), None, ())
            raise
        except InternalFault:
            raise
        except BaseException as error:
            error.__traceback__ = without_ours(error.__traceback__)
            raise

    def _explore(
        self, item: pytest.Item, model: Model, key: str, program: Callable[[], object], own: bool
    ) -> None:
        notes = []
        for path, trace in kept(key, self._directory) if own else ():
            if trace.kind == model.expect:
                continue
            try:
                again = run_again(program, trace)
            except Nondeterministic as difference:
                notes.append(f"{self._accounts.shown(path)} cannot be replayed: {difference}")
                continue
            if again.reproduced:
                reason = f"the saved counterexample {self._accounts.shown(path)} fails again"
                self._searches.append(
                    searched(key, Result(model, again.report), [f"{reason}: nothing else was run"])
                )
                raise refuted(Failing(item, model, reason, again.report, (again.trace,)))
            fails = "fails" if again.trace.kind == "ok" else "fails in the same way"
            notes.append(f"{self._accounts.shown(path)} no longer {fails}: it can be removed")
        search = model.search(program, key=key)
        try:
            report = search.run()
        except TimeUp as up:
            search.report.stop_reason = str(up)
            self._searches.append(searched(key, Result(model, search.report), notes))
            raise
        if search.interrupted:
            raise KeyboardInterrupt
        result = Result(model, report)
        self._searches.append(searched(key, result, notes))
        warn_of(report, model)
        if result.standing is Standing.MET:
            return
        if result.standing is Standing.UNDECIDED:
            self._undecided(item, model, f"{report.verdict.name}: {explanation(result)}")
            return
        unexpected = [f.trace for f in report.failures if f.kind != model.expect]
        reason = result.reason
        if result.standing is Standing.NONDETERMINISTIC:
            reason = f"{report.verdict.name}: {explanation(result)}"
        raise refuted(Failing(item, model, reason, report, unexpected))

    def _undecided(self, item: pytest.Item, model: Model, reason: str) -> None:
        """A warning at the model, or a failure, as the profile wants it."""
        if self._profile.must_decide:
            reason = f"{reason}\nWhat is not decided is a failure in this profile: give it more "
            reason += "time (max_seconds), or make the model smaller"
            raise refuted(Failing(item, model, reason, None, ()))
        code = model.function.__code__
        warnings.warn_explicit(
            Undetermined(reason), None, code.co_filename, code.co_firstlineno, registry={}
        )

    def _replay(
        self, item: pytest.Item, model: Model, trace: Trace, program: Callable[[], object]
    ) -> None:
        try:
            again = run_again(program, trace)
        except Nondeterministic as difference:
            raise ModelError(f"{trace.model} cannot be replayed: {difference}") from None
        traces = (again.trace,) if again.reproduced else ()
        raise refuted(Failing(item, model, again.summary, again.report, traces))

    def _stress(
        self, item: pytest.Item, model: Model, key: str, program: Callable[[], object]
    ) -> None:
        from verify.stressing.report import disappointment  # here: most runs never need it
        from verify.stressing.runner import stress_and_compare

        # A test that skips itself does so here: on real schedulers nobody would hear of it.
        model.searched_with({"max_executions": 1}).search(program, key=key).run()
        report = stress_and_compare(
            program,
            on=self._config.option.verify_stress,
            seconds=self._given.get("max_seconds"),
            seed=model.settings.get("seed", 0),
            name=key,
            races_allowed=model.allows_data_races,
        )
        if report.interrupted:
            raise KeyboardInterrupt
        reason = disappointment(model, report)
        undone = bool(report.refusal)
        headline, *figures = str(report).partition("\n\n")[0].splitlines()
        self._searches.append(
            {
                "key": key,
                "verdict": "NOT RUN" if undone else "STRESSED",
                "color": "red" if reason else "yellow" if undone else "green",
                "figures": headline,
                "elapsed": report.elapsed,
                "notes": [reason] if reason else [],
                "statistics": [line.strip() for line in figures],
            }
        )
        if undone:
            self._undecided(item, model, headline)
        if reason:
            found = [traced.counterexample for traced in report.traced]
            traces = [one.trace for one in found if one is not None]
            raise refuted(Failing(item, model, f"{reason}\n{report}", None, traces))
