"""The reports of the classic wrong models, as they are kept beside this file.

`python -m tests.golden.reports` writes them anew; what has changed is then to be read, and meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from verify.collection import collect
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
    for model in collect([Path("models", f"{family}.py") for family in FAMILIES]):
        if model.expect == "proved":
            continue
        report = model.search().run()
        trace = report.failures[0].trace
        path = Path("traces", f"{model.name.replace('_', '-')}.jsonl")
        yield model.name, render(trace, path, report, width=WIDTH) + "\n"


if __name__ == "__main__":
    for name, text in reports():
        (HERE / f"{name}.txt").write_text(text, encoding="utf-8")
