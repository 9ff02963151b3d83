"""`verify stress`: run models over and over on real threads or processes, or as coroutines.

A failure that its author expects is as welcome as none: real schedulers show a bug by luck. What
the author does not expect is printed in full. Of each failure that the explorer finds again a trace
is kept, as `verify check` keeps its own.
"""

from __future__ import annotations

import argparse
import shlex
import time
from dataclasses import dataclass

from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather, path_to
from verify.commands.keeping import Keeper
from verify.commands.progress import Progress
from verify.commands.wording import counted, seconds
from verify.errors import UsageError
from verify.exploration.report import Report
from verify.modelling import Model
from verify.stressing.report import StressReport, disappointment
from verify.stressing.runner import stress_and_compare
from verify.stressing.tracing import Traced
from verify.traces.render_text import render
from verify.traces.wording import replay_command


@dataclass(frozen=True)
class _Result:
    model: Model
    report: StressReport

    @property
    def reason(self) -> str:
        return disappointment(self.model, self.report)

    @property
    def standing(self) -> str:
        if self.report.refusal:
            return "not run"
        if self.reason:
            return "NOT AS EXPECTED"
        return "interrupted" if self.report.interrupted else "as expected"

    @property
    def exit_code(self) -> int:
        if self.reason:
            return exit_codes.REFUTED
        if self.report.refusal or self.report.interrupted:
            return exit_codes.UNDETERMINED
        return exit_codes.AS_EXPECTED


def stress(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    began = time.perf_counter()
    models, problems = gather(arguments.paths, console)
    errors = [str(problem) for problem in problems]
    for problem in problems:
        console.error(problem)
    codes = {exit_codes.BAD_INPUT} if errors else set()
    results: list[_Result] = []
    keeper = Keeper(console)
    for position, model in enumerate(models):
        label = f"[{position + 1}/{len(models)}] {model.name} on {arguments.on}"
        try:
            result = _Result(model, _run(model, arguments, console, label))
        except KeyboardInterrupt:
            codes.add(exit_codes.UNDETERMINED)
            break
        except UsageError as error:
            console.error(error)
            errors.append(str(error))
            codes.add(exit_codes.BAD_INPUT)
            continue
        except Exception as fault:
            console.fault(fault, model.key)
            errors.append(f"internal fault in {model.key}: {type(fault).__name__}: {fault}")
            codes.add(exit_codes.INTERNAL_FAULT)
            continue
        results.append(result)
        codes.add(result.exit_code)
        if not arguments.json:
            _tell(result, keeper, console)
        if result.report.interrupted:
            break
    code = exit_codes.gravest(codes)
    if arguments.json:
        documents = [_document(result, keeper) for result in results]
        console.results("stress", documents, errors, code)
    elif models:
        console.line(_summary(results, models, time.perf_counter() - began))
    return code


def _run(model: Model, arguments: argparse.Namespace, console: Console, label: str) -> StressReport:
    progress = Progress(console, label)
    progress.say("")
    try:
        with console.children_kept_apart():
            return stress_and_compare(
                model.function,
                on=arguments.on,
                seconds=arguments.seconds,
                iterations=arguments.iterations,
                seed=arguments.seed or 0,
                guided=arguments.guided,
                name=model.key,
                races_allowed=model.allows_data_races,
            )
    finally:
        progress.close()


def _tell(result: _Result, keeper: Keeper, console: Console) -> None:
    color = "red" if result.reason else "yellow" if result.exit_code else "green"
    console.line(f"{result.model.key}  {console.paint(result.standing, color)}")
    told = str(result.report)
    if result.reason:
        console.line(f"  {result.reason}")
    else:
        told = told.partition("\n\n")[0]  # the figures; then come the failures in full
    for text in told.splitlines():
        console.line(f"  {text}".rstrip())
    for traced in result.report.traced:
        _tell_of_trace(result, traced, keeper, console)
    console.line()


def _tell_of_trace(result: _Result, traced: Traced, keeper: Keeper, console: Console) -> None:
    """How to run a failure again, in a line; the whole counterexample if nobody expected it."""
    found = traced.counterexample
    head = f"  {traced.kind} in run {traced.run:,}"
    if found is None:
        console.line(f"{head} has no trace: {traced.why}")
        return
    path = keeper.path(found)
    if result.reason:
        console.line()
        console.line(f"{head}, as the explorer finds it{traced.nearby}:")
        console.line()
        replayed = Report("replay")  # of one execution: nothing was searched
        console.line(
            render(
                found.trace,
                path,
                replayed,
                width=console.width,
                ascii=console.ascii,
                color=console.color,
                replay_arguments=path_to(result.model),
            )
        )
    elif path is not None:
        command = replay_command(found.trace, shlex.quote(path.as_posix()), path_to(result.model))
        console.line(f"{head}{traced.nearby}: {command}")


def _summary(results: list[_Result], models: list[Model], elapsed: float) -> str:
    runs = sum(result.report.runs for result in results)
    failures = sum(result.report.failures.total() for result in results)
    standings = [result.standing for result in results]
    standings += ["not run"] * (len(models) - len(results))
    parts = [
        f"{standings.count(standing)} {standing}"
        for standing in ("as expected", "NOT AS EXPECTED", "interrupted", "not run")
        if standing in standings
    ]
    return (
        f"{counted(len(models), 'model')}: {', '.join(parts)} · {counted(runs, 'run')}, "
        f"{counted(failures, 'failure')} · {seconds(elapsed)}"
    )


def _document(result: _Result, keeper: Keeper) -> dict[str, object]:
    traces = []
    for traced in result.report.traced:
        found = traced.counterexample
        path = None if found is None else keeper.path(found)
        traces.append(
            {
                "run": traced.run,
                "kind": traced.kind,
                "message": traced.message,
                "trace": None if path is None else str(path),
                "departures": traced.departures,
                "why": traced.why,
            }
        )
    return {
        "model": result.model.key,
        "expect": result.model.expect,
        "standing": result.standing,
        "reason": result.reason,
        **result.report.as_json(),
        "traces": traces,
    }
