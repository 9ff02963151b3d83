"""The roster: which `threading.Thread` each task is, and what threads ask about themselves.

The main task is the library's main thread. A task that a program has started by other means (a
`verify.Thread`, `_thread.start_new_thread`) gets a Thread when one is asked for, as a thread does
that `threading` has not started.

An identifier is a task's number and one: `threading` promises that none is 0.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from verify.substitution.patches import dispatching, explored, really, substitute_name
from verify.substitution.twins import of_this_run, set_twin
from verify.sync.thread import Thread

MAIN = 0
_MANY = 100_003
"""More threads than any task makes."""


def substitute(threading: ModuleType) -> None:
    """Replace the functions that tell of threads."""

    def current_thread() -> Any:
        return _thread(threading, _scheduler().current())

    def main_thread() -> Any:
        return _thread(threading, _scheduler().process())

    def enumerate_threads() -> list[Any]:
        return [_thread(threading, number) for number in _scheduler().roll()]

    def active_count() -> int:
        roll: list[int] = _scheduler().roll()
        return len(roll)

    for name, ours in (
        ("current_thread", current_thread),
        ("main_thread", main_thread),
        ("enumerate", enumerate_threads),
        ("active_count", active_count),
        ("get_ident", own_identifier),
        ("get_native_id", own_identifier),
    ):
        substitute_name(threading, name, dispatching(vars(threading)[name], ours))


def identifier(task: int | None) -> int:
    """What `threading` calls a task."""
    assert task is not None
    return task + 1


def own_identifier() -> int:
    """What `threading` calls the calling task."""
    return identifier(_scheduler().current())


def _thread(threading: ModuleType, task: int) -> Any:
    """The thread that a task is."""
    threads = roster().threads
    found = threads.get(task)
    if found is None:
        handle = _scheduler().task_numbered(task)
        if task == MAIN:
            found = really(threading.main_thread)
        else:
            found = really(threading.Thread, name=handle.name, daemon=True)
        threads[task] = found
        set_twin(found, Known(handle))
    return found


def _scheduler() -> Any:
    return explored()


class Known(Thread):
    """A task that is there already, as others see it."""

    def __init__(self, task: Any) -> None:
        super().__init__(name=task.name, daemon=task.daemon)
        self._started = True
        self._task = task


class _Roster:
    """The threads of one run, by the numbers of their tasks."""

    def __init__(self) -> None:
        self.threads: dict[int, Any] = {}
        self._made: dict[int, int] = {}

    def made(self) -> tuple[int, bool]:
        """A number for a thread that the calling task makes, the same whatever others do, and
        whether it is a daemon unless it says otherwise, as its maker is.
        """
        creator: int = _scheduler().current()
        index = self._made[creator] = self._made.get(creator, 0) + 1
        maker = self.threads.get(creator)
        return creator * _MANY + index, maker is not None and maker._daemonic


def roster() -> _Roster:
    """The threads of this run."""
    return of_this_run(_Roster)
