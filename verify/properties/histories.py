"""Histories: what is said about calls that could not have happened one at a time.

    finding   one line, which call has no place; and below it all calls, as they overlapped

The lines are calls in the order of their invocations. The columns are time: `[` an invocation, `]`
a response, `-` between the two; where one call's `]` stands left of another's `[`, it came before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verify.properties.linearizability import (
    NOT_LINEARIZABLE,
    PENDING,
    UNDETERMINED,
    Call,
    Checker,
    misfit,
)
from verify.scheduling.event import Finding

WIDEST = 60
"""Columns of the picture; a longer history is told without."""


def finding(
    history: Sequence[Call], checker: Checker, what: str, name: Callable[[int], str]
) -> Finding | None:
    """What is wrong with a history, None if nothing is.

    `what` is the object or objects; `name` turns a task's number into its name.
    """
    answer = checker.verdict(history)
    if answer is UNDETERMINED:
        return Finding(
            f"whether the calls at {what} are linearizable was not found out within "
            f"{checker.budget} steps of the specification",
            0,
            "",
            undecided=True,
        )
    if answer is not NOT_LINEARIZABLE:
        return None
    call = misfit(history, checker.model, checker.budget)
    message = f"the calls at {what} are not linearizable: no order explains that "
    if call is None:
        call = next(call for call in history if call.returned == PENDING)
        message += f"{call.action} by {name(call.task)} still waits"
    else:
        message += f"{call.action} by {name(call.task)} {call.outcome}"
    return Finding(message, call.task, "\n".join(_picture(history, name)))


def _picture(history: Sequence[Call], name: Callable[[int], str]) -> list[str]:
    calls = sorted(history, key=lambda call: call.invoked)
    instants = sorted(
        {call.invoked for call in calls}
        | {call.returned for call in calls if call.returned != PENDING}
    )
    column = {instant: index for index, instant in enumerate(instants)}
    width = len(instants) if len(instants) <= WIDEST else 0
    names = max(len(name(call.task)) for call in calls)
    lines = []
    for call in calls:
        outcome = "has not returned" if call.returned == PENDING else str(call.outcome)
        text = f"{name(call.task):{names}}  {call.action}: {outcome}"
        if width:
            begin, end = column[call.invoked], column.get(call.returned, width)
            bar = " " * begin + "[" + "-" * (end - begin - 1) + ("]" if end < width else "")
            text = f"{bar:{width}}  {text}"
        lines.append(text)
    return lines
