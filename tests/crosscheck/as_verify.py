"""A description as a program of verify's primitives."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import verify
from tests.crosscheck.generator import PLACES, Action, Description


def program(description: Description, order: Sequence[int] = ()) -> Callable[[], object]:
    """The program, ready to be explored; its tasks are started in this order if one is given.

    Whatever the order, they are joined in that of the description.
    """
    names, permits, wake = description.objects, description.permits, description.wake
    actions_of_tasks, unshared = description.tasks, description.unshared
    starts = tuple(order or range(len(actions_of_tasks)))
    watched = description.watched

    def main() -> None:
        objects = _objects(names, permits, wake, unshared)
        if watched:
            verify.invariant(lambda: _one_rests([objects[name] for name in watched]))
        tasks = _Tasks(objects)
        threads = {index: tasks.new(actions_of_tasks[index]) for index in starts}
        for thread in threads.values():
            thread.start()
        for index in sorted(threads):
            threads[index].join()

    return main


def _objects(
    names: Sequence[str], permits: int, wake: str, unshared: Sequence[str]
) -> dict[str, Any]:
    made: dict[str, Any] = {}
    makers: dict[str, Callable[[], Any]] = {
        "x": lambda: verify.Shared(0, shared="x" not in unshared),
        "y": lambda: verify.Shared(0, shared="y" not in unshared),
        "a": lambda: verify.Atomic(0, shared="a" not in unshared),
        "m": lambda: verify.Lock(shared="m" not in unshared),
        "n": lambda: verify.Lock(shared="n" not in unshared),
        "r": lambda: verify.RLock(shared="r" not in unshared),
        "c": lambda: verify.Condition(made["m"]),
        "d": lambda: verify.Condition(made["r"]),
        "s": lambda: verify.Semaphore(permits, shared="s" not in unshared),
        "b": lambda: verify.BoundedSemaphore(1, shared="b" not in unshared),
        "e": verify.Event,
        "p": lambda: verify.Descriptor(wake),  # type: ignore[arg-type]
        "g": lambda: verify.Barrier(2),
        "k": lambda: verify.Barrier(2, lambda: _expect_nothing(made["x"])),
        "q": lambda: verify.Queue(PLACES["q"], shared="q" not in unshared),
        "l": lambda: verify.LifoQueue(PLACES["l"], shared="l" not in unshared),
        "h": lambda: verify.PriorityQueue(PLACES["h"], shared="h" not in unshared),
    }
    for name in names:
        made[name] = makers[name]()
    return made


def _one_rests(watched: list[Any]) -> bool:
    changed = [one for one in watched if _is_changed(one)]  # all are looked at, whatever is found
    return len(changed) < max(2, len(watched))


def _is_changed(watched: Any) -> bool:
    """Whether a cell is not 0, a lock is held, an event set, something in a queue."""
    match watched:
        case verify.Lock():
            return watched.locked()
        case verify.Event():
            return watched.is_set()
        case verify.Queue():
            return watched.qsize() > 0
        case verify.Atomic():
            return bool(watched.load() != 0)
        case _:
            return bool(watched.value != 0)


def _expect_nothing(cell: Any) -> None:
    assert cell.value == 0


class _Tasks:
    """Runs actions on the program's objects."""

    def __init__(self, objects: dict[str, Any]) -> None:
        self._objects = objects

    def new(self, actions: list[Action]) -> verify.Thread:
        """A task that runs these actions."""
        return verify.Thread(target=self._begin, args=(actions,))

    def _begin(self, actions: list[Action]) -> None:
        self._run(actions, [])

    def _run(self, actions: list[Action], children: list[verify.Thread]) -> None:
        for action in actions:
            self._do(action, children)

    def _do(self, action: Action, children: list[verify.Thread]) -> None:
        if len(action) > 1 and isinstance(action[1], str):
            self._do_on(self._objects[action[1]], action, children)
            return
        match action:
            case ("start", actions):
                child = self.new(actions)
                children.append(child)
                child.start()
            case ("start process", actions):
                process = verify.Process(target=self._begin, args=(actions,))
                children.append(process)
                process.start()
            case ("terminate",):
                if children and isinstance(children[-1], verify.Process):
                    children[-1].terminate()
            case ("join", timed) if children:
                children[-1].join(1.0 if timed else None)
            case ("alive",) if children:
                children[-1].is_alive()
            case ("spin while alive",) if children:
                while children[-1].is_alive():
                    pass
            case ("choose", alternatives):
                self._run(verify.choose(alternatives), children)
            case ("sleep",):
                verify.sleep(1)

    def _do_on(self, it: Any, action: Action, children: list[verify.Thread]) -> None:
        match action:
            case ("read", "a"):
                it.load()
            case ("read", _):
                it.value  # noqa: B018 - looking is what is wanted
            case ("write", _, value):
                it.value = value
            case ("bump", _):
                it.value += 1
            case ("add", _, amount):
                it.add(amount)
            case ("swap", _, value, inside):
                if it.swap(value) == 0:
                    self._run(inside, children)
            case ("exchange", _, old, new, inside):
                if it.compare_exchange(old, new):
                    self._run(inside, children)
            case ("if", _, value, then, otherwise):
                self._run(then if it.value == value else otherwise, children)
            case ("expect", _, value):
                assert it.value == value

            case ("with", _, inside):
                with it:
                    self._run(inside, children)
            case ("acquire" | "down", _):
                it.acquire()
            case ("release" | "up", _):
                it.release()
            case ("try" | "try down", _, inside):
                if it.acquire(blocking=False):
                    self._run(inside, children)
                    it.release()
            case ("locked", _):
                it.locked()

            case ("spin", _, value):
                while it.value != value:
                    pass
            case ("spin on both", _, other):
                while it.value and self._objects[other].value:
                    pass
            case ("spin past", _, other):
                while it.value or not self._objects[other].value:
                    pass
            case ("spin twice", _):
                while it.value and it.value:
                    pass
            case ("spin lock", _, inside):
                while not it.acquire(blocking=False):
                    pass
                self._run(inside, children)
                it.release()
            case ("spin locks", _, name):
                other = self._objects[name]
                while not it.acquire(blocking=False) and not other.acquire(blocking=False):
                    pass
            case ("spin down", _, inside):
                while not it.acquire(blocking=False):
                    pass
                self._run(inside, children)
                it.release()
            case ("spin exchange", _):
                while not it.compare_exchange(0, 1):
                    pass
            case ("spin for event", _):
                while not it.is_set():
                    verify.sleep(1)
            case ("spin waiting", _, cell):
                while not self._objects[cell].value:
                    it.wait()
            case ("spin draining", _, cell):
                drain = it.join  # as an attribute it might be that of a string, which calls back
                while not self._objects[cell].value:
                    drain()
            case ("spin joining", _) if children:
                join = children[-1].join
                while not it.value:
                    join()
            case ("spin joining", _):
                pass

            case ("wait", _, timed):
                it.wait(1.0 if timed else None)
            case ("wait until", _, cell):
                while not self._objects[cell].value:
                    it.wait()
            case ("notify", _, count):
                it.notify(count)

            case ("await", _, timed):
                it.wait(1.0 if timed else None)
            case ("set", _):
                it.set()
            case ("clear", _):
                it.clear()
            case ("is set", _):
                it.is_set()
            case ("deliver", _):
                it.deliver()
            case ("take", _):
                it.take()
            case ("is ready", _):
                it.ready()

            case ("meet", _, timed):
                it.wait(1.0 if timed else None)
            case ("abort", _):
                it.abort()
            case ("reset", _):
                it.reset()
            case ("standing", _):
                it.n_waiting  # noqa: B018
            case ("broken", _):
                it.broken  # noqa: B018

            case ("put", _, value):
                it.put(value)
            case ("get", _):
                it.get()
            case ("try put", _, value):
                with suppress(queue.Full):
                    it.put(value, timeout=1.0)
            case ("try get", _):
                with suppress(queue.Empty):
                    it.get(block=False)
            case ("task done", _):
                it.task_done()
            case ("drain", _):
                it.join()
            case ("size", _):
                it.qsize()
            case ("shut down", _, at_once):
                it.shutdown(at_once)
            case _:
                raise NotImplementedError(f"unknown action {action}")
