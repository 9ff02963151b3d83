"""Which equivalence class an execution belongs to, as a value that can be compared.

Two executions are in one class iff they have the same events and the same order between those that
depend on each other: so iff for each object the writes come in the same order, with the same reads
between two of them (Mazurkiewicz 1977). An event is known by its task's path from the main task
and by which event of that task it is, the same in every execution and on every scheduler.

That every event reads its own task's end counts only where somebody else may end the task: it is
noted where tasks are re-executed, and where they are memoised nobody can.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable

from verify.scheduling.event import Execution
from verify.scheduling.naming import Names


def class_of(execution: Execution, names: Names) -> Hashable:
    """The class of a complete execution, equal for two iff they are equivalent."""
    done: Counter[int] = Counter()
    paths: dict[int, tuple[int, ...]] = {}
    lines: dict[int, list[tuple[bool, frozenset[Hashable]]]] = defaultdict(list)
    options: list[Hashable] = []
    written = 0
    for event in execution.events:
        written |= event.step.writes
    for event in execution.events:
        task = event.task
        if task not in paths:
            paths[task] = names.path(task)
        name = (paths[task], done[task])
        done[task] += 1
        if event.option:
            options.append((name, event.option))
        writes = event.writes
        reads = (event.step.reads | event.life & written) & ~writes
        for number in range((reads | writes).bit_length()):
            if writes >> number & 1:
                lines[number].append((True, frozenset((name,))))
            elif reads >> number & 1:
                line = lines[number]
                if line and not line[-1][0]:
                    line[-1] = (False, line[-1][1] | {name})
                else:
                    line.append((False, frozenset((name,))))
    whole = frozenset((names.object_path(number), tuple(line)) for number, line in lines.items())
    return whole, frozenset(options), frozenset((paths[task], done[task]) for task in paths)
