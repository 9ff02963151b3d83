"""The fields of a checkpoint's lines, as those of a trace (traces/fields.py): checks that bound."""

from __future__ import annotations

import math
import re
from typing import Any

from verify.checkpoints.reader import LARGEST
from verify.scheduling.event import PRECEDENCE
from verify.traces.fields import Check, Wrong, shown

VERSION = 1
LONGEST_TEXT = 10_000
LONGEST_VERSION = 40
MOST_MODELS = 100_000
MOST_GOALS = 10_000
MOST_LINES = 100_000
_SHA_256 = re.compile("[0-9a-f]{64}")


def text(value: Any) -> str:
    """A text."""
    if type(value) is not str:
        raise Wrong(f"{shown(value)} is not a text")
    if len(value) > LONGEST_TEXT:
        raise Wrong(f"the text has {len(value):,} characters, more than {LONGEST_TEXT:,}")
    return value


def _printable(value: Any) -> str:
    if not text(value).isprintable():
        raise Wrong(f"{shown(value)} cannot be printed")
    return str(value)


def _version(value: Any) -> str:
    if len(_printable(value)) > LONGEST_VERSION:
        raise Wrong(f"{shown(value)} is no version")
    return str(value)


def _hash(value: Any) -> str:
    if not _SHA_256.fullmatch(text(value)):
        raise Wrong(f"{shown(value)} is not a sha-256")
    return str(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Wrong(f"{shown(value)} is neither true nor false")
    return value


def _below(limit: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not 0 <= value < limit:
            raise Wrong(f"{shown(value)} is not a whole number from 0 to {limit - 1}")
        return value

    return check


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value < 10**10 or not math.isfinite(value):
        raise Wrong(f"{shown(value)} is not a number of seconds")
    return float(value)


def _texts(value: Any) -> list[str]:
    if type(value) is not list or len(value) > MOST_GOALS:
        raise Wrong(f"{shown(value)} is not a list of up to {MOST_GOALS:,} texts")
    return [text(one) for one in value]


def _dictionary(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Wrong(f"{shown(value)} is not an object")
    return value


def _others(value: Any) -> dict[str, int]:
    for kind in _dictionary(value):
        if kind not in PRECEDENCE:
            raise Wrong(f"{shown(kind)} is no kind of failure")
    return {kind: _count(count) for kind, count in value.items()}


_count = _below(LARGEST)

HEADER: dict[str, Check] = {
    "format": text,
    "version": _below(VERSION + 1),
    "tool": _version,
    "sources": _hash,
    "python": _version,
}
SETTINGS: dict[str, Check] = {
    "given": _dictionary,
    "project": _dictionary,
    "instrument": _texts,
    "models": _below(MOST_MODELS),
}
MODEL: dict[str, Check] = {"model": _printable, "program": _hash, "begun": _flag}
SEARCH: dict[str, Check] = {
    **dict.fromkeys(("executions", "events", "steps", "fine", "blocked", "looks"), _count),
    "others": _others,
    "covered": _texts,
    "unplannable": _flag,
    "worthwhile": _flag,
    "reason": _printable,
    "elapsed": _seconds,
    "texts": _below(MOST_LINES),
    "numbers": _below(MOST_LINES),
}
"""What stands in the line of a search that has begun, besides MODEL; the last two count the lines
that follow."""
