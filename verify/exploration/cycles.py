"""Naming what repeats in an execution that does not end."""

from __future__ import annotations

from verify.traces.trace import Trace, TraceEvent

LONGEST_CYCLE = 200
"""Events looked at for a cycle; a longer one is not worth reading."""
SHOWN = 6
"""Events of a cycle that are named."""


def repeating_cycle(trace: Trace) -> str:
    """The shortest sequence of events that an execution ends with at least three times over."""
    events = trace.events[-3 * LONGEST_CYCLE :]
    keys = [(event.path, event.operation, event.objects, event.place) for event in events]
    for length in range(1, len(keys) // 3 + 1):
        if keys[-length:] == keys[-2 * length : -length] == keys[-3 * length : -2 * length]:
            cycle = events[-length:]
            steps = ", ".join(_words(event) for event in cycle[:SHOWN])
            more = "" if length <= SHOWN else f", … ({length} steps)"
            return f"livelock suspected, for ever: {steps}{more}"
    return "no cycle of events repeats at its end"


def _words(event: TraceEvent) -> str:
    of = f" {event.objects[0]}" if event.objects else ""
    return f"{event.task} {event.operation}{of} at {event.place}"
