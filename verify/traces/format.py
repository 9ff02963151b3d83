"""The format of a stored trace: versioned JSON lines, and a reader that believes nothing.

    line 1      the header: what failed in which program, and with what it was found
    lines 2…    the events, one a line, numbered from 1; then, numbered from where they part, those
                of the nearest execution that violates nothing, if there is one
    last line   the trailer: the sha-256 of all bytes before it

    encode      a trace as bytes
    decode      bytes as a trace: is it ours, is it a version we know, is it whole? Then each line:
                is it shallow enough to parse, is it JSON, has it the right fields (fields.py)?
    read        the same for a file, whose size is looked at first

The same trace gives the same bytes under any hash seed, locale and interpreter (but for the
`python` field): keys come in the order in which they are declared here, so that the first bytes
tell what the file is and a line reads like a sentence; settings are sorted; everything is ASCII,
other characters escaped, so that no editor, terminal or checkout can change what the sum was
computed over. A field that is empty and may be is left out.

A file may come from anybody. Nothing in it is evaluated, imported or unpickled; what is read is
bounded before it is parsed; whatever is wrong gives one `TraceError`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import verify
from verify.errors import TraceError
from verify.traces.fields import (
    EVENT,
    FORMAT,
    HEADER,
    MAY_LACK,
    OPTIONAL,
    SURROGATE,
    VERSION,
    Wrong,
    record,
    shown,
)
from verify.traces.trace import Trace, TraceEvent

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes of a trace: more than anybody can read, and little enough to be read in a second and in 100
megabytes, whatever they are."""
MOST_EVENTS = 20_000
LONGEST_LINE = 1024 * 1024
DEEPEST = 8
"""Brackets open at once; the header, which goes deepest, needs four."""
LONGEST_NUMBER = 100
"""Digits; a seed may be large, but a number of any length takes any time to convert."""

_MAGIC = b'{"format":"verify trace","version":'
_VERSION = re.compile(rb"([0-9]{1,9})[,}]")
_TRAILER = re.compile(rb'\{"sha256":"([0-9a-f]{64})"\}\n')
_STRING = re.compile(r'"(?:[^"\\]+|\\.)*+"?')  # an open end is one too: anything else is quadratic
_BRACKET = re.compile(r"[\[\]{}]")
AGAIN = "`verify check` finds and writes it again"


# ---------------------------------------------------------------------------------- writing


def encode(trace: Trace) -> bytes:
    """A trace as the bytes of a file. Halves of characters, which no file can hold, are escaped."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "tool": verify.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "model": trace.model,
        "source": trace.source,
        "settings": dict(sorted(trace.settings.items())),
        "verdict": "VIOLATED",
        "kind": trace.kind,
        "message": trace.message,
        "task": trace.task,
        "step": trace.step,
        "place": trace.place,
        "tasks": trace.tasks,
        "waiting": [vars(waiting) for waiting in trace.waiting],
        "diagnosis": trace.diagnosis,
        "output": trace.output,
        "racing": trace.racing,
        "parted": trace.parted,
        "statistics": dict(sorted(trace.statistics.items())),
        "notes": trace.notes,
    }
    lines = [
        _line({key: value for key, value in header.items() if value or key not in MAY_LACK}),
        *(_line(_event(step, event)) for step, event in enumerate(trace.events, 1)),
        *(_line(_event(step, event)) for step, event in enumerate(trace.passing, trace.parted)),
    ]
    content = "".join(lines).encode("ascii")
    return content + _trailer(content)


def _event(step: int, event: TraceEvent) -> dict[str, object]:
    present = {key: value for key, value in vars(event).items() if value or key not in OPTIONAL}
    return {"step": step, **present}


def _line(values: Mapping[str, object]) -> str:
    plain = _whole(values)
    return json.dumps(plain, ensure_ascii=True, allow_nan=False, separators=(",", ":")) + "\n"


def _whole(value: Any) -> Any:
    """A value without halves of surrogate pairs: they could not be printed when read again."""
    if isinstance(value, str):
        return SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value


def _trailer(content: bytes) -> bytes:
    return b'{"sha256":"%s"}\n' % hashlib.sha256(content).hexdigest().encode()


# ---------------------------------------------------------------------------------- reading


def read(path: Path | str) -> Trace:
    """The trace in a file. For anything else TraceError: one line, what is wrong and where."""
    return decode(load(Path(path)), str(path))


def load(path: Path, what: str = "trace", by: str = "`verify check`") -> bytes:
    """The bytes of a file that may be a trace, or something else that is written `by` a command.

    TraceError if it cannot be read, or is too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise TraceError(f"{path} is not a file: a {what} is a file that {by} wrote")
        if status.st_size > LARGEST_FILE:
            raise TraceError(_too_large(str(path), status.st_size, what))
        if not status.st_size:  # also what the kernel writes as it is read, perhaps without end
            return b""
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # a ValueError is a path with a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise TraceError(f"{path}: {reason}: the {what} cannot be read") from None
    return data


