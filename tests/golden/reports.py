"""The reports of wrong models, classic ones and those of programs.py, as they are kept here.

Where a search ends before it has refuted one, what is kept is its verdict and what health checks
have to say: here the warning of locks that are taken in a circle.

`python -m tests.golden.reports` writes them anew; what has changed is then to be read, and meant.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from verify.collection import collect
from verify.commands.gathering import path_to
from verify.modelling import in_full
from verify.traces.render_text import render

HERE = Path(__file__).parent
FAMILIES = (
    "counter",
    "bank",
    "dining_philosophers",
    "producer_consumer",
    "semaphore_bounds",
    "events",
)
WIDTH = 100


def reports() -> Iterator[tuple[str, str]]:
    """Each wrong model's name and its first report; to be asked for in the checkout."""
    files = [Path("models", f"{family}.py") for family in FAMILIES]
    models = [model for model in collect(files) if model.expect != "proved"]
    for model in [*models, *collect([Path("tests", "golden", "programs.py")])]:
        report = model.search().run()
        if not report.failures:
            lines = [str(report), *(f"warning: {in_full(one)}" for one in report.concerns)]
            yield model.name, "".join(textwrap.fill(line, WIDTH) + "\n" for line in lines)
            continue
        trace = report.failures[0].trace
        path = Path("traces", f"{model.name.replace('_', '-')}.jsonl")
        text = render(trace, path, report, width=WIDTH, replay_arguments=path_to(model))
        yield model.name, text + "\n"


if __name__ == "__main__":
    for name, text in reports():
        (HERE / f"{name}.txt").write_text(text, encoding="utf-8")
