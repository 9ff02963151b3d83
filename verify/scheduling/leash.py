"""The leash: no process of a scheduler outlives its root, however the root ends.

A pipe whose only writing end the root keeps. Every child opens the reading end anew and asks the
kernel to send it SIGKILL when something happens there (fcntl(2), F_SETOWN and F_SETSIG); nothing
ever does until the writing end is closed, by `cut` or by the root's death. It costs no thread and
no polling, and works for children of children, whose own parent may have ended long ago.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import weakref
from multiprocessing import context, reduction
from typing import Any

_SET_SIGNAL = 10  # F_SETSIG of Linux, which the module fcntl does not name


class Leash:
    """One end or the other, depending on who holds it."""

    def __init__(self, handle: Any = None) -> None:
        self._writing = -1
        if handle is None:
            self._reading, self._writing = os.pipe()
        else:
            self._reading = handle.detach()
        _leashes.add(self)

    def __reduce__(self) -> tuple[Any, ...]:
        context.assert_spawning(self)
        return Leash, (reduction.DupFd(self._reading),)

    def drop(self) -> None:
        """Let go of the writing end, which is the root's alone."""
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1

    def wear(self) -> None:
        """The calling process ends with the root from now on.

        The description is opened anew because owner and signal belong to the description, which
        fork shares. If the root died just before, nothing will happen any more: so look.
        """
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        own = os.open(f"/proc/self/fd/{self._reading}", flags)
        fcntl.fcntl(own, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(own, _SET_SIGNAL, signal.SIGKILL)
        fcntl.fcntl(own, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
        poll = select.poll()
        poll.register(own, 0)
        if poll.poll(0):
            os.kill(os.getpid(), signal.SIGKILL)

    def cut(self) -> None:
        """In the root: end all who wear it."""
        self.drop()
        os.close(self._reading)


_leashes: weakref.WeakSet[Leash] = weakref.WeakSet()


def _after_fork() -> None:
    for leash in _leashes:
        leash.drop()


os.register_at_fork(after_in_child=_after_fork)
