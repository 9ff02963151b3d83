"""Event: a flag that tasks sleep for (`flag.py`). Signatures of `threading.Event`."""

from __future__ import annotations

from collections.abc import Callable

from verify.sync.flag import CLEAR, IS_SET, SET, WAIT, Flag
from verify.sync.primitive import Sleeping, in_line
from verify.sync.sleepers import FORGET, LEAVE


class Event(Sleeping):
    """A flag, down at first; `wait` sleeps until a `set`."""

    def __init__(self, *, shared: bool = True) -> None:
        super().__init__(Flag(False, (), ()), shared=shared)

    def wait(self, timeout: float | None = None) -> bool:
        """Return True once the flag is (or was) set; False if the time ran out first."""
        if self._scheduler.call(WAIT, self._cell):
            return True
        released: bool = self._sleep(LEAVE, FORGET, timeout)
        return released

    def set(self) -> None:
        """Raise the flag and wake everybody who sleeps for it."""
        self._scheduler.call(SET, self._cell)

    def clear(self) -> None:
        """Lower the flag; those already woken still leave."""
        self._scheduler.call(CLEAR, self._cell)

    def is_set(self) -> bool:
        """Whether the flag is up at this moment."""
        up: bool = self._scheduler.call(IS_SET, self._cell)
        return up

    def __repr__(self) -> str:
        state = "set" if self._glance().up else "unset"
        return f"<{self._called()} at {id(self):#x}: {state}>"

    @staticmethod
    def show(state: Flag, name: Callable[[int], str]) -> str:
        """Whether it is set, and who sleeps for it."""
        return ("set" if state.up else "unset") + in_line("asleep", state.waiting, name)
