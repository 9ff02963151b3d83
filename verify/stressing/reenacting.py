"""Re-enacting: one explored execution along the account of a real run.

`Reenact` does what the account says and nothing else; it stops where the explored program would do
something else, with the first difference in words. `Lean` does of it what can be done: it leaves a
step out that is not possible (yet), puts in what the account knows nothing of, and after the last
one goes on to the end. With `first`, it begins with these choices whatever the account says.

What others cannot tell happens as soon as it can. What is not noted of real runs, accesses to plain
data, happens when the next operation of that task is due.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.errors import Nondeterministic
from verify.scheduling.event import Choice, Ending
from verify.scheduling.explored import Explored
from verify.stressing.gate import called
from verify.stressing.noting import Named


class _Numbers:
    """The numbers, in one search, of tasks known by their paths."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, ...], int] = {}

    def of(self, path: tuple[int, ...], engine: Explored) -> int | None:
        """None before the task is started."""
        if path not in self._numbers:
            names = engine.names
            self._numbers = {names.path(task.number): task.number for task in engine.tasks}
        return self._numbers.get(path)


class Reenact:
    """Chooses what a real run did; `difference` tells where an explored one does something else.

    One that failed goes on `to_the_end`: its account ends where somebody was waiting for ever.
    """

    def __init__(self, account: Sequence[Named], to_the_end: bool = False) -> None:
        self._account = account
        self._to_the_end = to_the_end
        self._next = 0
        self._numbers = _Numbers()
        self.difference = ""

    def choose(self, engine: Explored) -> Choice | None:
        """The next step; None where the account ends, or the explored program does not do this."""
        local = engine.ready & engine.local
        if local:
            return (local & -local).bit_length() - 1, 0
        if self._next == len(self._account):  # others might go on, but were daemons, or cut
            if self._to_the_end:
                return engine.enabled[0], 0
            engine.execution.ending = Ending.STOPPED
            return None
        path, operation, option = self._account[self._next]
        self._next += 1
        task = self._numbers.of(path, engine)
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
        self._left = list(account)
        self._first = first
        self._numbers = _Numbers()
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
            return (local & -local).bit_length() - 1, 0
        enabled = engine.enabled
        choice = self._next(engine, enabled)
        possible = [(task, option) for task in enabled for option in range(engine.options(task))]
        self.others.append((step, [other for other in possible if other != choice]))
        return choice

    def _next(self, engine: Explored, enabled: list[int]) -> Choice:
        at = 0
        while at < len(self._left):
            path, _, option = self._left[at]
            task = self._numbers.of(path, engine)
            if task is not None and any(one.number == task and one.spins for one in engine.tasks):
                del self._left[at]  # it would only look again
                continue
            if task in enabled:
                pending = engine.pending(task)
                assert pending is not None
                if pending.kind.plain:
                    return task, 0
                del self._left[at]
                return task, option if option < engine.options(task) else 0
            at += 1
        return (engine.last if engine.last in enabled else enabled[0]), 0

    def _cross_out(self, engine: Explored, task: int) -> None:
        """A task does something: if that is noted at all, it is the next that is noted of it."""
        pending = engine.pending(task)
        if pending is None or pending.kind.local or pending.kind.plain:
            return
        path = engine.names.path(task)
        for at, (one, _, _) in enumerate(self._left):
            if one == path:
                del self._left[at]
                return
