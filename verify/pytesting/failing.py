"""Failing: what a model that fails raises, and the account of it in the failure section.

A counterexample is saved when the report of its test is made, not when it is found: a model that
Hypothesis calls a hundred times, each time with less, leaves the trace that is shown.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from verify.errors import PropertyViolated, UsageError
from verify.exploration.report import Report
from verify.modelling import Model
from verify.pytesting.reporting import Account
from verify.traces.render_text import render
from verify.traces.store import save
from verify.traces.trace import Trace

REPORTS = 3
"""Full reports of one model; the other counterexamples are only saved."""


class Failing(NamedTuple):
    """What is known of a model that fails, until its test's report is made."""

    item: pytest.Item
    model: Model
    reason: str
    report: Report | None
    traces: Sequence[Trace]


def refuted(failing: Failing) -> PropertyViolated:
    """The exception; its text is for who catches it, the report is made from the rest."""
    texts = [failing.reason]
    if failing.report is not None and failing.traces:
        texts += [render(trace, None, failing.report) for trace in failing.traces[:REPORTS]]
    error = PropertyViolated("\n".join(texts))
    vars(error)["failing"] = failing
    return error


class Accounts:
    """Makes accounts: saves traces in a directory, writes pages into `pages` if there is such a
    place, and shows paths as seen from `here`.
    """

    def __init__(
        self, directory: Path, here: Path, pages: Path | None, surroundings: dict[str, Any]
    ) -> None:
        self._directory = directory
        self._here = here
        self._pages = pages
        self._surroundings = surroundings

    def account(self, failing: Failing, error: BaseException) -> Account:
        """Save the counterexamples, and tell of them."""
        model, report = failing.model, failing.report
        texts = []
        found = report is not None and report.strategy != "replay"
        if not (found and failing.traces and model.expect == "proved"):
            texts.append(failing.reason)  # else it only says what the counterexample shows
        for position, trace in enumerate(failing.traces):
            path, page = None, ""
            try:
                path = save(trace, self._directory)
                page = self._page(path)
            except UsageError as refusal:
                texts.append(str(refusal))
            if position < REPORTS:
                texts.append(self._rendered(failing, trace, path) + page)
        more = len(failing.traces) - REPORTS
        if more > 0:
            texts.append(f"and {more} more in {self.shown(self._directory)}")
        texts += getattr(error, "__notes__", ())  # Hypothesis tells the example there
        code = model.function.__code__
        message = failing.reason.partition("\n")[0]
        if found and failing.traces:
            message = f"{failing.traces[0].kind}: {failing.traces[0].message}"
        file = str(self.shown(Path(code.co_filename)))
        return Account("\n\n".join(texts), file, code.co_firstlineno, message)

    def _rendered(self, failing: Failing, trace: Trace, path: Path | None) -> str:
        file = shlex.quote(str(self.shown(failing.item.path)))
        digits = "" if path is None else path.stem.rpartition("-")[2]
        asked = failing.item.config.option.verify_instrument
        also = "".join(f" --verify-instrument {shlex.quote(name)}" for name in asked)
        return render(
            trace,
            None if path is None else self.shown(path),
            failing.report,
            width=self._surroundings["width"],
            ascii=self._surroundings["ascii"],
            color=True,
            replay_command=f"pytest {file} --verify-replay={digits}{also}",
        )

    def _page(self, path: Path) -> str:
        """Write the page of a trace, if pages are wanted; the line that tells where."""
        if self._pages is None:
            return ""
        from verify.page.page import write  # here: most runs never need it

        with contextlib.suppress(OSError):  # what is wrong with the directory is said below
            self._pages.mkdir(parents=True, exist_ok=True)
        page = write(path, self._pages / f"{path.stem}.html")
        return f"\n  page     {self.shown(page)}"

    def shown(self, path: Path) -> Path:
        return Path(os.path.relpath(path, self._here))
