"""`verify check`: explore models and say whether they are as their authors expect.

    check     gather the models, check one after another, sum up
    _explore  one model: progress while it runs; a counterexample is on disk as soon as it is found
    _report   one line a model; the full report of every failure that was not expected

A model that cannot be checked costs a line on standard error and does not stop the others.
"""

from __future__ import annotations

import argparse
import textwrap
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verify import __version__
from verify.commands import exit_codes
from verify.commands.console import Console, OutputGone
from verify.commands.gathering import gather, path_to
from verify.commands.keeping import TRACES, Keeper
from verify.commands.options import SECONDS
from verify.commands.progress import Progress
from verify.commands.result import Result, Standing
from verify.commands.table import Table
from verify.commands.wording import counted, seconds
from verify.errors import UsageError
from verify.exploration.limits import as_written
from verify.exploration.report import Counterexample, Report, Verdict
from verify.exploration.saving import UNSAVED
from verify.exploration.strategies import STRATEGIES
from verify.interrupts import terminated_gently
from verify.modelling import Model
from verify.scheduling import instrumented
from verify.scheduling.internal import GRANULARITIES, INTERNAL, OPERATION
from verify.settings import project
from verify.traces.render_text import render

if TYPE_CHECKING:
    from verify.cluster.cluster import Cluster
    from verify.commands.checkpointing import Checkpointing
    from verify.commands.junit import JUnit

SETTINGS = (
    "strategy",
    "granularity",
    "preemptions",
    "max_executions",
    "max_seconds",
    "max_steps",
    "max_memory",
    "seed",
    "workers",
)
"""The options that are settings of `verify.explore`."""
REPORTS = 3
"""Full reports printed for one model; the other counterexamples are only saved."""

COVERAGE = {
    OPERATION: "PROVED covers every interleaving of the models' visible operations, each call one "
    "operation, under sequential consistency.",
    INTERNAL: "PROVED covers every interleaving of the steps in which the monitor of the threads "
    "carries the models' calls out, under sequential consistency: that its guards are left, that "
    "no wake-up is lost, and that the calls at each object are linearizable.",
}


