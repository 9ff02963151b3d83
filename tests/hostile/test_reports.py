"""Reports of checks that were changed on their way to `verify certify`: an error, or what they say.

Each value of a report is replaced by others of all sorts, and the whole by what is cut off or
flipped at random places. No model is named by what is read, and nothing is run here.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.hostile.mutator import VALUES
from verify.certifying.claims import Claims, read
from verify.errors import UsageError

REPORT = {
    "command": "check",
    "instrument": ["shop"],
    "models": [
        {
            "model": "models/bank.py::ordered",
            "source": "0" * 64,
            "verdict": "PROVED",
            "strategy": "dpor",
            "granularity": "operation",
            "max_steps": 10_000,
            "complete": True,
            "executions": 2,
            "outcomes": {"ok": 2},
            "covered": {"both wait": True},
        }
    ],
}


def came_of(data: bytes, directory: Path) -> Claims | None:
    """What is read of a file of these bytes; None for an error, which is one line."""
    path = directory / "report.json"
    path.write_bytes(data)
    try:
        return read(path)
    except UsageError as error:
        assert str(error).isprintable() and len(str(error)) < 500 + len(str(path))
        return None


def replaced(value: Any) -> Iterator[Any]:
    """Copies of a value in which one thing is another."""
    yield from VALUES
    if isinstance(value, dict):
        for key in value:
            yield {other: one for other, one in value.items() if other != key}
            for one in replaced(value[key]):
                yield {**value, key: one}
    if isinstance(value, list):
        for index, item in enumerate(value):
            for one in replaced(item):
                yield [*value[:index], one, *value[index + 1 :]]


def as_bytes(value: Any) -> bytes | None:
    """A value as a file, if it can be one."""
    try:
        return json.dumps(value).encode()
    except ValueError:  # a number of more digits than Python writes
        return None


def test_every_value_replaced(tmp_path: Path) -> None:
    files = [data for value in replaced(REPORT) if (data := as_bytes(value)) is not None]
    claims = [one for data in files if (one := came_of(data, tmp_path)) is not None]
    assert len(files) > 500
    assert claims and len(claims) < len(files) / 3
    assert all(
        type(claim.classes) is int and claim.classes > 0 for c in claims for claim in c.proved
    )


def test_bytes_at_random(tmp_path: Path) -> None:
    whole = json.dumps(REPORT, indent=2).encode()
    assert came_of(whole, tmp_path) == came_of(json.dumps(copy.deepcopy(REPORT)).encode(), tmp_path)
    dice = random.Random(0)
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(dice.choice((1, 2, 10))):
            data[dice.randrange(len(data))] = dice.randrange(256)
        came_of(bytes(data[: dice.choice((len(data), dice.randrange(len(data))))]), tmp_path)
