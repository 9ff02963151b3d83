"""A standstill in words: who is parked, in which operation of what, and who alone could end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verify.scheduling.monitor import Blocked

NOBODY_CAN_WAKE = "every task that is left is parked without a time limit; nobody can wake it"


def who_waits(names: Mapping[int, str], blocked: Sequence[Blocked]) -> list[str]:
    """The lines of a table; `names` are those of the live tasks, by number."""
    rows = [("task", "waits in", "of", "for")]
    for task in blocked:
        waiting_for = ", ".join(
            "itself" if owner == task.task else names.get(owner, f"task {owner}")
            for owner in task.owners
        )
        rows.append((task.name, task.operation, task.object or "-", waiting_for or "anybody"))
    parked = {task.task for task in blocked}
    rows += [(name, "(not parked)", "-", "-") for task, name in names.items() if task not in parked]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
