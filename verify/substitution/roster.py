"""The roster: which `threading.Thread` each task is, and what threads ask about themselves.

The main task is the library's main thread. A task that a program has started by other means (a
`verify.Thread`, `_thread.start_new_thread`) gets a Thread when one is asked for, as a thread does
that `threading` has not started.

An identifier is a task's number and one: `threading` promises that none is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.scheduling.scheduler import here
from verify.substitution.patches import dispatching, really, substitute_name
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
        return [_thread(threading, task, body) for task, body in _scheduler().roll()]

    def active_count() -> int:
        roll: list[Any] = _scheduler().roll()
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


def _thread(threading: ModuleType, task: int, body: Any = None) -> Any:
    """The thread that a task is; while it runs, its body is known."""
    handle = _scheduler().task_numbered(task)
    body = body or handle.body
    if type(body) is Carried:
        return body.thread
    others = of_this_run(_Others).threads
    found = others.get(task)
    if found is None:
        if task == MAIN:
            found = really(threading.main_thread)
        else:
            found = really(threading.Thread, name=handle.name, daemon=True)
        others[task] = found
        set_twin(found, Known(handle))
    return found


def number() -> int:
    """A number for something that the calling task makes, the same whatever other tasks do."""
    task: int = _scheduler().current()
    made = of_this_run(_Others).made
    index = made[task] = made.get(task, 0) + 1
    return task * _MANY + index


def makes_daemons() -> bool:
    """Whether a thread that the calling task makes is a daemon unless it says otherwise."""
    scheduler = _scheduler()
    daemon: bool = scheduler.task_numbered(scheduler.current()).body.daemon
    return daemon


def _scheduler() -> Any:
    return here.scheduler


class Carried(Thread):
    """The task of a `threading.Thread`, whose code it runs."""

    def __init__(
        self, thread: Any, name: str | None, took: Callable[[Exception, Any], bool]
    ) -> None:
        """`took` may take an uncaught exception of the thread's away."""
        super().__init__(target=thread._target, name=name, daemon=thread._daemonic)
        self.thread = thread
        self._took = took

    def run(self) -> None:
        """Run the thread's own code."""
        try:
            self.thread.run()
        except Exception as error:
            if not self._took(error, self.thread):
                raise


class Known(Thread):
    """A task that is there already, as others see it."""

    def __init__(self, task: Any) -> None:
        super().__init__(name=task.name, daemon=task.daemon)
        self._started = True
        self._task = task


class _Others:
    """What is kept for one run: by tasks, the threads of those that `threading` has not started,
    and how many threads each has made."""

    def __init__(self) -> None:
        self.threads: dict[int, Any] = {}
        self.made: dict[int, int] = {}
