"""Ctrl-C in a sleeper: whoever is interrupted leaves the line, and passes a wake-up on that it had.

Here each sleep of the first task may be interrupted, before it is woken or after. (One task only:
if all could be, nobody would ever be found asleep.) What was interrupted has not happened, and the
others must be as if it had never been asked for.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.internal.exploring import Tally, Tasks, explore
from tests.internal.menus import MENUS, WITH_CONDITION
from verify.operation import Lane
from verify.scheduling.guards import GuardedSleeper, Signal
from verify.scheduling.internal import Internal
from verify.scheduling.laned_cell import Parked

MENU = {menu.name: menu for menu in (*MENUS, WITH_CONDITION)}


VICTIM = 1
"""The first task that the program starts."""


class Interrupted(Signal):
    """A sleep that Ctrl-C may break."""

    __slots__ = ()

    def acquire(self, timeout: float | None = None) -> bool:
        if timeout is not None or self._monitor.current() != VICTIM:
            return super().acquire(timeout)
        if not super().acquire(1) or self._monitor.choose(("go on", "interrupt")) == "interrupt":
            raise KeyboardInterrupt
        return True


class Sleeper(GuardedSleeper):
    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.signal: Any = Interrupted(self.cell.guard.monitor)


class Interrupting(Internal):
    """The monitor, with a hand on Ctrl-C."""

    sleeper = Sleeper


class KeepsTheWakeUp(Interrupting):
    """Who is interrupted takes its wake-up along: nobody else is woken for what has come free."""

    def _disturbed(self, parked: Parked, lane: Lane | None) -> None:
        if parked.linked:
            self._unlink(parked, lane)


PROGRAMS: list[tuple[str, Tasks]] = [
    ("Lock", (("acquire",), ("acquire", "release"), ("acquire",))),
    ("RLock", (("acquire", "release"), ("acquire", "release"), ("acquire",))),
    ("Semaphore", (("acquire",), ("acquire", "release"), ("acquire",))),
    ("Event", (("wait", "wait"), ("wait",), ("set",))),
    ("Barrier of 2", (("wait", "wait"), ("wait",))),
    ("Queue", (("get",), ("get",), ("put",))),
    ("Queue", (("put",), ("put", "put"), ("get", "get"))),
    ("Queue to be joined", (("join",), ("put", "task_done"), ("join",))),
    ("Descriptor, wake one", (("wait",), ("wait",), ("deliver", "deliver"))),
    ("Condition of a Lock", (("wait",), ("notify",))),
]


@pytest.mark.parametrize(("name", "tasks"), PROGRAMS)
def test_an_interrupt_takes_nothing_from_the_others(name: str, tasks: Tasks) -> None:
    tally = Tally()
    explore(MENU[name], tasks, tally, scheduler=Interrupting)
    assert tally.failures == []
    assert any("was interrupted" in got for shown in tally.shown for got in shown)


def test_a_wake_up_that_is_not_passed_on_is_lost() -> None:
    tally = Tally()
    name, tasks = PROGRAMS[0]
    explore(MENU[name], tasks, tally, scheduler=KeepsTheWakeUp)
    assert any("a wake-up was lost" in failure.message for _, failure in tally.failures)