def check(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. UsageError for options that no search could have."""
    settings = _settings(arguments)
    known = project()
    with _cluster(arguments) as cluster:
        if arguments.checkpoint is None:
            return Check(arguments, settings, known, console, cluster=cluster).run()
        from verify.commands.checkpointing import Checkpointing

        saving = Checkpointing.new(arguments, settings, known, console)
        with terminated_gently():
            return Check(arguments, settings, known, console, saving, cluster).run()


def _cluster(arguments: argparse.Namespace) -> AbstractContextManager[Cluster | None]:
    """Who else explores. UsageError for options that do not fit, and if nobody is there."""
    address = arguments.scheduler
    if arguments.engine != "dask":
        if address is not None:
            raise UsageError(f"--scheduler {address} is for --engine dask: give both, or none")
        return nullcontext()
    if address is None:
        raise UsageError(
            "--engine dask needs the address of a scheduler: --scheduler tcp://HOST:8786"
        )
    if arguments.workers is not None:
        raise UsageError(
            "--workers are processes here, and with --engine dask the scheduler's workers explore: "
            "leave one of the two out"
        )
    from verify.cluster.cluster import Cluster

    return Cluster(address)


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings of `verify.explore` that were given; they go before the models' own."""
    strategy = arguments.strategy
    if strategy is not None and strategy not in STRATEGIES:
        raise UsageError(
            f"unknown strategy {strategy!r}: the strategies are {', '.join(STRATEGIES)}"
        )
    given = {name: getattr(arguments, name) for name in SETTINGS}
    settings = {name: as_written(value) for name, value in given.items() if value is not None}
    if arguments.all:
        settings["stop_at_first"] = False
    return settings


class Check:
    """One run of the command, or of the same with searches that go on from where they were."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        settings: dict[str, Any],
        project: dict[str, Any],
        console: Console,
        saving: Checkpointing | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self._arguments = arguments
        self._cluster = cluster
        self._settings = settings
        self._project = project
        self._saving = saving
        self._console = console
        self._results: list[Result] = []
        self._codes: set[int] = set()
        self._errors: list[str] = []
        self._interrupted = False
        self._keeper = Keeper(console)
        self._junit: JUnit | None = None
        if arguments.junit is not None:
            from verify.commands.junit import JUnit

            self._junit = JUnit(Path(arguments.junit))
        self._printed = 0

    def run(self) -> int:
        began = time.perf_counter()
        models: list[Model] = []
        attempted = 0
        try:
            models, errors = gather(self._arguments.paths, self._console)
            if self._saving is not None:
                models = self._saving.begin(models)
            for error in errors:
                self._refuse(error)
                if self._junit is not None:
                    self._junit.add_refusal(str(error))
            models = [model.within(self._project) for model in models]
            table = Table(self._console, models)
            for model in models:
                attempted += 1
                self._attempt(model, f"[{attempted}/{len(models)}] {model.name}", table)
                if self._interrupted:
                    break
        except KeyboardInterrupt:
            self._interrupted = True
        self._codes |= {result.exit_code for result in self._results}
        if self._interrupted:
            self._codes.add(exit_codes.UNDETERMINED)
        not_run = models[attempted:]
        elapsed = time.perf_counter() - began
        self._write_junit(not_run, elapsed)
        code = exit_codes.gravest(self._codes)
        if self._arguments.json:
            self._console.document(self._document(not_run, elapsed, code))
        else:
            self._sum_up(not_run, elapsed)
        return code

    def _attempt(self, model: Model, label: str, table: Table) -> None:
        """Check one model and tell; what keeps us from it is told instead."""
        try:
            result = self._explore(model, label)
            self._results.append(result)
            if self._junit is not None:
                self._junit.add(result, self._keeper)
            if not self._arguments.json:
                self._report(table, result)
        except KeyboardInterrupt:
            self._interrupted = True
            self._note(model, "interrupted", "interrupted while it was checked")
        except UsageError as error:
            self._refuse(error)
            self._note(model, "bad input", str(error))
        except Exception as fault:
            self._codes.add(exit_codes.INTERNAL_FAULT)
            message = f"internal fault in {model.key}: {type(fault).__name__}: {fault}"
            self._errors.append(message)
            self._console.fault(fault, model.key)
            self._note(model, "internal fault", message)
        except OutputGone:
            raise
        except BaseException as end:  # such as pytest.skip: no Exception, so no failure either
            message = f"{model.key} ends the search with {type(end).__name__}: {end}"
            self._refuse(UsageError(message))
            self._note(model, "bad input", message)

    def _refuse(self, error: UsageError) -> None:
        self._codes.add(exit_codes.BAD_INPUT)
        self._errors.append(str(error))
        self._console.error(error)

    def _note(self, model: Model, kind: str, message: str) -> None:
        """Tell CI of a model that nothing is known of."""
        if self._junit is not None:
            self._junit.add_error(model, kind, message)

    def _write_junit(self, not_run: list[Model], elapsed: float) -> None:
        if self._junit is None:
            return
        for model in not_run:
            self._note(model, "interrupted", "interrupted before it was checked")
        try:
            self._junit.write(elapsed)
        except UsageError as error:
            self._refuse(error)

    def _explore(self, model: Model, label: str) -> Result:
        settings = dict(self._settings)
        if "max_seconds" not in settings and "max_seconds" not in model.settings:
            settings["max_seconds"] = SECONDS
        model = model.searched_with(settings)
        progress = Progress(self._console, label, model.key if self._arguments.json else "")

        def on_progress(report: Report, depth: int) -> None:
            self._keeper.keep(report)
            progress.update(report, depth)

        saver = UNSAVED if self._saving is None else self._saving.saver(model)
        search = model.search(on_progress=on_progress, saver=saver, cluster=self._cluster)
        try:
            report = search.run()
        except KeyboardInterrupt:  # the second Ctrl-C breaks into the running execution
            report = search.report
            report.stop_reason = "an interruption (Ctrl-C)"
            self._interrupted = True
        finally:
            progress.close()
        self._interrupted |= search.interrupted
        self._keeper.keep(report)
        return Result(model, report)

    def _report(self, table: Table, result: Result) -> None:
        """One line, and in full what the author did not expect."""
        table.add(result)
        paths = [self._keeper.path(failure) for failure in result.report.failures]
        if self._arguments.verbose:
            report = result.report
            reason = f": {report.carrier_reason}" if report.carrier_reason else ""
            self._console.line(f"    {report.carrier}{reason}")
            for path in filter(None, paths):
                self._console.line(f"    {path}")
        if result.standing is not Standing.NOT_MET:
            return
        unexpected = [
            failure for failure in result.report.failures if failure.kind != result.model.expect
        ]
        for failure in unexpected[:REPORTS]:
            self._console.line()
            self._console.line(self._full(result, failure))
            self._printed += 1
        if len(unexpected) > REPORTS:
            others = counted(len(unexpected) - REPORTS, "other counterexample")
            self._console.line(f"    {others} in {TRACES}")

    def _full(self, result: Result, failure: Counterexample) -> str:
        return render(
            failure.trace,
            self._keeper.path(failure),
            result.report,
            width=self._console.width,
            ascii=self._console.ascii,
            color=self._console.color,
            replay_arguments=path_to(result.model),
        )

    def _sum_up(self, not_run: list[Model], elapsed: float) -> None:
        console, results = self._console, self._results
        if not results and not not_run:
            return
        console.line()
        for text in textwrap.wrap(self._summary(not_run, elapsed), console.width):
            console.line(text)
        notes = []
        proved = {r.report.granularity for r in results if r.report.verdict is Verdict.PROVED}
        notes += [COVERAGE[granularity] for granularity in GRANULARITIES if granularity in proved]
        if self._keeper.saved > self._printed:
            counterexamples = counted(self._keeper.saved, "counterexample")
            notes.append(f"{counterexamples} in {TRACES}: verify show FILE prints one.")
        for note in notes:
            for text in textwrap.wrap(note, console.width):
                console.line(console.paint(text, "dim"))
        if self._saving is not None and not self._saving.over:
            console.line(f"To go on from here: {self._saving.command}")

    def _summary(self, not_run: list[Model], elapsed: float) -> str:
        standings = Counter(result.standing for result in self._results)
        verdicts = Counter(result.report.verdict for result in self._results)
        parts = [f"{standings[Standing.MET]} as expected"]
        for standing, words in (
            (Standing.NOT_MET, "NOT as expected"),
            (Standing.NONDETERMINISTIC, "nondeterministic"),
            (Standing.UNDECIDED, "undetermined"),
        ):
            if standings[standing]:
                parts.append(f"{standings[standing]} {words}")
        if not_run:
            why = " (interrupted)" if self._interrupted else ""
            parts.append(f"{len(not_run)} not run{why}")
        if self._errors:
            parts.append(counted(len(self._errors), "error"))
        found = f"{verdicts[Verdict.PROVED]} proved, {verdicts[Verdict.VIOLATED]} refuted"
        total = counted(len(self._results) + len(not_run), "model")
        return f"{total}: {', '.join(parts)} · {found} · {seconds(elapsed)}"

    def _document(self, not_run: list[Model], elapsed: float, code: int) -> dict[str, Any]:
        saving = {} if self._saving is None else {"checkpoint": self._saving.document}
        return {
            "verify": __version__,
            "command": self._arguments.command,
            **saving,
            "instrument": [*instrumented.given],
            "models": [self._result_document(result) for result in self._results],
            "not_run": [model.key for model in not_run],
            "errors": self._errors,
            "interrupted": self._interrupted,
            "elapsed": round(elapsed, 6),
            "exit_code": code,
        }

    def _result_document(self, result: Result) -> dict[str, Any]:
        failures = []
        for failure in result.report.failures:
            path = self._keeper.path(failure)
            failures.append(
                {
                    "kind": failure.kind,
                    "message": failure.message,
                    "trace": None if path is None else str(path),
                }
            )
        return {**result.document(), "failures": failures}
