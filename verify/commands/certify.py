"""`verify certify`: a second opinion on the proofs in a report, by brute force.

The report names its models by keys and the hashes of their files. They are looked up among those
that the command line leads to; nothing that is named in the file is imported.
"""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

from verify.certifying import claims
from verify.certifying.brute_force import Tally
from verify.certifying.claims import Claim, Claims
from verify.certifying.opinion import Extent, Judgement, Opinion, second_opinion
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.gathering import gather, named, path_to
from verify.commands.keeping import Keeper
from verify.commands.options import SECONDS
from verify.commands.progress import Progress
from verify.commands.wording import counted, seconds, spelled
from verify.errors import UsageError
from verify.exploration.limits import Limits, as_written
from verify.exploration.report import Report
from verify.modelling import Model
from verify.scheduling import instrumented
from verify.settings import project
from verify.traces.recording import source_hash
from verify.traces.render_text import render

_COLORS = {
    Judgement.CERTIFIED: "green",
    Judgement.CONTRADICTED: "red",
    Judgement.SAMPLED: "yellow",
    Judgement.NONDETERMINISTIC: "red",
}


def certify(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. UsageError if the file is no report, or of other code."""
    found = claims.read(Path(arguments.report))
    _demand_instrumented(found, arguments.report)
    return _Certify(arguments, found, console).run()


def _demand_instrumented(found: Claims, report: str) -> None:
    if [*instrumented.given] != found.instrument:
        given = " ".join(f"--instrument {name}" for name in found.instrument)
        raise UsageError(
            f"{report} is of code that was instrumented in another way: certify it with "
            f"{given or 'no --instrument'}"
        )


class _Certify:
    """One run of the command."""

    def __init__(self, arguments: argparse.Namespace, found: Claims, console: Console) -> None:
        self._arguments = arguments
        self._claims = found
        self._console = console
        self._keeper = Keeper(console)
        self._project = project()
        self._errors: list[UsageError] = []
        self._opinions: list[tuple[Model, Opinion]] = []

    def run(self) -> int:
        console, arguments = self._console, self._arguments
        proved = self._claims.proved
        models, errors = gather(arguments.paths, console)
        for error in errors:
            self._refuse(error)
        for number, claim in enumerate(proved, 1):
            try:
                model = self._model_of(claim, models)
                opinion = self._form(model, claim, f"[{number}/{len(proved)}] {model.name}")
            except UsageError as error:
                self._refuse(error)
                continue
            self._opinions.append((model, opinion))
            if not arguments.json:
                self._tell(model, opinion)
            if opinion.interrupted:
                break
        codes = {opinion.judgement.value for _, opinion in self._opinions}
        if self._errors:
            codes.add(exit_codes.BAD_INPUT)
        if any(opinion.interrupted for _, opinion in self._opinions):
            codes.add(exit_codes.UNDETERMINED)
        code = exit_codes.gravest(codes)
        if arguments.json:
            documents = [self._document(model, opinion) for model, opinion in self._opinions]
            console.results("certify", documents, self._errors, code)
        else:
            self._sum_up()
        return code

    def _refuse(self, error: UsageError) -> None:
        self._errors.append(error)
        self._console.error(error)

    def _model_of(self, claim: Claim, models: list[Model]) -> Model:
        """The model that a claim is about; UsageError if it is not there, or is not what it was."""
        found = named(models, claim.model)
        if len(found) != 1:
            where = f"among the {len(models)} models in " + (
                " ".join(self._arguments.paths) or "the default place"
            )
            several = f"{len(found)} {where} are called so" if found else f"it is not {where}"
            raise UsageError(
                f"the report is of {claim.model}, and {several}: give the file that holds it, as "
                "in verify certify REPORT FILE"
            )
        model = found[0].within(self._project)
        if not claim.source or source_hash(model.function) != claim.source:
            raise UsageError(
                f"{claim.model} has changed since the report was written: what it says holds of "
                "another program; run verify check --json again"
            )
        return model

    def _form(self, model: Model, claim: Claim, label: str) -> Opinion:
        arguments = self._arguments
        limit = arguments.max_seconds
        limits = Limits(
            as_written(arguments.max_executions), SECONDS if limit is None else as_written(limit)
        )
        progress = Progress(self._console, label, model.key if arguments.json else "")

        def on_progress(tally: Tally) -> None:
            progress.update(Report("brute_force", executions=tally.executions), tally.steps)

        try:
            return second_opinion(model, claim, limits, arguments.seed or 0, on_progress)
        finally:
            progress.close()

    def _tell(self, model: Model, opinion: Opinion) -> None:
        console, verdict = self._console, opinion.judgement.name
        told = f"{verdict}  {model.key} · {seconds(opinion.elapsed)}"
        console.line(told.replace(verdict, console.paint(verdict, _COLORS[opinion.judgement]), 1))
        for text in textwrap.wrap(in_words(opinion, self._arguments.seed or 0), console.width - 2):
            console.line(f"  {text}")
        if opinion.failure is not None:
            trace = opinion.failure.trace
            console.line()
            console.line(
                render(
                    trace,
                    self._keeper.path(opinion.failure),
                    width=console.width,
                    ascii=console.ascii,
                    color=console.color,
                    replay_arguments=path_to(model),
                )
            )
            console.line()

    def _sum_up(self) -> None:
        judged = Counter(opinion.judgement for _, opinion in self._opinions)
        proved, others = self._claims.proved, self._claims.others
        parts = [f"{judged[one]} {one.name.lower()}" for one in Judgement if judged[one]]
        left = len(proved) - len(self._opinions)
        if left:
            parts.append(f"{left} not looked at")
        text = f"{counted(len(proved), 'proof')}: {', '.join(parts)}"
        if others:
            text += f" · {counted(others, 'other result')} of the report, which claim no proof"
        self._console.line()
        for line in textwrap.wrap(text, self._console.width):
            self._console.line(line)

    def _document(self, model: Model, opinion: Opinion) -> dict[str, Any]:
        tally, claim, failure = opinion.tally, opinion.claim, opinion.failure
        path = None if failure is None else self._keeper.path(failure)
        return {
            "model": model.key,
            "judgement": opinion.judgement.name,
            "extent": opinion.extent.name,
            "claimed": claim.classes,
            "classes": len(tally.classes),
            "executions": tally.executions,
            "drawn": tally.drawn,
            "steps": tally.steps,
            "contradiction": opinion.contradiction,
            "nondeterminism": opinion.nondeterminism,
            "trace": None if path is None else str(path),
            "interrupted": opinion.interrupted,
            "elapsed": round(opinion.elapsed, 6),
        }


def in_words(opinion: Opinion, seed: int) -> str:
    """What was found out, in a sentence or two."""
    tally, claimed = opinion.tally, opinion.claim.classes
    run = counted(tally.executions, "execution")
    if opinion.contradiction:
        return (
            f"The report has {counted(claimed, 'class', 'classes')}, none of which fails, but "
            f"{opinion.contradiction} ({run} by brute force). One of the two is wrong, and that is "
            "a mistake in verify, unless tasks share what it does not see: please report it."
        )
    if opinion.nondeterminism:
        return (
            f"The same schedule gave another run, so nothing can be said: {opinion.nondeterminism}"
        )
    if opinion.extent is not Extent.SAMPLE:
        return (
            f"The whole space: {counted(claimed, 'class', 'classes')}, as in the report, and none "
            f"fails. Run was {opinion.extent.value}: {run}."
        )
    seen = len(tally.classes)
    stopped = "Interrupted: a" if opinion.interrupted else "A"
    return (
        f"{stopped} sample: {spelled(seen)} of the report's "
        f"{counted(claimed, 'class', 'classes')} ({100 * seen // claimed} %) in {run}, of which "
        f"{spelled(tally.drawn)} drawn at random (seed {seed}). None fails, and there is no class "
        "too many; of the others nothing is known."
    )
