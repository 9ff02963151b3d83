"""The page: a counterexample as one HTML file, to be read and stepped through in any browser.

    page      a trace as the text of such a file
    write     the same, from a trace's file into another

The file is whole: style, script, the trace itself, byte for byte, and the text report, which is
what is seen where scripts do not run. What is drawn is drawn by the scripts beside this module,
from the trace and from what `_facts` adds: the words of the text report, and lines of the source.

A trace may come from anybody, and its page is opened with a click. So the browser is told to run
our script and no other, by its hash, to use our style and no other, and to fetch nothing; the trace
stands in a block of data in which no tag can end or begin; the scripts make text, never markup, of
what they read.

A function of its arguments alone, byte for byte.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shlex
import zlib
from importlib import resources
from pathlib import Path
from string import Template

from verify.errors import UsageError
from verify.page.excerpt import excerpt
from verify.traces.format import decode, load
from verify.traces.render_text import render
from verify.traces.source import Source, source
from verify.traces.table import aliases, main_file, starts, texts
from verify.traces.trace import Trace
from verify.traces.wording import drawing, failure, reason, replay_command, wanted_by
from verify.writing import write_whole

LARGEST_PAGE = 300_000
"""Bytes; what a mail or an issue takes along without a thought."""
LARGEST_PLAIN = 150_000
"""Characters of data that are written as they are; more, from some 400 steps on, are deflated."""
LONGEST_REPORT = 400
"""Lines; those in the middle of a longer one are left out."""
SCRIPTS = ("run.js", "drawing.js", "graph.js", "panels.js", "stepping.js")
"""In this order they are one script."""
REPORT_WIDTH = 100


def write(path: Path, target: Path | None = None) -> Path:
    """Write the page of the trace in a file; returns where: beside the trace unless told.

    Raises TraceError if the file is no trace, UsageError if the page cannot be written.
    """
    data = load(path)
    trace = decode(data, str(path))
    target = path.with_suffix(".html") if target is None else target
    text = page(trace, data, path, source(trace, Path.cwd()))
    encoded = text.encode()
    if len(encoded) > LARGEST_PAGE:
        raise UsageError(
            f"the page of {path} would have {len(encoded):,} bytes, more than {LARGEST_PAGE:,}: "
            f"its {len(trace.events):,} steps are too many for a picture, but verify show {path} "
            "prints them"
        )
    try:
        if target.exists() and target.samefile(path):
            raise UsageError(f"{target} is the trace itself, which the page would replace")
        write_whole(target, encoded)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"the page cannot be written to {target}: {why}; name another file, as in "
            "verify show TRACE --html FILE"
        ) from None
    return target


def page(trace: Trace, data: bytes, path: Path, source: Source) -> str:
    """The page of a trace, of the bytes that it is stored as, and of where these are."""
    style, script = _read("page.css"), "".join(map(_read, SCRIPTS))
    file = shlex.quote(source.file)
    report = render(trace, path, width=REPORT_WIDTH, replay_arguments=file)
    how, facts = _data(_facts(trace, data, path, source))
    return Template(_read("page.html")).substitute(
        title=_text(f"{failure(trace)} in {trace.name}"),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        report=_text(_shortened(report)),
        how=how,
        data=facts,
    )


def _facts(trace: Trace, data: bytes, path: Path, source: Source) -> dict[str, object]:
    """What the scripts are given beside the trace: words that only Python knows how to put."""
    shared = trace.events[: max(trace.parted - 1, 0)]
    settings = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in sorted(trace.settings.items())
    }
    return {
        "name": path.name,
        "trace": data.decode("ascii"),
        "failure": failure(trace),
        "model": trace.name,
        "file": main_file(trace),
        "reason": reason(trace),
        "drawing": drawing(trace),
        "replay": replay_command(trace, shlex.quote(path.name), shlex.quote(source.file)),
        "called": aliases(trace),
        "starts": starts(trace),
        "texts": texts(trace, trace.events, "→"),
        "passing": texts(trace, (*shared, *trace.passing), "→")[len(shared) :],
        "wanted": [wanted_by(trace, one) for one in trace.waiting],
        "settings": settings,
        "source": {**source._asdict(), "lines": excerpt(trace, source)},
    }


def _read(name: str) -> str:
    return resources.files("verify.page").joinpath(name).read_text(encoding="utf-8")


def _text(text: str) -> str:
    return html.escape("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text))


def _shortened(report: str) -> str:
    lines = report.split("\n")
    left = len(lines) - LONGEST_REPORT
    if left <= 0:
        return report
    half = LONGEST_REPORT // 2
    return "\n".join([*lines[:half], f"  … {left} lines are left out here", *lines[-half:]])


def _data(facts: dict[str, object]) -> tuple[str, str]:
    """How a block of data in a page is written, and the block: no tag ends or begins in it."""
    plain = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
    if len(plain) <= LARGEST_PLAIN:
        return "application/json", plain
    return "application/zlib", base64.b64encode(zlib.compress(plain.encode(), 9)).decode()


def _hash(content: str) -> str:
    """As a content security policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
