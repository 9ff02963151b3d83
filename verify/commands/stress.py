"""`verify stress`: run models over and over on real threads or processes, or as coroutines.

A failure that its author expects is as welcome as none: real schedulers show a bug by luck. What
the author does not expect is printed in full.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather
from verify.commands.progress import Progress
from verify.commands.wording import counted, seconds
from verify.errors import UsageError
from verify.modelling import Model
from verify.stressing.report import StressReport, disappointment
from verify.stressing.runner import stress_and_compare


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
            _tell(result, console)
        if result.report.interrupted:
            break
    code = exit_codes.gravest(codes)
    if arguments.json:
        console.results("stress", [_document(result) for result in results], errors, code)
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
            )
    finally:
        progress.close()


def _tell(result: _Result, console: Console) -> None:
    color = "red" if result.reason else "yellow" if result.exit_code else "green"
    console.line(f"{result.model.key}  {console.paint(result.standing, color)}")
    told = str(result.report)
    if result.reason:
        console.line(f"  {result.reason}")
    else:
        told = told.partition("\n\n")[0]  # the figures; then come the failures in full
    for text in told.splitlines():
        console.line(f"  {text}".rstrip())
    console.line()


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


def _document(result: _Result) -> dict[str, object]:
    return {
        "model": result.model.key,
        "expect": result.model.expect,
        "standing": result.standing,
        "reason": result.reason,
        **result.report.as_json(),
    }
