"""Wording: how lists of things and what a task waits for are put into English."""

from __future__ import annotations

from collections.abc import Sequence

SPIN = "spin"
"""Stands for the operation of a task that waits in a loop until something is written."""

_ASCII = str.maketrans({"…": "...", "→": "->", "—": "-", "–": "-", "’": "'", "“": '"', "”": '"'})

_WANTED = {
    "wake": "a notify on {0}",
    "leave": "a wake-up at {0}",
    "acquire": "a permit of {0}",
    "get": "an item from {0}",
    "put": "room in {0}",
    "join": "every item of {0} to be done",
    "result": "the result of {0}",
    "take": "a task of {0}",
    "outcome": "an outcome of {0}",
}


def printable(text: str, ascii: bool = False) -> str:
    """A text that cannot control a terminal, whatever a program or a trace put into it."""
    if ascii:
        text = text.translate(_ASCII).encode("ascii", "backslashreplace").decode()
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def listed(names: Sequence[str], longest: int = 5) -> str:
    """ "a", "a and b", "a, b and c"; more than `longest` are cut short, with a count."""
    if len(names) > longest:
        return f"{', '.join(names[: longest - 1])} and {len(names) - longest + 1} others"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def wanted(operation: str, objects: Sequence[str], owners: Sequence[str]) -> str:
    """What a task waits for, by the operation that it asks for; of whom, if by somebody alone."""
    if operation == SPIN:
        return f"a write to {' or '.join(objects)}"
    if owners and operation == "join":
        return f"the end of {listed(owners)}"
    if owners and operation == "outcome":
        return f"{_WANTED[operation].format(objects[0])}, from {listed(owners)}"
    if owners and operation == "learn":
        return f"the answer of {listed(owners)}"
    if owners and objects:
        return f"{objects[-1]}, held by {listed(owners)}"
    if not objects:
        return operation
    return _WANTED.get(operation, f"{operation} {{0}}").format(objects[0])
