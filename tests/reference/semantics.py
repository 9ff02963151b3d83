"""What each operation does: to the states, and to which objects as a read or as a write.

An operation is a tuple of a name and arguments; a state is an immutable value in a dictionary, by
the object's name; a task is a path such as `(1, 2)`, the second child of the main task's first
child. `("try", operation)` never waits: it fails if it is scheduled while the operation is
impossible. That stands for a call without blocking and for one with a time-out, which may run out
at any moment.

`("again", operation, steps)` comes from a task that stands where it stood so many steps ago, all of
them looks. It waits until an object is written that it has looked at since (world.py).

The counting rules: looking is a read; whatever fails and leaves the state as it was is a read;
everything else is a write, also when it changes nothing. Starting and joining touch no object (they
are ordered anyway), a timed join reads the end of the task it waits for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Task = tuple[int, ...]
Operation = tuple[Any, ...]
States = dict[str, Any]


class Effect(NamedTuple):
    """What an operation did. `quiet` changes are visible to no other task: no access."""

    result: Any = None
    writes: States = {}  # noqa: RUF012 - never changed
    reads: tuple[str, ...] = ()
    quiet: States = {}  # noqa: RUF012 - never changed
    error: Exception | None = None


class Line(NamedTuple):
    """The state of what tasks line up for: an event (ready is 0 or 1) or a descriptor."""

    ready: int = 0
    waiting: tuple[Task, ...] = ()
    called: tuple[Task, ...] = ()
    calls: int = 0
    closed: tuple[str, ...] = ()  # the tables in which it is

    def call(self, count: int) -> Line:
        """Call the first so many of those who wait."""
        woken = self.waiting[:count]
        return self._replace(
            waiting=self.waiting[count:],
            called=self.called + woken,
            calls=self.calls + len(woken),
        )


class Gate(NamedTuple):
    """The state of a barrier: who stands there, who may pass, who is turned away.

    `busy` is while the one who came last runs the barrier's action.
    """

    standing: tuple[Task, ...] = ()
    passing: tuple[Task, ...] = ()
    turned: tuple[Task, ...] = ()
    broken: bool = False
    busy: bool = False

    def let_pass(self, but: Task) -> Gate:
        """All who stand there may pass; one of them, or the one who comes now, has passed."""
        return self._replace(
            standing=(), passing=self.passing + _without(self.standing, but), busy=False
        )

    def turn_away(self, but: Task, broken: bool) -> Gate:
        """All who stand there are turned away, except the one who does it."""
        turned = self.turned + _without(self.standing, but)
        return Gate((), self.passing, turned, broken)


class Full(Exception):
    """A put that did not wait found the queue full."""


class Empty(Exception):
    """A get that did not wait found the queue empty."""


class ShutDown(Exception):
    """The queue was shut down, and nothing is left to get."""


class Broken(Exception):
    """A task came to a barrier that is broken, or was turned away."""


def end_of(task: Task) -> str:
    """The name of the object that says whether a task has ended."""
    return "end " + ".".join(map(str, task))


def possible(operation: Operation, states: States, me: Task) -> bool:
    """Whether a task may take this step now."""
    match operation:
        case ("try", inner):
            return possible(inner, states, me) or _may_give_up(inner, states, me)
        case ("acquire", lock):
            return states[lock] is None
        case ("reacquire", lock):
            return bool(states[lock] is None or states[lock][0] == me)
        case ("wake", condition, lock, _):
            return me in states[condition][1] and states[lock] is None
        case ("retake", lock, _):
            return states[lock] is None
        case ("down", permits):
            return bool(states[permits] > 0)
        case ("leave", line):
            return me in states[line].called
        case ("pass", gate):
            return me in states[gate].passing or me in states[gate].turned
        case ("arrive" | "abort" | "reset", gate, *_):
            return not states[gate].busy
        case ("put", queue, _, size, *_):
            items, _, shut = states[queue]
            return bool(size <= 0 or len(items) < size or shut)
        case ("get", queue, *_):
            items, _, shut = states[queue]
            return bool(items or shut)
        case ("drain", queue):
            return bool(states[queue][1] == 0)
        case ("result", future):
            return bool(states[future][0])
        case ("take_task", pool):
            return bool(states[pool][0] or states[pool][2])
        case ("collect", pool, *numbers):
            return states[pool][1].issuperset(numbers)
        case ("join", task):
            return bool(states[end_of(task)])
    return True


def _may_give_up(operation: Operation, states: States, me: Task) -> bool:
    """A sleeper that stands in a line can leave it only until it has been called."""
    match operation:
        case ("wake", condition, _, _):
            return me in states[condition][0]
        case ("leave", line):
            return me in states[line].waiting
        case ("pass", gate):
            return me in states[gate].standing and not states[gate].busy
    return True


def carry_out(operation: Operation, states: States, me: Task) -> Effect:
    """The effect of a step that is possible."""
    if operation[0] != "try":
        return _do(operation, states, me)
    inner = operation[1]
    if not possible(inner, states, me):
        return _give_up(inner, states, me)
    effect = _do(inner, states, me)
    if inner[0] == "join":
        return effect._replace(reads=(end_of(inner[1]),))
    return effect


def _give_up(operation: Operation, states: States, me: Task) -> Effect:
    match operation:
        case ("wake", condition, _, _):
            waiting, called = states[condition]
            return Effect(False, {condition: (_without(waiting, me), called)})
        case ("leave", name):
            line: Line = states[name]
            return Effect(False, {name: line._replace(waiting=_without(line.waiting, me))})
        case ("pass", name):
            return Effect(False, {name: states[name].turn_away(me, broken=True)})
        case ("put", queue, *_):
            return Effect(error=Full(), reads=(queue,))
        case ("get", queue, *_):
            return Effect(error=Empty(), reads=(queue,))
        case ("join", task):
            return Effect(False, reads=(end_of(task),))
    return Effect(False, reads=(operation[1],))


def _do(operation: Operation, states: States, me: Task) -> Effect:
    match operation:
        case ("read", cell):
            return Effect(states[cell], reads=(cell,))
        case ("write", cell, value):
            return Effect(None, {cell: value})
        case ("add", cell, amount):
            return Effect(states[cell], {cell: states[cell] + amount})
        case ("swap", cell, value):
            return Effect(states[cell], {cell: value})
        case ("exchange", cell, expected, new):
            if states[cell] != expected:
                return Effect(False, reads=(cell,))
            return Effect(True, {cell: new})

        case ("acquire", lock):
            return Effect(True, {lock: (me, 1)})
        case ("release", lock):
            if states[lock] is None:
                return Effect(error=RuntimeError("release unlocked lock"), reads=(lock,))
            return Effect(None, {lock: None})
        case ("locked", lock):
            return Effect(states[lock] is not None, reads=(lock,))
        case ("reacquire", lock):
            depth = 0 if states[lock] is None else states[lock][1]
            return Effect(True, {lock: (me, depth + 1)})
        case ("rerelease", lock):
            if states[lock] is None or states[lock][0] != me:
                return Effect(error=RuntimeError("not the owner"), reads=(lock,))
            depth = states[lock][1]
            return Effect(None, {lock: (me, depth - 1) if depth > 1 else None})

        case ("depth", lock):
            mine = states[lock] is not None and states[lock][0] == me
            return Effect(states[lock][1] if mine else 0, reads=(lock,))
        case ("let_go_whole", lock):
            if states[lock] is None or states[lock][0] != me:
                return Effect(error=RuntimeError("not the owner"), reads=(lock,))
            return Effect(states[lock][1], {lock: None})

        case ("enqueue", condition, lock):
            if states[lock] is None or states[lock][0] != me:
                return Effect(error=RuntimeError("not the owner"), reads=(condition, lock))
            waiting, called = states[condition]
            return Effect(states[lock][1], {condition: ((*waiting, me), called), lock: None})
        case ("wake", condition, lock, depth):
            waiting, called = states[condition]
            without_me = (waiting, _without(called, me))
            return Effect(True, {lock: (me, depth)}, quiet={condition: without_me})
        case ("retake", lock, depth):
            return Effect(True, {lock: (me, depth)})
        case ("notify", condition, lock, count):
            if states[lock] is None or states[lock][0] != me:
                return Effect(error=RuntimeError("not the owner"), reads=(condition, lock))
            waiting, called = states[condition]
            moved = (waiting[count:], called + waiting[:count])
            return Effect(None, {condition: moved}, reads=(lock,))

        case ("down", permits):
            return Effect(True, {permits: states[permits] - 1})
        case ("up", permits, count, *bound):
            if bound and states[permits] + count > bound[0]:
                return Effect(error=ValueError("released too many times"), reads=(permits,))
            return Effect(None, {permits: states[permits] + count})

        case ("line_up", name):
            line: Line = states[name]
            if line.ready:
                return Effect(True, reads=(name,))
            return Effect(False, {name: line._replace(waiting=(*line.waiting, me))})
        case ("leave", name):
            line = states[name]
            return Effect(True, quiet={name: line._replace(called=_without(line.called, me))})
        case ("set", name):
            line = states[name]
            return Effect(None, {name: line.call(len(line.waiting))._replace(ready=1)})
        case ("clear", name):
            return Effect(None, {name: states[name]._replace(ready=0)})
        case ("is_ready", name):
            return Effect(bool(states[name].ready), reads=(name,))
        case ("calls", name):
            return Effect(states[name].calls, reads=(name,))
        case ("deliver", name, units, woken):
            line = states[name]
            woken = len(line.waiting) if woken == "all" else 1
            return Effect(None, {name: line.call(woken)._replace(ready=line.ready + units)})
        case ("close", name, table):
            line = states[name]
            return Effect(None, {name: line._replace(closed=(*line.closed, table))})
        case ("take", name, wanted, *tables):
            line = states[name]
            if set(tables) & set(line.closed):
                return Effect(error=OSError("closed"), reads=(name,))
            taken = min(wanted, line.ready)
            if not taken:
                return Effect(0, reads=(name,))
            return Effect(taken, {name: line._replace(ready=line.ready - taken)})

        case ("arrive", name, parties, acts):
            gate: Gate = states[name]
            if gate.broken:
                return Effect(error=Broken(), reads=(name,))
            place = len(gate.standing)
            last = place + 1 == parties
            if last and not acts:
                return Effect(place, {name: gate.let_pass(me)})
            standing = (*gate.standing, me)
            return Effect(place, {name: gate._replace(standing=standing, busy=last)})
        case ("pass", name):
            gate = states[name]
            left = gate._replace(
                passing=_without(gate.passing, me), turned=_without(gate.turned, me)
            )
            return Effect(me in gate.passing, quiet={name: left})
        case ("open", name):
            return Effect(None, {name: states[name].let_pass(me)})
        case ("break" | "abort", name):
            return Effect(None, {name: states[name].turn_away(me, broken=True)})
        case ("reset", name):
            return Effect(None, {name: states[name].turn_away(me, broken=False)})
        case ("broken", name):
            return Effect(states[name].broken, reads=(name,))
        case ("standing", name):
            return Effect(len(states[name].standing), reads=(name,))

        case ("put", queue, item, _, *sort):
            items, unfinished, shut = states[queue]
            if shut:
                return Effect(error=ShutDown(), reads=(queue,))
            items = tuple(sorted((*items, item))) if sort else (*items, item)
            return Effect(None, {queue: (items, unfinished + 1, False)})
        case ("get", queue, *last):
            items, unfinished, shut = states[queue]
            if not items:
                return Effect(error=ShutDown(), reads=(queue,))
            if last:
                return Effect(items[-1], {queue: (items[:-1], unfinished, shut)})
            return Effect(items[0], {queue: (items[1:], unfinished, shut)})
        case ("shutdown", queue, at_once):
            items, unfinished, _ = states[queue]
            for _ in items if at_once else ():
                items, unfinished = items[1:], unfinished - (unfinished > 0)
            return Effect(None, {queue: (items, unfinished, True)})
        case ("task_done", queue):
            items, unfinished, shut = states[queue]
            if unfinished == 0:
                return Effect(error=ValueError("task_done called too often"), reads=(queue,))
            return Effect(None, {queue: (items, unfinished - 1, shut)})
        case ("drain", queue):
            return Effect(None, reads=(queue,))
        case ("qsize", queue):
            return Effect(len(states[queue][0]), reads=(queue,))

        case ("result", future):
            return Effect(states[future][1], reads=(future,))
        case ("settle", future, result):
            return Effect(states[future][2], {future: (True, result, 0)})
        case ("call_back", future):
            over, result, callbacks = states[future]
            if over:
                return Effect(True, reads=(future,))
            return Effect(False, {future: (over, result, callbacks + 1)})

        case ("submit", pool, *numbers):
            tasks, finished, closed = states[pool]
            if closed:
                return Effect(error=ValueError("not running"), reads=(pool,))
            return Effect(None, {pool: ((*tasks, *numbers), finished, closed)})
        case ("take_task", pool):
            tasks, finished, closed = states[pool]
            if not tasks:
                return Effect(None, reads=(pool,))
            return Effect(tasks[0], {pool: (tasks[1:], finished, closed)})
        case ("finish", pool, number):
            tasks, finished, closed = states[pool]
            return Effect(None, {pool: (tasks, finished | {number}, closed)})
        case ("collect", pool, *_):
            return Effect(None, reads=(pool,))
        case ("close", pool):
            return Effect(None, {pool: (*states[pool][:2], True)})
        case ("is_closed", pool):
            return Effect(states[pool][2], reads=(pool,))

        case ("join", _):
            return Effect(True)
        case ("alive", task):
            return Effect(not states[end_of(task)], reads=(end_of(task),))
        case ("choose", _) | ("sleep",) | ("exit",):
            return Effect()
    raise ValueError(f"no such operation: {operation}")


def _without(tasks: tuple[Task, ...], me: Task) -> tuple[Task, ...]:
    return tuple(task for task in tasks if task != me)
