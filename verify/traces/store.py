"""The store: one file for each counterexample, named by what the counterexample is.

The name is made of the model's name and the trace's digest, so that the same counterexample, found
again tomorrow or by a colleague, is the same file. It appears whole or not at all (writing.py).
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import Path

from verify.errors import TraceError, UsageError
from verify.traces.format import AGAIN, decode, encode, read
from verify.traces.trace import Trace
from verify.writing import write_whole

DIGITS = (8, 16)
"""Of the digest in a file's name: the longer form if the shorter is another counterexample's."""
LONGEST_NAME = 80


def save(trace: Trace, directory: Path = Path("traces")) -> Path:
    """Keep a trace in a directory, which is made if it is not there; returns the file.

    A file that holds this counterexample already is left as it is; one that would be too long goes
    without the execution that passes. UsageError, one line, if the
    trace cannot be kept: a full disk, a directory that cannot be written to, a trace too long.
    """
    try:
        data, kept = _readable(trace)
    except (TraceError, ValueError) as error:
        reason = str(error).removesuffix(f"; {AGAIN}")
        raise UsageError(
            f"the counterexample is more than a trace can hold ({reason}); a smaller max_steps, or "
            "a model that names and prints less, gives one that can be kept"
        ) from None
    path, is_there = _file(kept, directory)
    if not is_there:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
        except OSError as error:
            raise UsageError(
                f"the counterexample cannot be kept as {path}: {error.strerror or error}; make "
                "room there or run verify from a directory that can be written to"
            ) from None
    return path


def _readable(trace: Trace) -> tuple[bytes, Trace]:
    """What is to be written, and what will be read of it. TraceError or ValueError if it is too
    much."""
    data = encode(trace)
    try:
        return data, decode(data, "the counterexample")
    except TraceError:
        if not trace.passing:
            raise
    return _readable(replace(trace, parted=0, passing=()))


def kept(model: str, directory: Path) -> list[tuple[Path, Trace]]:
    """The counterexamples of one model in a directory, by file name; what is no trace is passed
    over.
    """
    found = []
    stem = _stem(model.partition("[")[0].rpartition("::")[2])
    for path in sorted(directory.glob(f"{stem}-*.jsonl")):
        with contextlib.suppress(TraceError):
            trace = read(path)
            if trace.model == model:
                found.append((path, trace))
    return found


def _stem(name: str) -> str:
    """What the files of a model begin with."""
    return re.sub("[^A-Za-z0-9]+", "-", name).strip("-")[:LONGEST_NAME] or "program"


def _file(trace: Trace, directory: Path) -> tuple[Path, bool]:
    """Where a trace belongs, and whether it is there."""
    name = _stem(trace.name)
    for digits in DIGITS:
        path = directory / f"{name}-{trace.digest[:digits]}.jsonl"
        try:
            found = read(path)
        except TraceError:
            return path, False  # nothing, or a damaged file, which a whole one replaces
        if found.digest == trace.digest:
            return path, True
    return path, False
