"""Re-enacting: one explored execution along the account of a real run.

`Reenact` does what the account says and nothing else; it stops where the explored program would do
something else, with the first difference in words. `Lean` does of it what can be done: it leaves a
step out that is not possible (yet), puts in what the account knows nothing of, and after the last
one goes on to the end. With `first`, it begins with these choices whatever the account says.

What others cannot tell happens as soon as it can. What is not noted of real runs, accesses to plain
data, happens when the next operation of that task is due.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

from verify.errors import Nondeterministic
from verify.scheduling.event import Choice, Ending
from verify.scheduling.explored import Explored
from verify.stressing.gate import called
from verify.stressing.noting import Named


class Reenact:
    """Chooses what a real run did; `difference` tells where an explored one does something else.

    One that failed goes on `to_the_end`: its account ends where somebody was waiting for ever.
    """

    def __init__(self, account: Sequence[Named], to_the_end: bool = False) -> None:
        self._account = account
        self._to_the_end = to_the_end
        self._next = 0
        self._numbers: dict[tuple[int, ...], int] = {}
        self.difference = ""

    def choose(self, engine: Explored) -> Choice | None:
        """The next step; None where the account ends, or the explored program does not do this."""
        local = engine.ready & engine.local
        if local:
            return engine.names.first(local), 0
        if self._next == len(self._account):  # others might go on, but were daemons, or cut
            if self._to_the_end:
                return engine.enabled[0], 0
            engine.execution.ending = Ending.STOPPED
            return None
        path, operation, option = self._account[self._next]
        self._next += 1
        if path not in self._numbers:
            names = engine.names
            self._numbers = {names.path(task.number): task.number for task in engine.tasks}
        task = self._numbers.get(path)
        pending = None if task is None else engine.pending(task)
        found = "" if pending is None else pending.kind.name
        if task is None or found != operation or not engine.ready >> task & 1:
            now = f"{found}, which could not happen" if found == operation else found or "nothing"
            self.difference = (
                f"step {self._next} was {operation} by {called(path)}, where an explored run has "
                f"{now}"
            )
            engine.execution.ending = Ending.STOPPED
            return None
        return task, option


class Lean:
    """Chooses what comes next in an account and can happen.

    `others` are, for each step that it chose itself, what could have happened there instead.
    """

    def __init__(self, account: Sequence[Named], first: Sequence[Choice] = ()) -> None:
        self._left: dict[tuple[int, ...], deque[tuple[int, int]]] = defaultdict(deque)
        for at, (path, _, option) in enumerate(account):
            self._left[path].append((at, option))
        self._first = first
        self.others: list[tuple[int, list[Choice]]] = []

    def choose(self, engine: Explored) -> Choice:
        """The next step."""
        step = len(engine.execution.events)
        if step < len(self._first):
            task, option = self._first[step]
            if not engine.ready >> task & 1 or option >= engine.options(task):
                raise Nondeterministic(f"step {step + 1}: task {task} could go on the first time")
            self._cross_out(engine, task)
            return task, option
        local = engine.ready & engine.local
        if local:
            return engine.names.first(local), 0
        enabled = engine.enabled
        choice = self._next(engine, enabled)
        possible = [(task, option) for task in enabled for option in range(engine.options(task))]
        self.others.append((step, [other for other in possible if other != choice]))
        return choice

    def _next(self, engine: Explored, enabled: list[int]) -> Choice:
        left = {task: self._left[engine.names.path(task)] for task in enabled}
        due = [(left[task][0], task) for task in enabled if left[task]]
        if not due:
            return (engine.last if engine.last in enabled else enabled[0]), 0
        (at, option), task = min(due)
        for one in engine.tasks:
            if one.spins:  # what it did meanwhile was to look again
                looks = self._left[engine.names.path(one.number)]
                while looks and looks[0][0] < at:
                    looks.popleft()
        self._cross_out(engine, task)
        return task, option if option < engine.options(task) else 0

    def _cross_out(self, engine: Explored, task: int) -> None:
        """A task does something: if that is noted at all, it is the next that is noted of it."""
        pending = engine.pending(task)
        if pending is None or pending.kind.local or pending.kind.plain:
            return
        left = self._left[engine.names.path(task)]
        if left:
            left.popleft()
