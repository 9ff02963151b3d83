"""Processes: `multiprocessing.Process` and the classes of its contexts, each a `verify.Process`.

As after a fork, a process works on copies of what it can reach (scheduling/address_space.py), also
where its context would spawn it. Its body is the object's own `run`, which a subclass may override.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.patches import (
    dispatching,
    explored,
    really,
    substitute_method,
    substitute_name,
)
from verify.substitution.pipes import inherit, leave
from verify.substitution.runs import Count, kept
from verify.substitution.twins import set_twin, twin_of
from verify.sync.thread import Process

MAIN = 0
_FIRST_PID = 1000
"""What the main process's number is while something is explored, the same each time."""


class Carried(Process):
    """The task of a `multiprocessing.Process`, which is called `carried` here."""

    def __init__(self, of: Any) -> None:
        super().__init__(None, of._target, of._name, of._args, of._kwargs, daemon=of.daemon)
        self.carried = of

    def run(self) -> object:
        """Run the process's own code, on copies."""
        number = _scheduler().process()
        kept(dict, "processes")[number] = self.carried
        try:
            return self.carried.run()
        finally:
            leave(number)

    def __deepcopy__(self, memo: dict[int, Any]) -> Carried:
        """In another address space: the same task."""
        return self


def substitute(multiprocessing: ModuleType) -> None:
    """Replace the methods of the class that all processes are of, and what asks for processes."""
    process = multiprocessing.process
    kind = process.BaseProcess
    init = kind.__init__

    def begin(
        of: Any,
        group: None = None,
        target: Any = None,
        name: str | None = None,
        args: Any = (),
        kwargs: Any = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        parent = current_process()
        really(init, of, group, target, name, args, kwargs or {}, daemon=daemon)
        of._config["authkey"] = bytes(of._config["authkey"])  # which can be copied
        if daemon is None:
            of._config["daemon"] = parent.daemon
        of._identity = (*parent._identity, kept(Count, "children", _scheduler().process()).next())
        if not name:
            of._name = f"{type(of).__name__}-{':'.join(map(str, of._identity))}"
        set_twin(of, Carried(of))

    def current_process() -> Any:
        number = _scheduler().process()
        return process._current_process if number == MAIN else kept(dict, "processes")[number]

    def parent_process() -> Any:
        return kept(dict, "parents").get(_scheduler().process())

    def active_children() -> list[Any]:
        started: list[Any] = kept(list, "started", _scheduler().process())
        return [child for child in started if child.is_alive()]

    def standing(of: Any) -> Process:
        if of is process._current_process:
            return _Main(of)
        if of._popen is not None:
            raise Misuse(
                f"{of._name} is a process that was started outside of what is explored: it goes on "
                "whatever the explorer chooses. Start it in the program"
            )
        return Carried(of)

    def twin(of: Any) -> Process:
        return twin_of(of, standing)

    def start(of: Any) -> None:
        parent = current_process()
        if parent.daemon:
            raise AssertionError("daemonic processes are not allowed to have children")
        task = twin(of)
        if not task._started:
            number = _scheduler().next_number()
            inherit(number)
            kept(dict, "parents")[number] = parent
            kept(list, "started", _scheduler().process()).append(of)
        task.start()

    def set_name(of: Any, name: str) -> None:
        of._name = twin(of).name = name

    def set_daemon(of: Any, daemon: bool) -> None:
        if twin(of)._started:
            raise AssertionError("process has already started")
        of._config["daemon"] = twin(of).daemon = daemon

    def ident(of: Any) -> int | None:
        number = twin(of).pid
        return None if number is None else _FIRST_PID + number

    def sentinel(of: Any) -> None:
        raise Misuse("a process's sentinel is not explored: join it, or wait for what it sends")

    def represent(of: Any) -> str:
        state = "started" if twin(of)._started else "initial"
        return f"<{type(of).__name__} name={of._name!r} {state}{' daemon' * of.daemon}>"

    substitute_method(kind, "__init__", begin)
    substitute_method(kind, "start", start)
    for name in ("join", "is_alive", "terminate", "kill", "close"):
        substitute_method(kind, name, _by_twin(twin, name))
    substitute_method(kind, "exitcode", property(lambda of: twin(of).exitcode))
    substitute_method(kind, "name", property(None, set_name))
    substitute_method(kind, "daemon", property(None, set_daemon))
    substitute_method(kind, "ident", property(ident))
    substitute_method(kind, "pid", property(ident))
    substitute_method(kind, "sentinel", property(sentinel))
    substitute_method(kind, "__repr__", represent)
    substitute_name(os, "getpid", dispatching(os.getpid, _own_pid))
    for function in (current_process, parent_process, active_children):
        name = function.__name__
        substitute_name(process, name, dispatching(getattr(process, name), function))


def _by_twin(twin: Any, name: str) -> Any:
    return lambda of, *args, **kwargs: getattr(twin(of), name)(*args, **kwargs)


def _scheduler() -> Any:
    return explored()


def _own_pid() -> int:
    number: int = _scheduler().process()
    return _FIRST_PID + number


class _Main(Process):
    """The process that the main task is."""

    def __init__(self, of: Any) -> None:
        super().__init__(name=of._name)
        self._started = True
        self._task = _scheduler().task_numbered(MAIN)
