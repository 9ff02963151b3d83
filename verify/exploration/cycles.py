"""Naming what repeats in an execution that does not end."""

from __future__ import annotations

from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored
from verify.traces.trace import Trace, TraceEvent

LONGEST_CYCLE = 200
"""Events looked at for a cycle; a longer one is not worth reading."""
SHOWN = 6
"""Events of a cycle that are named."""


def endless(max_steps: int, trace: Trace, engine: Explored, execution: Execution) -> str:
    """Why the search was stopped by an execution of so many steps."""
    limit = f"{max_steps} steps of one execution (max_steps)"
    return f"{limit}: {_repeating_cycle(trace)}{_only_daemons(engine, execution)}"


def _repeating_cycle(trace: Trace) -> str:
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


def _only_daemons(engine: Explored, execution: Execution) -> str:
    """What to do if nobody else is left: a program would end here, and they with it."""
    latest = engine.execution  # the same, run again, if the search re-executes
    left = engine.live if latest.ending is execution.ending else []
    if not left or not all(task.daemon for task in left):
        return ""
    return (
        f". Only daemons are left ({', '.join(task.name for task in left)}), and what they do is "
        "explored to its end: tell them to end, or let them wait for something that does not come"
    )


def _words(event: TraceEvent) -> str:
    of = f" {event.objects[0]}" if event.objects else ""
    return f"{event.task} {event.operation}{of} at {event.place}"
