"""The source that a page shows: the lines of the model's file around those that the trace names.

A page is read later and elsewhere, so what it shows of the source is written into it, and only if
the file is the very one that the trace was made of: the trace has its sha-256. So a trace, which
may come from anybody, cannot make a page show a file that its author does not know.
"""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path
from typing import NamedTuple

from verify.traces.trace import Trace

AROUND = 3
"""Lines shown before and after the one that is meant."""
LARGEST_FILE = 4 * 1024 * 1024
LONGEST_LINE = 200
"""Characters of a line that are shown."""


class Source(NamedTuple):
    """Some lines of a file, by number from 1; else, why there are none."""

    file: str
    lines: dict[int, str]
    missing: str


def source(trace: Trace, directory: Path) -> Source:
    """The lines of the model's file that matter, the file being looked for from a directory."""
    file = trace.model.rpartition("::")[0]
    if not file or not trace.source:
        return Source(file, {}, "the model was not in a file")
    try:
        path = directory / file
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:
            return Source(file, {}, f"{file} is no source file")
        data = path.read_bytes()
    except (OSError, ValueError):  # a ValueError is a path with a null byte
        return Source(file, {}, f"{file} was not found from where this page was written")
    if hashlib.sha256(data).hexdigest() != trace.source:
        return Source(file, {}, f"{file} has changed since the trace was made")
    text = list(io.StringIO(data.decode(errors="replace"), newline=None))  # lines as Python's are
    shown = {
        near: text[near - 1].rstrip("\n").expandtabs(4)[:LONGEST_LINE]
        for line in _named(trace, file)
        for near in range(max(line - AROUND, 1), min(line + AROUND, len(text)) + 1)
    }
    return Source(file, dict(sorted(shown.items())), "")


def _named(trace: Trace, file: str) -> set[int]:
    """The numbers of the lines of a file that a trace names."""
    places = [event.place for event in (*trace.events, *trace.passing)]
    places += [trace.place, *(waiting.place for waiting in trace.waiting)]
    named = (place.rpartition(":") for place in places)
    return {int(line) for where, _, line in named if where == file and line.isdecimal()}
