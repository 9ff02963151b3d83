"""Wording: what every report says in the same words: why a trace is one, who waits for what."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from verify.traces.trace import INSTRUMENTED, Trace, Waiting

SPIN = "spin"
"""Stands for the operation of a task that waits in a loop until something is written."""

_ASCII = str.maketrans({"…": "...", "→": "->", "—": "-", "–": "-", "’": "'", "“": '"', "”": '"'})

_FAILURES = {
    "ok": "no failure",
    "assertion": "assertion failed",
    "exception": "uncaught exception",
    "invariant": "invariant violated",
    "race": "data race",
}
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
    if owners and objects and operation == "outcome":
        return f"{_WANTED[operation].format(objects[0])}, from {listed(owners)}"
    if owners and operation == "learn":
        return f"the answer of {listed(owners)}"
    if owners and objects:
        return f"{objects[-1]}, held by {listed(owners)}"
    if not objects:
        return operation
    return _WANTED.get(operation, f"{operation} {{0}}").format(objects[0])


def failure(trace: Trace) -> str:
    """What a trace is of: "deadlock", "assertion failed"."""
    return _FAILURES.get(trace.kind, trace.kind)


def reason(trace: Trace) -> list[str]:
    """What failed and why, in paragraphs."""
    why = [] if drawing(trace) else trace.diagnosis.splitlines()
    standstill = trace.kind in ("deadlock", "livelock")
    return why if standstill and why else [failed(trace), *why]


def failed(trace: Trace) -> str:
    """What failed, in one sentence."""
    at = f" at {trace.place}" if trace.place else ""
    if trace.kind == "assertion":
        return f"An assertion of {trace.task} failed{at}: {trace.message}"
    if trace.kind == "exception":
        return f"{trace.task} raised {trace.message}{at}"
    if trace.kind == "invariant":
        demanded = f" (demanded{at})" if at else ""
        return f"After step {trace.step}, by {trace.task}: {trace.message}{demanded}"
    if trace.kind == "race":
        return f"Data race: {trace.message}."
    if trace.kind in ("deadlock", "livelock"):
        return "Nobody can go on."
    if trace.kind == "ok":
        return "The program ran to its end, and every property held."
    return f"{trace.task}{at}: {trace.message}"


def drawing(trace: Trace) -> str:
    """The history of calls that could not have happened one at a time, drawn; else empty."""
    return trace.diagnosis if trace.kind == "invariant" and not trace.place else ""


def wanted_by(trace: Trace, one: Waiting) -> str:
    """What one of the tasks of a trace that cannot go on waits for."""
    if one.operation == "leave" and one.objects and trace.latest.get(one.task) == "arrive":
        return f"the others at {one.objects[0]}"
    return wanted(one.operation, one.objects, one.owners)


def replay_command(trace: Trace, file: str, arguments: str) -> str:
    """What runs a trace again that is in `file`; `arguments` lead to its model."""
    names = str(trace.settings.get(INSTRUMENTED, "")).splitlines()
    options = " ".join(f"--instrument {shlex.quote(name)}" for name in names)
    return " ".join(filter(None, ("verify replay", file, arguments, options)))
