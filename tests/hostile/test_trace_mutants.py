"""Mutants of a trace, most of them with a sum that fits: what nobody thought of.

Whatever the bytes, reading gives a trace or one TraceError; and nothing in them is ever run.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.sample_trace import SAMPLE, sealed
from verify.errors import TraceError
from verify.traces.format import decode, encode
from verify.traces.trace import Trace

ROOT = Path(__file__).resolve().parents[2]
LINES = encode(SAMPLE).decode().splitlines()[:-1]


def _flip(data: bytearray, rng: random.Random) -> None:
    data[rng.randrange(len(data))] = rng.randrange(256)


def _delete(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 10, 100))]


PIECES = [bytes([byte]) for byte in b'[]{}",:\\\n\x00\xff0-']
PIECES += [b"[" * 50, b"9" * 500, b"1e999", b"null", b"true", b"NaN", b"\\ud800", b'"step":1,']


def _insert(data: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    data[start:start] = rng.choice(PIECES)


def _move(data: bytearray, rng: random.Random) -> None:
    start, to = rng.randrange(len(data)), rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 60)]
    data[to:to] = piece


def _replace_value(data: bytearray, rng: random.Random) -> None:
    """Another JSON value in place of one that is there: the line stays JSON."""
    values = list(re.finditer(rb'(?<=[:,\[])("[^"\\]*"|\d+|\[\])(?=[,\]}])', data))
    if values:
        place = rng.choice(values)
        other = rng.choice((b"null", b"-1", b"0", b"1", b'""', b'"main"', b"[]", b"{}", b"[1]"))
        data[place.start() : place.end()] = rng.choice((other, rng.choice(values)[0]))


MUTATIONS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _delete,
    _insert,
    _move,
    _replace_value,
    _replace_value,
)


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Changed copies of the sample; three of four with a trailer that fits them."""
    rng = random.Random(seed)
    content = "\n".join(LINES).encode()
    for _ in range(count):
        data = bytearray(content if rng.random() < 0.75 else encode(SAMPLE))
        seal = len(data) == len(content)
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            if data:
                rng.choice(MUTATIONS)(data, rng)
        yield sealed(bytes(data)) if seal else bytes(data)


def _survives(seed: int, count: int) -> int:
    """Read mutants; how many of them were traces. Those say the same after another round."""
    accepted = 0
    for data in mutants(seed, count):
        began = time.perf_counter()
        try:
            trace = decode(data, "mutant.jsonl")
        except TraceError as error:
            assert time.perf_counter() - began < 1
            assert str(error).startswith("mutant.jsonl") and str(error).isprintable()
            continue
        assert type(trace) is Trace
        assert decode(encode(trace), "again") == trace
        str(trace), trace.digest, trace.name
        accepted += 1
    return accepted


def test_mutants_are_refused_or_traces() -> None:
    """Some must be traces (another word in a text), or the mutations miss what is behind."""
    assert 20 < _survives(seed=1, count=2_000) < 1_000


@pytest.mark.nightly
def test_many_mutants_are_refused_or_traces() -> None:
    assert _survives(seed=2, count=100_000) > 1_000


# ------------------------------------------------------------------------- nothing is run

WATCHED = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from verify.errors import TraceError
    from verify.traces.format import read

    watching = False
    seen = []

    def hook(event, arguments):
        if watching:
            seen.append(event)

    sys.addaudithook(hook)
    watching = True
    for path in sys.argv[1:]:
        try:
            read(path)
        except TraceError:
            pass
    watching = False
    assert "open" in seen, seen
    print(sorted(set(seen)))
    """
)


def test_reading_opens_the_file_and_does_nothing_else(tmp_path: Path) -> None:
    """The interpreter's own audit events: no import, no exec, no compile, no pickle, no process."""
    files = []
    for number, data in enumerate([encode(SAMPLE), sealed("{}"), *mutants(3, 300)]):
        files.append(tmp_path / f"{number}.jsonl")
        files[-1].write_bytes(data)
    ended = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "['open']"
