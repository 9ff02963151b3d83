"""Barrier: a gate that opens when enough tasks stand before it. Signatures of `threading.Barrier`.

A `wait` is a chain of operations:

    arrive   join the generation that is gathering             a write
    leave    once that generation is full                      ordered by the wake, no access
             (a timed wait may instead give up, which breaks the barrier: a write)

The last to arrive does not leave: it wakes the others by name. With an action it arrives, runs the
action, and then

    open     lets the others go                                a write
    break    refuses them, because the action raised           a write

While the action runs the generation is full and closed: arrive, reset and abort are disabled, and
nobody can time out, as if the action were one step. A generation's members leave it by name, so the
next one gathers at once, without waiting until they have left; and who was let go leaves whatever
happens to the barrier afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import BrokenBarrierError
from typing import Any, NamedTuple

from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.sync.primitive import Sleeping, in_line
from verify.sync.sleepers import by_name, without


class Gate(NamedTuple):
    """Who stands before the gate, who may pass, who is refused: all in the order of arrival.

    `busy` is whether the last of `arrived` is running the action.
    """

    arrived: tuple[int, ...] = ()
    passing: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    broken: bool = False
    busy: bool = False

    def opened(self, last: int) -> Gate:
        """Everybody but the last to arrive may pass; the next generation gathers."""
        return Gate((), self.passing + without(self.arrived, last), self.refused)

    def dismissed(self, task: int, broken: bool) -> Gate:
        """Everybody who stands there is refused, except the task that does it."""
        return Gate((), self.passing, self.refused + without(self.arrived, task), broken)


def _not_busy(states: States, task: int, argument: Any) -> bool:
    return not states[0].busy


def _busy_one(states: States, task: int, argument: Any) -> tuple[int, ...]:
    gate: Gate = states[0]
    return gate.arrived[-1:] if gate.busy else ()


def _arrive(states: States, task: int, argument: Any) -> Outcome:
    gate: Gate = states[0]
    parties, action = argument
    if gate.broken:
        raise BrokenBarrierError
    index = len(gate.arrived)
    if index + 1 == parties and not action:
        return index, (gate.opened(task),) if index else states
    busy = index + 1 == parties
    return index, (gate._replace(arrived=(*gate.arrived, task), busy=busy),)


def _let_go(states: States, task: int, argument: Any) -> bool:
    gate: Gate = states[0]
    return task in gate.passing or task in gate.refused


def _leave(states: States, task: int, argument: Any) -> Outcome:
    gate: Gate = states[0]
    passing, refused = without(gate.passing, task), without(gate.refused, task)
    return task in gate.passing, (gate._replace(passing=passing, refused=refused),)


def _still_gathering(states: States, task: int, argument: Any) -> bool:
    gate: Gate = states[0]
    return task in gate.arrived and not gate.busy


def _dismiss_and_break(states: States, task: int, argument: Any) -> Outcome:
    return False, (states[0].dismissed(task, True),)


def _dismiss(states: States, task: int, argument: Any) -> Outcome:
    return None, (states[0].dismissed(task, False),)


def _open(states: States, task: int, argument: Any) -> Outcome:
    return None, (states[0].opened(task),)


def _forget(states: States, task: int, argument: Any) -> Outcome:
    gate: Gate = states[0]
    arrived, passing, refused = (without(line, task) for line in gate[:3])
    return None, (gate._replace(arrived=arrived, passing=passing, refused=refused),)


def _count(states: States, task: int, argument: Any) -> Outcome:
    return len(states[0].arrived), states


def _is_broken(states: States, task: int, argument: Any) -> Outcome:
    return states[0].broken, states


def _wake_let_go(before: States, after: States, argument: Any) -> Wake:
    """Those who may go now and could not before; and, after an action, all who want to come in."""
    old: Gate = before[0]
    new: Gate = after[0]
    could = old.passing + old.refused
    tasks = tuple(task for task in new.passing + new.refused if task not in could)
    arrivers = EVERYONE if old.busy and not new.busy else 0
    return Wake(FIRST_LANE, arrivers, tasks)


ARRIVE = Kind(
    "arrive", _arrive, ready=_not_busy, waits_for=_busy_one, wakes=_wake_let_go, shows_result=True
)
LEAVE = Kind(
    "leave",
    _leave,
    ready=_let_go,
    give_up=_dismiss_and_break,
    may_give_up=_still_gathering,
    footprint=(Access.NOTHING,),
    wakes=_wake_let_go,
    queue=by_name,
)
FORGET = Kind("forget", _forget)
OPEN = Kind("open", _open, wakes=_wake_let_go)
BREAK = Kind("break", _dismiss_and_break, wakes=_wake_let_go)
ABORT = Kind("abort", _dismiss_and_break, ready=_not_busy, waits_for=_busy_one, wakes=_wake_let_go)
RESET = Kind("reset", _dismiss, ready=_not_busy, waits_for=_busy_one, wakes=_wake_let_go)
N_WAITING = Kind("n_waiting", _count, footprint=(Access.READ,), shows_result=True)
BROKEN = Kind("broken", _is_broken, footprint=(Access.READ,), shows_result=True)


class Barrier(Sleeping):
    """Holds tasks back until `parties` of them wait; then all go on, and it can be used again."""

    def __init__(
        self,
        parties: int,
        action: Callable[[], object] | None = None,
        timeout: float | None = None,
        *,
        shared: bool = True,
    ) -> None:
        if parties < 1:
            raise ValueError("parties must be > 0")
        super().__init__(Gate(), shared=shared)
        self._parties = parties
        self._action = action
        self._timeout = timeout

    def wait(self, timeout: float | None = None) -> int:
        """Sleep until all parties wait; a different number from 0 to parties-1 for each of them.

        The last runs the action, if there is one, before anybody goes on. Raises
        threading.BrokenBarrierError if the barrier is or gets broken (by `abort`, a time-out, an
        action that raises) or is reset while this task waits; what the action raises, in the task
        that ran it.
        """
        arriving = self._parties, self._action is not None
        index: int = self._scheduler.call(ARRIVE, self._cell, arriving)
        if index + 1 < self._parties:
            limit = self._timeout if timeout is None else timeout
            if not self._sleep(LEAVE, FORGET, limit):
                raise BrokenBarrierError
        elif self._action is not None:
            self._run(self._action)
        return index

    def _run(self, action: Callable[[], object]) -> None:
        """In the last to arrive; a task that is killed in here breaks nothing, it is no more."""
        try:
            action()
        except (Exception, KeyboardInterrupt, SystemExit):
            self._perform(BREAK)
            raise
        self._perform(OPEN)

    def reset(self) -> None:
        """Back to an empty, whole barrier; those who wait get BrokenBarrierError."""
        self._perform(RESET)

    def abort(self) -> None:
        """Break the barrier: those who wait, and come before a reset, get BrokenBarrierError."""
        self._perform(ABORT)

    @property
    def parties(self) -> int:
        """How many tasks it takes."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many stand before the gate at this moment."""
        count: int = self._perform(N_WAITING)
        return count

    @property
    def broken(self) -> bool:
        """Whether it is broken at this moment."""
        broken: bool = self._perform(BROKEN)
        return broken

    def __repr__(self) -> str:
        gate: Gate = self._glance()
        state = "broken" if gate.broken else f"waiters={len(gate.arrived)}/{self._parties}"
        return f"<{self._called()} at {id(self):#x}: {state}>"

    @staticmethod
    def show(state: Gate, name: Callable[[int], str]) -> str:
        """Who stands there, and whether it is broken."""
        status = "broken" if state.broken else "the action runs" if state.busy else "whole"
        return status + in_line("waiting", state.arrived, name)

    @staticmethod
    def holders(state: Gate) -> tuple[int, ...]:
        """Who runs the action."""
        return state.arrived[-1:] if state.busy else ()
