"""The source of a trace: the lines of the file that holds its model.

Only if that file is there and the very one that the trace was made of: the trace has its sha-256.
So a trace, which may come from anybody, cannot have a file shown that its author does not know.
"""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path
from typing import NamedTuple

from verify.traces.trace import Trace

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes of a file whose lines are shown."""


class Source(NamedTuple):
    """A file and its lines; else, why there are none."""

    file: str
    lines: list[str]
    missing: str

    def number(self, place: str) -> int:
        """The number, from 1, of the line that a place names; 0 if it is none of these."""
        file, _, number = place.rpartition(":")
        if file != self.file or not number.isdecimal() or len(number) > 9:
            return 0
        return int(number) if int(number) <= len(self.lines) else 0

    def line(self, place: str) -> str:
        """The text of the line that a place names, without its indentation; empty if none is."""
        number = self.number(place)
        return self.lines[number - 1].strip() if number else ""


def source(trace: Trace, directory: Path) -> Source:
    """The lines of the model's file, which is looked for from a directory."""
    file = trace.file
    if not file or not trace.source:
        return Source(file, [], "the model was not in a file")
    try:
        path = directory / file
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= LARGEST_FILE:
            return Source(file, [], f"{file} is no source file")
        data = path.read_bytes()
    except (OSError, ValueError):  # a ValueError is a path with a null byte
        return Source(file, [], f"{file} is not here")
    if hashlib.sha256(data).hexdigest() != trace.source:
        return Source(file, [], f"{file} has changed since the trace was made")
    text = io.StringIO(data.decode("utf-8", "replace"), newline=None)  # lines as Python's are
    return Source(file, [line.rstrip("\n") for line in text], "")
