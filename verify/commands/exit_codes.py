"""Exit codes: what a shell learns from a command."""

from __future__ import annotations

from collections.abc import Iterable

AS_EXPECTED = 0
REFUTED = 1
BAD_INPUT = 2
UNDETERMINED = 3
NONDETERMINISTIC = 4
INTERNAL_FAULT = 5

_GRAVITY = (INTERNAL_FAULT, BAD_INPUT, NONDETERMINISTIC, REFUTED, UNDETERMINED, AS_EXPECTED)


def gravest(codes: Iterable[int]) -> int:
    """The one code for several things that happened."""
    return min(codes, key=_GRAVITY.index, default=AS_EXPECTED)
