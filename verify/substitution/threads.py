"""Threads: `threading.Thread`, of which each that a task starts is a task, and Timer with it.

The twin of a thread is what the scheduler carries; its body is the thread's own `run`, which a
subclass may have overridden. An uncaught exception is the failure of the execution, unless the
program has set a `threading.excepthook` of its own, which then gets it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.patches import (
    explored,
    keep_name,
    really,
    substitute_method,
    was_bound,
)
from verify.substitution.roster import MAIN, Carried, Known, identifier, makes_daemons, number
from verify.substitution.twins import set_twin, twin_of
from verify.sync.thread import Thread

_HASH = "_verify_hash"


def substitute(threading: ModuleType) -> None:
    """Replace the methods of Thread; Timer and what a program derives of it stand on them."""
    kind = threading.Thread
    unstarted = vars(really(kind))  # what a thread is again when the run is over

    def init(
        of: Any,
        group: None = None,
        target: Any = None,
        name: str | None = None,
        args: Any = (),
        kwargs: Any = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        if group is not None:
            raise AssertionError("group argument must be None for now")
        space = vars(of)
        space.update(unstarted)
        space["_target"], space["_args"], space["_kwargs"] = target, args, kwargs or {}
        space["_daemonic"] = makes_daemons() if daemon is None else daemon
        space[_HASH] = number()
        twin = Carried(of, name, took)
        space["_name"] = twin.name
        set_twin(of, twin)

    def took(error: Exception, thread: Any) -> bool:
        hook = threading.excepthook
        if hook is was_bound(threading, "excepthook"):
            return False  # the library's, or of those who test
        hook(threading.ExceptHookArgs((type(error), error, error.__traceback__, thread)))
        return True

    def standing(of: Any) -> Thread:
        if not of._initialized:
            raise RuntimeError("Thread.__init__() not called")
        if of is really(threading.main_thread):
            scheduler: Any = explored()
            return Known(scheduler.task_numbered(MAIN))
        if really(of._started.is_set):
            raise Misuse(
                f"{of._name} is a thread that was started outside of what is explored: it goes on "
                "whatever the explorer chooses. Start it in the program"
            )
        return Carried(of, of._name, took)

    def run(of: Any) -> None:
        if of._target is not None:
            of._target(*of._args, **of._kwargs)

    def join(of: Any, timeout: float | None = None) -> None:
        twin_of(of, standing).join(timeout)

    def ident(of: Any) -> int | None:
        task = twin_of(of, standing).ident
        return None if task is None else identifier(task)

    def set_name(of: Any, name: object) -> None:
        of._name = twin_of(of, standing).name = str(name)

    def set_daemon(of: Any, daemon: bool) -> None:
        twin = twin_of(of, standing)
        if twin.ident is not None:
            raise RuntimeError("cannot set daemon status of active thread")
        of._daemonic = twin.daemon = bool(daemon)

    def has_ended(of: Any) -> bool:
        """No operation: as with every repr, nothing in a program may rest on it."""
        scheduler: Any = explored()
        ended: bool = scheduler.task_numbered(twin_of(of, standing).ident).ended
        return ended

    def represent(of: Any) -> str:
        own = ident(of)
        status = "initial" if own is None else "stopped" if has_ended(of) else "started"
        status += " daemon" if of._daemonic else ""
        status += "" if own is None else f" {own}"
        return f"<{type(of).__name__}({of._name}, {status})>"

    def hashed(of: Any) -> int:
        """Sets and dicts of threads are in an order that does not depend on addresses."""
        kept: int | None = vars(of).get(_HASH)
        return object.__hash__(of) if kept is None else kept

    keep_name(threading, "excepthook")
    substitute_method(kind, "__init__", init)
    substitute_method(kind, "start", lambda of: twin_of(of, standing).start())
    substitute_method(kind, "run", run)
    substitute_method(kind, "join", join)
    substitute_method(kind, "is_alive", lambda of: twin_of(of, standing).is_alive())
    substitute_method(kind, "ident", property(ident))
    substitute_method(kind, "native_id", property(ident))
    substitute_method(kind, "name", property(None, set_name))
    substitute_method(kind, "daemon", property(None, set_daemon))
    substitute_method(kind, "__repr__", represent)
    substitute_method(kind, "__hash__", hashed)
