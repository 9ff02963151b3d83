"""A description as a program in the reference's language."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.crosscheck.generator import LOCK_OF, PLACES, Action, Description
from tests.reference.calls import (
    await_line,
    holding,
    holding_again,
    meet,
    process,
    spin,
    spin_until,
    start_and_join,
    wait,
)
from tests.reference.programs import CONDITION, LINE, LOCK, QUEUE
from tests.reference.semantics import Empty, Full, Gate, Line, Task
from tests.reference.world import Body, Invariant, Program


def program(description: Description) -> Program:
    """The program, ready to be enumerated."""
    states: dict[str, Any] = {
        "x": 0,
        "y": 0,
        "a": 0,
        "m": LOCK,
        "n": LOCK,
        "r": LOCK,
        "c": CONDITION,
    }
    states |= {"d": CONDITION, "s": description.permits, "b": 1, "e": LINE, "p": LINE}
    states |= {"g": Gate(), "k": Gate(), "q": QUEUE, "l": QUEUE, "h": QUEUE}
    tasks = _Tasks(description.wake, description.unshared)

    def main() -> Body:
        beginnings = (
            (tasks.new, actions, (i,), {}) for i, actions in enumerate(description.tasks, 1)
        )
        yield from start_and_join(*beginnings)

    def one_rests(now: dict[str, Any]) -> bool:
        changed = [name for name in description.watched if _is_changed(now[name])]
        return len(changed) < max(2, len(description.watched))

    watching = (Invariant("one rests", description.watched, one_rests),)
    return Program(
        {name: states[name] for name in description.objects},
        main,
        watching if description.watched else (),
    )


def _is_changed(state: Any) -> bool:
    """Whether a cell is not 0, a lock is held, an event set, something in a queue."""
    if isinstance(state, Line):
        return bool(state.ready)
    if isinstance(state, tuple) and len(state) == len(QUEUE):
        return bool(state[0])
    return state not in (0, LOCK)


def copied(name: str, process: Task) -> str:
    """What the copy is called that a process has of an object."""
    return f"{name}'{'.'.join(map(str, process))}"


def _expect_nothing() -> Body:
    found = yield ("read", "x")
    assert found == 0


class _Me:
    """What a task knows: its own name, how many it has started and which, and what its process
    calls the objects that it has copies of: for each letter a name that begins with it."""

    def __init__(self, path: Task, names: dict[str, str]) -> None:
        self.path = path
        self.names = names
        self.started = 0
        self.children: list[Task] = []

    def next_child(self) -> Task:
        self.started += 1
        return (*self.path, self.started)

    def renamed(self, action: Action) -> Action:
        """With the names that the objects have in this process."""
        name, *arguments = action
        return (name, *(self.names.get(a, a) if isinstance(a, str) else a for a in arguments))


class _Tasks:
    """Runs actions as operations."""

    def __init__(self, wake: str, unshared: Sequence[str]) -> None:
        self._wake = wake
        self._unshared = unshared
        self._processes: set[Task] = set()  # only ever asked about by whoever has started it

    def new(self, actions: list[Action], path: Task, names: dict[str, str]) -> Body:
        """A task of this name."""
        yield from self._run(actions, _Me(path, names))

    def _run(self, actions: list[Action], me: _Me) -> Body:
        for action in actions:
            yield from self._do(me.renamed(action), me)

    def _do(self, action: Action, me: _Me) -> Body:
        match action:
            case ("read", x):
                yield ("read", x)
            case ("write", x, value):
                yield ("write", x, value)
            case ("bump", x):
                value = yield ("read", x)
                yield ("write", x, value + 1)
            case ("add", *_):
                yield action
            case ("swap", cell, value, inside):
                if (yield ("swap", cell, value)) == 0:
                    yield from self._run(inside, me)
            case ("exchange", cell, old, new, inside):
                if (yield ("exchange", cell, old, new)):
                    yield from self._run(inside, me)
            case ("if", x, value, then, otherwise):
                found = yield ("read", x)
                yield from self._run(then if found == value else otherwise, me)
            case ("expect", x, value):
                found = yield ("read", x)
                assert found == value

            case ("with", lock, inside):
                hold = holding_again if lock[0] == "r" else holding
                yield from hold(lock, self._run(inside, me))
            case ("acquire" | "release" as name, lock):
                yield ("re" + name if lock[0] == "r" else name, lock)
            case ("try", lock, inside):
                again = "re" if lock[0] == "r" else ""
                if (yield ("try", (again + "acquire", lock))):
                    yield from self._run(inside, me)
                    yield (again + "release", lock)
            case ("locked", lock):
                yield ("locked", lock)

            case ("wait", condition, timed):
                yield from wait(condition, LOCK_OF[condition], timed)
            case ("wait until", condition, x):
                while not (yield ("read", x)):
                    yield from wait(condition, LOCK_OF[condition])
            case ("notify", condition, count):
                yield ("notify", condition, LOCK_OF[condition], count)

            case ("spin", x, value):
                yield from spin_until(("read", x), lambda found: bool(found == value))
            case ("spin on both", x, y):
                yield from spin(lambda: _look_at_both(x, y))
            case ("spin past", x, y):
                yield from spin(lambda: _look_past(x, y))
            case ("spin twice", x):
                yield from spin(lambda: _look_at_both(x, x))
            case ("spin lock", lock, inside):
                yield from spin_until(("try", ("acquire", lock)))
                yield from self._run(inside, me)
                yield ("release", lock)
            case ("spin locks", lock, other):
                yield from spin(lambda: _try_both(lock, other))
            case ("spin down", permits, inside):
                yield from spin_until(("try", ("down", permits)))
                yield from self._run(inside, me)
                yield self._up(permits)
            case ("spin exchange", a):
                yield from spin_until(("exchange", a, 0, 1))
            case ("spin for event", e):
                yield from spin(lambda: _look_and(e, ("sleep",), "is_ready"))
            case ("spin waiting", e, x):
                yield from _wait_until(x, e)
            case ("spin draining", queue, x):
                yield from spin(lambda: _look_and(x, ("drain", queue)))
            case ("spin joining", x):
                if me.children:
                    yield from spin(lambda: _look_and(x, ("join", me.children[-1])))

            case ("down", permits):
                yield ("down", permits)
            case ("up", permits):
                yield self._up(permits)
            case ("try down", permits, inside):
                if (yield ("try", ("down", permits))):
                    yield from self._run(inside, me)
                    yield self._up(permits)

            case ("await", line, timed):
                yield from await_line(line, timed)
            case ("set" | "clear", _):
                yield action
            case ("is set" | "is ready", line):
                yield ("is_ready", line)
            case ("deliver", descriptor):
                yield ("deliver", descriptor, 1, self._wake)
            case ("take", descriptor):
                yield ("take", descriptor, 1)

            case ("meet", gate, timed):
                yield from meet(gate, 2, timed, _expect_nothing if gate == "k" else None)
            case ("abort" | "reset" | "standing" | "broken", _):
                yield action

            case ("put", queue, value):
                yield self._put(queue, value)
            case ("get", queue):
                yield self._get(queue)
            case ("drain", _):
                yield action
            case ("size", queue):
                yield ("qsize", queue)
            case ("try put", queue, value):
                with suppress(Full):
                    yield ("try", self._put(queue, value))
            case ("try get", queue):
                with suppress(Empty):
                    yield ("try", self._get(queue))
            case ("shut down", queue, at_once):
                yield ("shutdown", queue, at_once)
            case ("task done", queue):
                yield ("task_done", queue)
            case _:
                yield from self._do_alone(action, me)

    def _do_alone(self, action: Action, me: _Me) -> Body:
        match action:
            case ("start", actions):
                child = yield ("start", self.new, actions, me.next_child(), me.names)
                me.children.append(child)
            case ("start process", actions):
                child = yield self._process(actions, me)
                me.children.append(child)
                self._processes.add(child)
            case ("terminate",):
                if me.children and me.children[-1] in self._processes:
                    yield ("terminate", me.children[-1])
            case ("join", timed):
                if me.children:
                    join = ("join", me.children[-1])
                    yield ("try", join) if timed else join
            case ("alive",):
                if me.children:
                    yield ("alive", me.children[-1])
            case ("spin while alive",):
                if me.children:
                    yield from spin_until(("alive", me.children[-1]), lambda alive: not alive)
            case ("choose", alternatives):
                chosen = yield ("choose", alternatives)
                yield from self._run(chosen, me)
            case ("sleep",):
                yield ("sleep",)
            case _:
                raise NotImplementedError(f"unknown action {action}")

    def _process(self, actions: list[Action], me: _Me) -> tuple[Any, ...]:
        path = me.next_child()
        names = me.names | {name: copied(name, path) for name in self._unshared}
        begin = (process, self.new, actions, path, names)
        if not self._unshared:
            return ("start process", *begin)
        return ("fork", {me.names.get(name, name): names[name] for name in self._unshared}, *begin)

    def _put(self, queue: str, value: int) -> tuple[Any, ...]:
        return ("put", queue, value, PLACES[queue[0]], *(("sort",) if queue[0] == "h" else ()))

    def _get(self, queue: str) -> tuple[Any, ...]:
        return ("get", queue, "last") if queue[0] == "l" else ("get", queue)

    def _up(self, permits: str) -> tuple[Any, ...]:
        return ("up", permits, 1, 1) if permits[0] == "b" else ("up", permits, 1)


def _look_at_both(x: str, y: str) -> Body:
    return not ((yield ("read", x)) and (yield ("read", y)))


def _look_past(x: str, y: str) -> Body:
    return not (yield ("read", x)) and bool((yield ("read", y)))


def _look_and(x: str, then: tuple[Any, ...], look: str = "read") -> Body:
    if (yield (look, x)):
        return True
    yield then
    return False


def _try_both(lock: str, other: str) -> Body:
    return (yield ("try", ("acquire", lock))) or (yield ("try", ("acquire", other)))


def _wait_until(x: str, event: str) -> Body:
    """Who lines up has written: what it looked at before that is repeated no more."""
    found = []

    def one_look() -> Body:
        if (yield ("read", x)):
            found.append(x)
            return True
        if (yield ("line_up", event)):
            return False
        yield ("leave", event)
        return True

    while not found:
        yield from spin(one_look)
