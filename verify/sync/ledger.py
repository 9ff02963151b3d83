"""Ledger: what is to be done by the workers of a pool, who is doing what, what is done.

All that happens to it is one step each:

    submit    (owner) puts tasks at the end of the line; an error once the pool is closed
    take      (worker) the next task is its own from here on; nothing more to do once it is closed
    finish    (worker) its task's outcome: a result, or the exception that the task raised
    outcome   (owner) sleeps until the outcomes are there; they stay, as long as the pool
    give up   (owner) closes it, with OwnerDied for an outcome of what nobody has begun

Taking a task and noting whose it is are one step, so no task is ever in nobody's hands: a worker
that dies is known to have had it (`waits_for`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from verify.errors import OwnerDied
from verify.operation import EVERYONE, NOBODY, Access, Kind, Lane, Outcome, States, Wake
from verify.sync.items import Items
from verify.values import in_words

TAKERS, GETTERS = Lane(0, 0), Lane(0, 1)


class Task(NamedTuple):
    """A call that a worker is to make."""

    number: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]

    def __repr__(self) -> str:
        name = getattr(self.function, "__name__", None) or in_words(self.function)
        passed = [in_words(value) for value in self.arguments]
        passed += [f"{keyword}={in_words(value)}" for keyword, value in self.keywords]
        return f"task {self.number}: {name}({', '.join(passed)})"


class Finished(NamedTuple):
    """What came of a task: its result, or the exception that it raised."""

    number: int
    good: bool
    outcome: Any

    def __repr__(self) -> str:
        raised = "" if self.good else "raised "
        return f"task {self.number}: {raised}{in_words(self.outcome)}"


class Ledger(NamedTuple):
    """What is to be done, who (by task number) is doing what, what is done."""

    tasks: Items
    begun: tuple[tuple[int, int], ...]
    finished: tuple[Finished, ...]
    submitted: int
    closed: bool


def _submit(states: States, task: int, calls: Any) -> Outcome:
    ledger: Ledger = states[0]
    if ledger.closed:
        raise ValueError("Pool not running")
    tasks = ledger.tasks
    for number, call in enumerate(calls, ledger.submitted):
        tasks = tasks.put(Task(number, *call))
    submitted = ledger.submitted + len(calls)
    numbers = tuple(range(ledger.submitted, submitted))
    return numbers, (ledger._replace(tasks=tasks, submitted=submitted),)


def _wake_takers(before: States, after: States, calls: Any) -> Wake:
    return Wake(TAKERS, len(calls), ()) if calls else NOBODY


def _any_or_closed(states: States, task: int, argument: Any) -> bool:
    ledger: Ledger = states[0]
    return ledger.closed or len(ledger.tasks) > 0


def _take(states: States, task: int, argument: Any) -> Outcome:
    ledger: Ledger = states[0]
    if not ledger.tasks:
        return None, states
    taken, rest = ledger.tasks.get()
    begun = (*ledger.begun, (taken.number, task))
    return taken, (ledger._replace(tasks=rest, begun=begun),)


def _nothing_left(states: States, task: int, argument: Any) -> bool:
    return not states[0].tasks


def _finish(states: States, task: int, finished: Any) -> Outcome:
    ledger: Ledger = states[0]
    begun = tuple(pair for pair in ledger.begun if pair[0] != finished.number)
    return None, (ledger._replace(begun=begun, finished=(*ledger.finished, finished)),)


def _wake_getters(before: States, after: States, argument: Any) -> Wake:
    return Wake(GETTERS, EVERYONE, ())


def _all_finished(states: States, task: int, numbers: Any) -> bool:
    there = [finished.number for finished in states[0].finished]
    return all(number in there for number in numbers)


def _get(states: States, task: int, numbers: Any) -> Outcome:
    found = {finished.number: finished for finished in states[0].finished}
    return tuple(found[number] for number in numbers), states


def _not_all(states: States, task: int, numbers: Any) -> Outcome:
    return None, states


def _who_has_them(states: States, task: int, numbers: Any) -> tuple[int, ...]:
    return tuple(worker for number, worker in states[0].begun if number in numbers)


def _look_whether_finished(states: States, task: int, numbers: Any) -> Outcome:
    return _all_finished(states, task, numbers), states


def _close(states: States, task: int, argument: Any) -> Outcome:
    return None, (states[0]._replace(closed=True),)


def _wake_all_takers(before: States, after: States, argument: Any) -> Wake:
    return Wake(TAKERS, EVERYONE, ())


def _give_up(states: States, task: int, argument: Any) -> Outcome:
    ledger: Ledger = states[0]
    lost = tuple(
        Finished(given_up.number, False, OwnerDied("the pool was terminated before it was begun"))
        for given_up in ledger.tasks
    )
    finished = ledger.finished + lost
    return None, (ledger._replace(tasks=type(ledger.tasks)(), finished=finished, closed=True),)


def _look_whether_closed(states: States, task: int, argument: Any) -> Outcome:
    return states[0].closed, states


SUBMIT = Kind("submit", _submit, wakes=_wake_takers)
TAKE = Kind(
    "take",
    _take,
    ready=_any_or_closed,
    reads_if=_nothing_left,
    queue=lambda states, task: TAKERS,
    shows_result=True,
)
FINISH = Kind("finish", _finish, wakes=_wake_getters, shows_argument=True)
OUTCOME = Kind(
    "outcome",
    _get,
    ready=_all_finished,
    give_up=_not_all,
    footprint=(Access.READ,),
    queue=lambda states, task: GETTERS,
    waits_for=_who_has_them,
    shows_result=True,
)
READY = Kind("ready", _look_whether_finished, footprint=(Access.READ,), shows_result=True)
CLOSE = Kind("close", _close, wakes=_wake_all_takers)
GIVE_UP = Kind("give up", _give_up, wakes=_wake_getters)
IS_CLOSED = Kind("is closed", _look_whether_closed, footprint=(Access.READ,), shows_result=True)
