"""Descriptor: something that can be polled, such as a listening socket in the kernel.

Units of data arrive by `deliver`, tasks `take` what is there, and `wait` sleeps until something is.
As in a kernel, waking and taking are two things: who is woken has been promised nothing. With
wake-all a delivery wakes everybody asleep, so that all but one look in vain (the thundering herd).
With wake-one it wakes the one that has slept longest, once a delivery however much arrived: a task
that does not take everything leaves the others asleep beside data that is ready.

What a task has of it is an entry in the table of its process, which the threads of the process have
in common and a child process copies. So a thread that closes it closes it for all threads of its
process, and a child not for its parent. Who sleeps there when it is closed sleeps on.
"""

from __future__ import annotations

import copy
import errno
import os
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from verify.operation import Access, Kind, Outcome, States
from verify.sync.primitive import Sleeping, in_line
from verify.sync.sleepers import FORGET, LEAVE, wake_waiting


class Channel(NamedTuple):
    """The units of data that are ready, who sleeps for some, who was woken and has not left.

    `closed`: the processes that have closed it, by their numbers.
    """

    data: int = 0
    waiting: tuple[int, ...] = ()
    released: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()


class Use(NamedTuple):
    """What a call carries: a number of units, in which process it is made, and whether the entry
    was closed already when that process was started."""

    units: int
    process: int
    closed: bool

    def __repr__(self) -> str:
        return str(self.units)


def _opened(states: States, use: Use) -> Channel:
    """The state, for a process that has it open. OSError, as for any descriptor, if it has not."""
    channel: Channel = states[0]
    if use.closed or use.process in channel.closed:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return channel


def _is_ready(states: States, task: int, use: Any) -> bool:
    data: int = states[0].data
    return data > 0


def _is_dry(states: States, task: int, use: Any) -> bool:
    data: int = states[0].data
    return data == 0


def _is_closed(states: States, task: int, use: Any) -> bool:
    return use.closed or use.process in states[0].closed


def _look(states: States, task: int, use: Any) -> Outcome:
    return _opened(states, use).data > 0, states


def _look_or_enqueue(states: States, task: int, use: Any) -> Outcome:
    channel = _opened(states, use)
    if channel.data:
        return True, states
    return False, (channel._replace(waiting=(*channel.waiting, task)),)


def _take(states: States, task: int, use: Any) -> Outcome:
    channel = _opened(states, use)
    taken = min(use.units, channel.data)
    if not taken:
        return 0, states
    return taken, (channel._replace(data=channel.data - taken),)


def _deliver_to_all(states: States, task: int, use: Any) -> Outcome:
    data, waiting, released, closed = _opened(states, use)
    return None, (Channel(data + use.units, (), released + waiting, closed),)


def _deliver_to_one(states: States, task: int, use: Any) -> Outcome:
    data, waiting, released, closed = _opened(states, use)
    return None, (Channel(data + use.units, waiting[1:], released + waiting[:1], closed),)


def _close(states: States, task: int, use: Any) -> Outcome:
    if _is_closed(states, task, use):
        return None, states
    channel: Channel = states[0]
    return None, (channel._replace(closed=(*channel.closed, use.process)),)


DELIVER = {
    "all": Kind("deliver", _deliver_to_all, wakes=wake_waiting, shows_argument=True),
    "one": Kind("deliver", _deliver_to_one, wakes=wake_waiting, shows_argument=True),
}
TAKE = Kind("take", _take, reads_if=_is_dry, shows_result=True)
WAIT = Kind("wait", _look_or_enqueue, reads_if=_is_ready)
CLOSE = Kind("close", _close, reads_if=_is_closed)
READY = Kind("ready", _look, footprint=(Access.READ,), shows_result=True)


class Descriptor(Sleeping):
    """A pollable thing; `wake` says whether a delivery wakes "all" who sleep or "one".

    Once the calling task's process has closed it, every other use raises OSError (EBADF).
    """

    def __init__(self, wake: Literal["all", "one"] = "all", *, shared: bool = True) -> None:
        if wake not in DELIVER:
            raise ValueError(f"wake must be 'all' or 'one', not {wake!r}")
        super().__init__(Channel(), shared=shared)
        self.wake = wake
        self._closed_in: int | None = None
        """The process that has closed this copy; a child finds its parent's number there."""

    def deliver(self, n: int = 1) -> None:
        """Make n more units of data ready and wake. ValueError for n < 1."""
        _check(n)
        self._perform(DELIVER[self.wake], self._use(n))

    def take(self, n: int = 1) -> int:
        """Take up to n units without sleeping; how many it got, 0 if none. ValueError for n < 1."""
        _check(n)
        taken: int = self._perform(TAKE, self._use(n))
        return taken

    def wait(self, timeout: float | None = None) -> bool:
        """Return True at once if data is ready, else once woken; False if the time ran out first.

        Who was woken may still find nothing: another task may have taken it.
        """
        if self._perform(WAIT, self._use()):
            return True
        woken: bool = self._sleep(LEAVE, FORGET, timeout)
        return woken

    def ready(self) -> bool:
        """Whether data is ready at this moment."""
        ready: bool = self._perform(READY, self._use())
        return ready

    def close(self) -> None:
        """Close it for all threads of the calling task's process; once more does nothing."""
        use = self._use()
        self._perform(CLOSE, use)
        self._closed_in = use.process

    def _use(self, units: int = 1) -> Use:
        process = self._scheduler.process()
        return Use(units, process, self._closed_in is not None and self._closed_in != process)

    def __deepcopy__(self, memo: dict[int, Any]) -> Descriptor:
        """The entry of a child: open or closed as its parent's, and then closed by itself."""
        if not self._shared:
            twin = super().__deepcopy__(memo)
            assert isinstance(twin, Descriptor)
            return twin
        twin = memo[id(self)] = copy.copy(self)
        return twin

    @staticmethod
    def show(state: Channel, name: Callable[[int], str]) -> str:
        """How much is ready, who sleeps for it, and whose processes have closed it."""
        asleep = in_line("asleep", state.waiting, name)
        return f"{state.data} ready" + asleep + in_line("closed in", state.closed, name)


def _check(n: int) -> None:
    if n < 1:
        raise ValueError("n must be one or more")