def decode(data: bytes, name: str) -> Trace:
    """The trace that some bytes are; `name` is what to call them in an error.

    Raises TraceError, and nothing else, for anything that `encode` cannot have written.
    """
    content = _checked(data, name)
    try:
        return _trace(content.decode("ascii"), name)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise TraceError(f"{name}:{line}: a trace is ASCII, but has a byte {byte:#x}") from None


def _too_large(name: str, size: int, what: str = "trace") -> str:
    return (
        f"{name} has {size:,} bytes, but no {what} has more than {LARGEST_FILE:,}: "
        "is this the right file?"
    )


def _checked(data: bytes, name: str) -> bytes:
    """The content before the trailer, once it is known to be ours and whole."""
    if not data:
        raise TraceError(f"{name} is empty: {AGAIN}")
    if len(data) > LARGEST_FILE:
        raise TraceError(_too_large(name, len(data)))
    cut_off = f"{name} is cut off: its last line is not the sum that ends a trace; {AGAIN}"
    if not data.startswith(_MAGIC):
        if _MAGIC.startswith(data):
            raise TraceError(cut_off)
        raise TraceError(f"{name} is not a trace: a trace is a file that `verify check` wrote")
    version = _VERSION.match(data, len(_MAGIC))
    if version is not None and int(version[1]) > VERSION:
        raise TraceError(
            f"{name} is a trace in format {int(version[1])}, and verify {verify.__version__} reads "
            f"up to format {VERSION}: upgrade verify-concurrency, or let {AGAIN}"
        )
    end = data.rfind(b"\n", 0, -1) + 1
    trailer = _TRAILER.fullmatch(data, end)
    if trailer is None:
        raise TraceError(cut_off)
    content = data[:end]
    if hashlib.sha256(content).hexdigest().encode() != trailer[1]:
        line = data.count(b"\n")
        raise TraceError(
            f"{name}:{line}: the sum does not match the lines before it: the file was changed "
            f"after it was written; {AGAIN}"
        )
    if version is None or int(version[1]) != VERSION:
        raise TraceError(f"{name}:1: there is no such format version: {AGAIN}")
    return content


def _trace(content: str, name: str) -> Trace:
    lines = content.split("\n")[:-1]
    if len(lines) - 1 > MOST_EVENTS:
        raise TraceError(f"{name}: more than {MOST_EVENTS:,} events, which no trace has")
    number = 1
    try:
        header = record(parsed(lines[0]), HEADER, MAY_LACK)
        tasks = set(header["tasks"])
        parted = header.get("parted", 0)
        events: list[TraceEvent] = []
        passing: list[TraceEvent] = []
        told, step = events, 0
        for line in lines[1:]:
            number += 1
            event = record(parsed(line), EVENT, OPTIONAL)
            found = event.pop("step")
            if told is events and 0 < parted <= step and found == parted:
                told, step = passing, parted - 1
            step += 1
            if found != step:
                raise Wrong(f"step is not {step}")
            if told is events and (event["task"], event["path"]) not in tasks:
                raise Wrong(f"task {shown(event['task'])} is not among the tasks of the header")
            if (latest := max(event.get("after", ()), default=0)) >= step:
                raise Wrong(f"after: {latest} is not before step {step}")
            told.append(TraceEvent(**event))
        number = 1
        if parted and not passing:
            raise Wrong(f"parted is {parted}, but no other events come from there on")
        for field, last in (("step", header["step"]), ("racing", max(header.get("racing", (0,))))):
            if last > len(events):
                raise Wrong(f"{field} is {last}, but there are {len(events)} events")
        said = [0, *(step for step, _, _ in header.get("notes", ())), len(events)]
        if said != sorted(said):
            raise Wrong(f"the steps of the notes do not go from 0 up to {len(events)}")
    except Wrong as wrong:
        raise TraceError(f"{name}:{number}: {wrong}; {AGAIN}") from None
    for key in ("format", "version", "tool", "python", "verdict"):
        del header[key]
    return Trace(events=tuple(events), passing=tuple(passing), **header)


def parsed(text: str, longest: int = LONGEST_LINE) -> Any:
    """What a text is in JSON. Wrong if it is none, too long, or too deep to be parsed."""
    if len(text) > longest:
        raise Wrong(f"the line has {len(text):,} characters, more than {longest:,}")
    if _depth(text) > DEEPEST:
        raise Wrong(f"more than {DEEPEST} brackets are open at once")
    try:
        return _DECODER.decode(text)
    except ValueError as error:
        raise Wrong(f"not JSON: {error}") from None


def _depth(line: str) -> int:
    """How many brackets are open at once, at most; without parsing, so without recursion."""
    outside = _STRING.sub("", line)
    if outside.count("[") + outside.count("{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for bracket in _BRACKET.findall(outside):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _no_constant(text: str) -> Any:
    raise Wrong(f"{text} is not a number")


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Wrong(f"a number has {len(text):,} digits, more than {LONGEST_NUMBER}")
    return int(text)


def _float(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not math.isfinite(value := float(text)):
        raise Wrong(f"{shown(text)} is not a number that can be kept")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, many in Counter(key for key, _ in pairs).items() if many > 1)
        raise Wrong(f"{shown(twice)} is there twice")
    return found


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_no_constant,
)
