"""Naming what repeats in an execution that does not end."""

from __future__ import annotations

from verify.scheduling.event import Execution
from verify.scheduling.explored import Explored

LONGEST_CYCLE = 200
"""Events looked at for a cycle; a longer one is not worth reading."""


def repeating_cycle(execution: Execution, engine: Explored) -> str:
    """The shortest sequence of events that the execution ends with at least three times over."""
    signature = [(event.task, event.kind.name) for event in execution.events[-3 * LONGEST_CYCLE :]]
    names = {task.number: task.name for task in engine.tasks}
    for length in range(1, len(signature) // 3 + 1):
        last = signature[-length:]
        if signature[-2 * length : -length] == last == signature[-3 * length : -2 * length]:
            steps = ", ".join(f"{names[task]} {operation}" for task, operation in last[:8])
            more = "" if length <= 8 else f", … ({length} steps)"
            return f"livelock suspected, for ever: {steps}{more}"
    return "no cycle of events repeats at its end"
