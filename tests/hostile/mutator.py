"""Mutants: changed copies of files, the same for the same seed.

mutants     of traces: bytes, lines and JSON values are changed; three of four get the trailer
            that fits them, so that what is behind it is reached
of_checkpoints  of checkpoints: the same, three of four in what is compressed there
of_settings of a pyproject.toml: bytes, lines and TOML values
"""

from __future__ import annotations

import json
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.unit.sample_trace import sealed
from verify.checkpoints.format import TRAILER_BYTES, trailer

Mutation = Callable[[bytearray, random.Random], None]

PIECES = [bytes([byte]) for byte in b'[]{}",:\\\n\r\x00\xff0-=.']
PIECES += [b"[" * 50, b"[" * 5_000, b"9" * 500, b"9" * 5_000, b"1e999", b"null", b"true", b"NaN"]
PIECES += [b"\\ud800", b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"step":1,', b"\x1b[2J", b"a." * 5_000]

LONG = 50_000
"""Bytes of a line that is not made many times longer."""
DEEP: Any = 0
for _ in range(60):
    DEEP = [DEEP]
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 10**9, 10**9 + 1, 2**63, -(10**99), 10**4_000),
    *(0.0, -0.0, 1.5, 1e308, float("nan"), float("inf")),
    *("", "main", "a::b", "::", "[", "end of main", "spin", "\x1b[2J\r", "\u202e\u2028", "\x00"),
    *("\ud800", "\udfff\ud800", "\ufeff", "../../etc/passwd", "x" * 99_999, "x" * 100_001),
    *("- " * 5_000, "a\n" * 5_000, "für immer 🧵", "operation", "internal", "hopeless"),
    *([], {}, [[]], [0], ["main"], [["main", []]], [1] * 1_001, [1, 2], [2, 1], {"main": 1}),
    *(DEEP, ["x"] * 20, {str(key): key for key in range(200)}, [[0, "main", "said"]]),
)


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] = rng.randrange(256)


def _delete(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 10, 100))]


def _truncate(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _insert(data: bytearray, rng: random.Random) -> None:
    start = rng.choice((0, rng.randrange(len(data))))
    data[start:start] = rng.choice(PIECES)


def _move(data: bytearray, rng: random.Random) -> None:
    start, to = rng.randrange(len(data)), rng.randrange(len(data))
    data[to:to] = data[start : start + rng.randrange(1, 60)]


def _lines(data: bytearray, rng: random.Random) -> None:
    """One is dropped, doubled, or changes places with another."""
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(3):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case _:
            lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def _json(data: bytearray, rng: random.Random) -> None:
    """A value somewhere in a line becomes another, goes, or changes places; the line stays JSON."""
    lines = data.split(b"\n")
    at = rng.choice((0, rng.randrange(len(lines))))
    try:
        record = json.loads(lines[at])
    except (ValueError, RecursionError):
        return
    places = list(_places(record))
    if not places:
        return
    holder, key = rng.choice(places)
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1:
            other, there = rng.choice(places)
            holder[key], other[there] = _copy(other[there]), _copy(holder[key])
        case 2 if isinstance(holder, list) and len(lines[at]) < LONG:
            holder.extend(_copy(holder[key]) for _ in range(rng.choice((1, 20, 10_001))))
        case 3 if isinstance(holder[key], int):
            holder[key] += rng.choice((-1, 1))
        case 4 if isinstance(holder, dict):
            holder[rng.choice(("", "more", "__class__", "\x1b[2J", "granularity"))] = holder.pop(
                key
            )
        case 5:
            holder[key] = _copy(rng.choice(VALUES))
        case _:
            like = [value for value in VALUES if type(value) is type(holder[key])]
            holder[key] = _copy(rng.choice(like or VALUES))
    lines[at] = json.dumps(record, separators=(",", ":")).encode()
    data[:] = b"\n".join(lines)


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Whatever is in a value: what holds it, and the key or index there."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            for key in list(holder) if isinstance(holder, dict) else range(len(holder)):
                yield holder, key
                waiting.append(holder[key])


BYTES: tuple[Mutation, ...] = (_flip, _delete, _truncate, _insert, _move, _lines)


def _changed(content: bytes, mutations: Sequence[Mutation], rng: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        if data:
            rng.choice(mutations)(data, rng)
    return bytes(data)


def mutants(originals: Sequence[bytes], seed: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Changed copies of traces, each with the number of the one that it was."""
    rng = random.Random(seed)
    for _ in range(count):
        number = rng.randrange(len(originals))
        whole = originals[number]
        if rng.random() < 0.25:
            yield number, _changed(whole, BYTES, rng)
            continue
        content = whole[: whole.rindex(b"\n", 0, -1)]
        yield number, sealed(_changed(content, (*BYTES, *[_json] * 12), rng))


def of_checkpoints(
    originals: Sequence[bytes], seed: int, count: int
) -> Iterator[tuple[int, bytes]]:
    """Changed copies of checkpoints, each with the number of the one that it was."""
    rng = random.Random(seed)
    for _ in range(count):
        number = rng.randrange(len(originals))
        whole = originals[number]
        if rng.random() < 0.2:
            yield number, _changed(whole, BYTES, rng)
            continue
        header, _, rest = whole[:-TRAILER_BYTES].partition(b"\n")
        lines = zlib.decompress(rest)
        if rng.random() < 0.1:
            header = _changed(header, (*BYTES, _json), rng)
        else:
            lines = _changed(lines, (*BYTES, *[_json] * 40), rng)
        data = header + b"\n" + zlib.compress(lines, 1)
        yield number, data + trailer(data)


TOML = [b"true", b"nan", b"-inf", b"1e400", b"0x" + b"f" * 5_000, b"9" * 5_000, b"1", b"-1", b"0"]
TOML += [b'""', b'"dpor"', b'"none"', b"[]", b"{}", b"[" * 400 + b"]" * 400, b"[1, [2]]"]
TOML += [b'["\\u0000"]', b"{a.b.c = 1}", b"1979-05-27T07:32:00Z", b"07:32:00", b"'''\n'''"]
TOML += [b"[" + b"0x" + b"e" * 4_000 + b"]", b'"' + b"x" * 50_000 + b'"', b'["data_race", ["a"]]']


def _value(data: bytearray, rng: random.Random) -> None:
    """Another value behind an equals sign."""
    places = list(re.finditer(rb"= *([^\n]*)", data))
    if places:
        place = rng.choice(places)
        data[place.start(1) : place.end(1)] = rng.choice(TOML)


def of_settings(original: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Changed copies of a pyproject.toml."""
    rng = random.Random(seed)
    for _ in range(count):
        yield _changed(original, (*BYTES, *[_value] * 6), rng)
