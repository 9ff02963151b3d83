"""Descriptor: something that can be polled, such as a listening socket in the kernel.

Units of data arrive by `deliver`, tasks `take` what is there, and `wait` sleeps until something is.
As in a kernel, waking and taking are two things: who is woken has been promised nothing. With
wake-all a delivery wakes everybody asleep, so that all but one look in vain (the thundering herd).
With wake-one it wakes the one that has slept longest, once a delivery however much arrived: a task
that does not take everything leaves the others asleep beside data that is ready.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from verify.operation import Access, Kind, Outcome, States
from verify.sync.primitive import Sleeping, in_line
from verify.sync.sleepers import FORGET, LEAVE, wake_waiting


class Channel(NamedTuple):
    """The units of data that are ready, who sleeps for some, who was woken and has not left."""

    data: int
    waiting: tuple[int, ...]
    released: tuple[int, ...]


def _is_ready(states: States, task: int, argument: Any) -> bool:
    data: int = states[0].data
    return data > 0


def _is_dry(states: States, task: int, argument: Any) -> bool:
    data: int = states[0].data
    return data == 0


def _look(states: States, task: int, argument: Any) -> Outcome:
    return states[0].data > 0, states


def _look_or_enqueue(states: States, task: int, argument: Any) -> Outcome:
    channel: Channel = states[0]
    if channel.data:
        return True, states
    return False, (Channel(0, (*channel.waiting, task), channel.released),)


def _take(states: States, task: int, wanted: Any) -> Outcome:
    channel: Channel = states[0]
    taken = min(wanted, channel.data)
    if not taken:
        return 0, states
    return taken, (Channel(channel.data - taken, channel.waiting, channel.released),)


def _deliver_to_all(states: States, task: int, units: Any) -> Outcome:
    data, waiting, released = states[0]
    return None, (Channel(data + units, (), released + waiting),)


def _deliver_to_one(states: States, task: int, units: Any) -> Outcome:
    data, waiting, released = states[0]
    return None, (Channel(data + units, waiting[1:], released + waiting[:1]),)


DELIVER = {
    "all": Kind("deliver", _deliver_to_all, wakes=wake_waiting, shows_argument=True),
    "one": Kind("deliver", _deliver_to_one, wakes=wake_waiting, shows_argument=True),
}
TAKE = Kind("take", _take, reads_if=_is_dry, shows_result=True)
WAIT = Kind("wait", _look_or_enqueue, reads_if=_is_ready)
READY = Kind("ready", _look, footprint=(Access.READ,), shows_result=True)


class Descriptor(Sleeping):
    """A pollable thing; `wake` says whether a delivery wakes "all" who sleep or "one"."""

    def __init__(self, wake: Literal["all", "one"] = "all", *, shared: bool = True) -> None:
        if wake not in DELIVER:
            raise ValueError(f"wake must be 'all' or 'one', not {wake!r}")
        super().__init__(Channel(0, (), ()), shared=shared)
        self.wake = wake

    def deliver(self, n: int = 1) -> None:
        """Make n more units of data ready and wake. ValueError for n < 1."""
        _check(n)
        self._perform(DELIVER[self.wake], n)

    def take(self, n: int = 1) -> int:
        """Take up to n units without sleeping; how many it got, 0 if none. ValueError for n < 1."""
        _check(n)
        taken: int = self._perform(TAKE, n)
        return taken

    def wait(self, timeout: float | None = None) -> bool:
        """Return True at once if data is ready, else once woken; False if the time ran out first.

        Who was woken may still find nothing: another task may have taken it.
        """
        if self._perform(WAIT):
            return True
        woken: bool = self._sleep(LEAVE, FORGET, timeout)
        return woken

    def ready(self) -> bool:
        """Whether data is ready at this moment."""
        ready: bool = self._perform(READY)
        return ready

    @staticmethod
    def show(state: Channel, name: Callable[[int], str]) -> str:
        """How much is ready, and who sleeps for it."""
        return f"{state.data} ready" + in_line("asleep", state.waiting, name)


def _check(n: int) -> None:
    if n < 1:
        raise ValueError("n must be one or more")
