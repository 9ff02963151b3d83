"""When two runs are the same: equal up to swapping neighbouring events that are independent.

Two events of different tasks depend on each other iff they touch a common object and one of them
writes it. So a run is known, up to the order of independent events, by what each object has seen:
its writes in order, and between two writes the *set* of reads. An event's name is its task and
how-many-eth event of that task it is (and which option it took, at a choice).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable

Task = tuple[int, ...]
Key = Hashable


class History:
    """What every object has seen so far."""

    def __init__(self) -> None:
        self._steps: dict[Task, tuple[int, ...]] = {}
        self._seen: dict[str, tuple[Hashable, ...]] = {}

    def copy(self) -> History:
        """The same once more; the two go on independently."""
        twin = History.__new__(History)
        twin._steps = self._steps.copy()
        twin._seen = self._seen.copy()
        return twin

    def note(
        self, task: Task, reads: Collection[str], writes: Collection[str], option: int = 0
    ) -> None:
        """One more event. Each object is named once; one in both counts as written."""
        steps = self._steps.get(task, ())
        event = (task, len(steps))
        self._steps[task] = (*steps, option)
        for name in writes:
            self._seen[name] = (*self._seen.get(name, ()), event)
        for name in reads:
            if name not in writes:
                seen = self._seen.get(name, ())
                if seen and isinstance(seen[-1], frozenset):
                    self._seen[name] = (*seen[:-1], seen[-1] | {event})
                else:
                    self._seen[name] = (*seen, frozenset({event}))

    def key(self) -> Key:
        """Equal for two runs, or beginnings of runs, iff they are the same."""
        return frozenset(self._steps.items()), frozenset(self._seen.items())
