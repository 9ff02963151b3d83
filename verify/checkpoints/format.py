"""The format of a checkpoint: a line that says what it is, compressed JSON lines, and a sum.

    line 1      the header: format, version, and by which verify and Python it was written
    the middle  zlib: a line for the settings, and for each model a line, with more lines of texts
                and of numbers if its search has begun (writer.py)
    last line   the trailer: the sha-256 of all bytes before it

    encode      a checkpoint as bytes
    decode      bytes as a checkpoint; the reader (reader.py) and the fields believe nothing
    read        the same for a file, whose size is looked at first

As with traces, nothing in a file is evaluated, imported or unpickled. What is compressed is
unpacked as far as it is read, a line at a time, and up to a limit; whatever is wrong gives one
`CheckpointError`.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import verify
from verify.checkpoints.checkpoint import Checkpoint, Kept
from verify.checkpoints.fields import HEADER, MODEL, SEARCH, SETTINGS, VERSION, text
from verify.checkpoints.fingerprint import tool_hash
from verify.checkpoints.reader import Reader
from verify.checkpoints.writer import Writer
from verify.errors import CheckpointError, UsageError
from verify.exploration.saving import Counts, Saved
from verify.settings import OF_MODELS, OF_PROJECTS, demand
from verify.traces.fields import Wrong, record, shown
from verify.traces.format import LONGEST_LINE, parsed

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_CONTENT = 64 * 1024 * 1024
"""Bytes; a search with ten thousand forks takes a third of a million."""
IN_ONE_LINE = 5_000
"""Numbers or texts."""
CHUNK = 64 * 1024

_MAGIC = b'{"format":"verify checkpoint","version":'
_VERSION = re.compile(rb"([0-9]{1,9})[,}]")
_TRAILER = re.compile(rb'\n\{"sha256":"([0-9a-f]{64})"\}\n')
TRAILER_BYTES = len(b'\n{"sha256":"%s"}\n' % (b"0" * 64))
AGAIN = "begin again with verify check --checkpoint"


def python() -> str:
    """The interpreter's version, as far as it matters: what bytecode does may change with it."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


# ---------------------------------------------------------------------------------- writing


def encode(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as the bytes of a file. CheckpointError if there is too much of it."""
    header = {
        "format": "verify checkpoint",
        "version": VERSION,
        "tool": verify.__version__,
        "sources": tool_hash(),
        "python": python(),
    }
    settings = {
        "given": checkpoint.given,
        "project": checkpoint.project,
        "instrument": checkpoint.instrument,
        "models": len(checkpoint.models),
    }
    content = _line(settings) + b"".join(_kept(kept) for kept in checkpoint.models)
    data = _line(header) + zlib.compress(content, 1)
    if len(content) > LARGEST_CONTENT or len(data) > LARGEST_FILE - TRAILER_BYTES:
        raise CheckpointError(
            f"the search is too large to be saved: {len(content):,} bytes, more than "
            f"{LARGEST_CONTENT:,}"
        )
    return data + trailer(data)


def trailer(data: bytes) -> bytes:
    """What comes behind all else."""
    return b'\n{"sha256":"%s"}\n' % hashlib.sha256(data).hexdigest().encode()


def _line(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def _kept(kept: Kept) -> bytes:
    """The lines of one model."""
    saved = kept.search
    begun = saved is not None
    line: dict[str, Any] = {"model": kept.model, "program": kept.program, "begun": begun}
    if saved is None:
        return _line(line)
    writer = Writer()
    writer.write(saved)
    texts, numbers = _parts(writer.texts), _parts(writer.numbers)
    line |= saved.counts._asdict()
    line |= {
        "covered": saved.covered,
        "unplannable": saved.unplannable,
        "worthwhile": saved.worthwhile,
        "reason": saved.reason,
        "elapsed": round(saved.elapsed, 3),
        "texts": len(texts),
        "numbers": len(numbers),
    }
    return _line(line) + b"".join([_line(part) for part in (*texts, *numbers)])


def _parts(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[at : at + IN_ONE_LINE] for at in range(0, len(values), IN_ONE_LINE)]


# ---------------------------------------------------------------------------------- reading


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file. For anything else CheckpointError: one line, what is wrong."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise CheckpointError(f"{path} is not a file, so it is no checkpoint")
        if status.st_size > LARGEST_FILE:
            raise CheckpointError(
                f"{path} has {status.st_size:,} bytes, but no checkpoint has more than "
                f"{LARGEST_FILE:,}: is this the right file?"
            )
        data = b""
        if status.st_size:  # else it may be what the kernel writes as it is read, without end
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # a ValueError is a path with a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise CheckpointError(f"{path}: {reason}: the checkpoint cannot be read") from None
    return decode(data, str(path))


def decode(data: bytes, name: str) -> Checkpoint:
    """The checkpoint that some bytes are; `name` is what to call them in an error.

    Raises CheckpointError, and nothing else, for anything that `encode` cannot have written, or
    that another verify or Python has written.
    """
    try:
        return _checkpoint(_checked(data))
    except Wrong as wrong:
        raise CheckpointError(f"{name}: {wrong}") from None
    except UsageError as error:  # a setting that there is not
        raise CheckpointError(f"{name}: {error}") from None


def _checked(data: bytes) -> bytes:
    """What is compressed, once the file is known to be ours, whole, and of this verify."""
    if not data.startswith(_MAGIC):
        raise Wrong("this is not a checkpoint: that is what `verify check --checkpoint` writes")
    version = _VERSION.match(data, len(_MAGIC))
    if version is None or int(version[1]) != VERSION:
        which = f"format {int(version[1])}" if version else "a format without number"
        raise Wrong(
            f"the checkpoint is in {which}, and this verify reads format {VERSION}: go on with the "
            f"verify that wrote it, or {AGAIN}"
        )
    content, tail = data[:-TRAILER_BYTES], data[-TRAILER_BYTES:]
    found = _TRAILER.fullmatch(tail)
    if found is None:
        raise Wrong(f"the checkpoint is cut off: its last line is no sum; {AGAIN}")
    if hashlib.sha256(content).hexdigest().encode() != found[1]:
        raise Wrong(f"the sum does not match: the checkpoint was changed; {AGAIN}")
    line, _, compressed = content.partition(b"\n")
    header = record(_parsed(line), HEADER, frozenset())
    if header["tool"] != verify.__version__ or header["sources"] != tool_hash():
        same = header["tool"] == verify.__version__
        raise Wrong(
            f"the checkpoint is of {'another build of ' if same else ''}verify {header['tool']}, "
            f"and this is {verify.__version__}: go on with that one, or {AGAIN}"
        )
    if header["python"] != python():
        raise Wrong(
            f"the checkpoint was written on Python {header['python']}, and this is {python()}: go "
            f"on with that one, or {AGAIN}"
        )
    return compressed


def _checkpoint(compressed: bytes) -> Checkpoint:
    lines = _lines(compressed)
    settings = record(_next(lines), SETTINGS, frozenset())
    checkpoint = Checkpoint(
        demand(settings["given"], OF_MODELS, "what was given"),
        demand(settings["project"], OF_PROJECTS, "the project"),
        tuple(settings["instrument"]),
        [_read_kept(lines) for _ in range(settings["models"])],
    )
    if next(lines, None) is not None:
        raise Wrong("something comes behind the last model")
    return checkpoint


def _read_kept(lines: Iterator[bytes]) -> Kept:
    line = _next(lines)
    begun = isinstance(line, dict) and line.get("begun") is True
    fields = record(line, {**MODEL, **SEARCH} if begun else MODEL, frozenset())
    if not begun:
        return Kept(fields["model"], fields["program"])
    texts = tuple(text(one) for one in _members(lines, fields["texts"]))
    reader = Reader(_whole(_members(lines, fields["numbers"])), texts)
    tasks, objects = reader.names()
    history = reader.history()
    standing, behind = reader.frontier()
    reader.end()
    counts = Counts(**{name: fields[name] for name in Counts._fields})
    if counts.executions != counts.fine + sum(counts.others.values()):
        raise Wrong("the outcomes are not those of all executions")
    saved = Saved(
        tasks,
        objects,
        history,
        counts,
        fields["covered"],
        fields["unplannable"],
        fields["worthwhile"],
        fields["reason"],
        fields["elapsed"],
        standing,
        behind,
    )
    return Kept(fields["model"], fields["program"], saved)


def _members(lines: Iterator[bytes], count: int) -> Iterator[Any]:
    for _ in range(count):
        members = _next(lines)
        if type(members) is not list:
            raise Wrong("a line of texts or numbers is no list")
        yield from members


def _whole(values: Iterator[Any]) -> Iterator[int]:
    for value in values:
        if type(value) is not int:
            raise Wrong(f"{shown(value)} is not a whole number")
        yield value


def _next(lines: Iterator[bytes]) -> Any:
    line = next(lines, None)
    if line is None:
        raise Wrong("the lines end too early")
    return _parsed(line)


def _parsed(line: bytes) -> Any:
    try:
        return parsed(line.decode("ascii"))
    except UnicodeDecodeError:
        raise Wrong("a checkpoint is ASCII, but has other bytes") from None


def _lines(compressed: bytes) -> Iterator[bytes]:
    """The lines, unpacked one after the other."""
    line, length = b"", 0
    for part in _unpacked(compressed):
        length += len(part)
        if length > LARGEST_CONTENT:
            raise Wrong(f"there are more than {LARGEST_CONTENT:,} bytes of lines")
        *whole, line = (line + part).split(b"\n")
        yield from whole
        if len(line) > LONGEST_LINE:
            raise Wrong(f"a line has more than {LONGEST_LINE:,} characters")
    if line:
        raise Wrong("something comes behind the last line")


def _unpacked(compressed: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    try:
        for at in range(0, len(compressed), CHUNK):
            waiting = compressed[at : at + CHUNK]
            while waiting and not unpacker.eof:
                yield unpacker.decompress(waiting, CHUNK)
                waiting = unpacker.unconsumed_tail
            if unpacker.eof and at + CHUNK < len(compressed):
                raise Wrong("something comes behind the lines")
        while not unpacker.eof:
            part = unpacker.decompress(b"", CHUNK)
            if not part:
                raise Wrong("the lines are cut off")
            yield part
    except zlib.error as error:
        raise Wrong(f"the lines cannot be unpacked: {error}") from None
    if unpacker.unused_data:
        raise Wrong("something comes behind the lines")
