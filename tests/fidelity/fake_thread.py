"""A `_thread` that stands on verify: all that CPython's own threading.py takes from C.

Locks are explored locks, threads explored tasks, and the end of a thread is a lock or an event that
its last step opens. Programs find no RLock here, so that threading.py uses its own, in Python, and
less is taken for granted. The interpreter's own tests find verify's.

Time is virtual, and a time-out does not wait for a clock: a call gives up wherever it could not go
on. So that loops that look at the clock see that their time is over, giving up also lets the
virtual time pass for which the call would have waited, and a little more, as on real clocks.
"""

from __future__ import annotations

import _thread as real
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import verify

OVERSLEPT = 2.0**-10
"""Seconds; a power of two, so that sums of round numbers stay exact."""


class Passed(float):
    """Seconds that have passed already when they are slept."""


def let_pass(seconds: float) -> None:
    """What a call does that has given up after so many seconds."""
    if seconds > 0:
        verify.sleep(Passed(seconds + OVERSLEPT))


class lock(verify.Lock):
    """`_thread.lock`."""

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        taken = super().acquire(blocking, timeout)
        if not taken and blocking:
            let_pass(timeout)
        return taken

    def __hash__(self) -> int:
        """Sets of locks are gone through in the same order in every run."""
        return int(self._cell.number)

    acquire_lock = acquire
    release_lock = verify.Lock.release
    locked_lock = verify.Lock.locked


class RLock(verify.RLock):
    """`_thread.RLock`."""

    def __init__(self, *ignored: object, **also: object) -> None:
        super().__init__()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        taken = super().acquire(blocking, timeout)
        if not taken and blocking:
            let_pass(timeout)
        return taken


def get_ident() -> int:
    """Never 0."""
    return verify.get_ident() + 1


class _ThreadHandle:
    """A thread's end, from 3.13 on."""

    def __init__(self) -> None:
        self.ident = 0
        self._over = verify.Event()

    def join(self, timeout: float | None = None) -> None:
        if not self.ident:
            raise RuntimeError("thread not started")
        if self.ident == get_ident() and not self._over.is_set():
            raise RuntimeError("Cannot join current thread")
        if timeout is None or timeout < 0:
            self._over.wait()
        elif not self._over.wait(timeout):
            let_pass(timeout)

    def is_done(self) -> bool:
        return self._over.is_set()

    def _set_done(self) -> None:
        self._over.set()


class Threads:
    """The threads of one run, and the functions of `_thread` that start and end them."""

    def __init__(self, failing: bool) -> None:
        self._failing = failing
        self.main = get_ident()
        self.running = 0
        self._sentinels: dict[int, lock] = {}
        self._awaited: list[_ThreadHandle] = []
        self._raised: dict[int, BaseException] = {}  # what ended a thread, by its ident

    def _start(
        self, function: Callable[..., object], args: Any, kwargs: Any, daemon: bool
    ) -> tuple[int, verify.Thread]:
        if not callable(function):
            raise TypeError("first arg must be callable")
        if not isinstance(args, tuple):
            raise TypeError("2nd arg must be a tuple")

        def body() -> None:
            try:
                function(*args, **kwargs)
            except SystemExit:
                pass
            except Exception:
                if self._failing:
                    raise
            finally:
                self.running -= 1
                self._end()

        thread = verify.Thread(target=body, daemon=daemon)
        self.running += 1
        thread.start()
        assert thread.ident is not None
        return thread.ident + 1, thread

    def _end(self) -> None:
        sentinel = self._sentinels.pop(get_ident(), None)
        if sentinel is not None and sentinel._glance() is not None:
            sentinel.release()
        error = self._raised.pop(get_ident(), None)
        if error is not None:
            raise error

    def start_new_thread(self, function: Any, args: Any, kwargs: Any = {}, /) -> int:  # noqa: B006
        daemon = getattr(getattr(function, "__self__", None), "_daemonic", True)
        return self._start(function, args, kwargs, bool(daemon))[0]

    def start_joinable_thread(
        self, function: Any, handle: _ThreadHandle | None = None, daemon: bool = True
    ) -> _ThreadHandle:
        made = _ThreadHandle() if handle is None else handle
        if made.ident:
            raise RuntimeError("thread already started")

        def run() -> None:
            made.ident = get_ident()
            try:
                function()
            finally:
                made._set_done()

        if not daemon:
            self._awaited.append(made)
        made.ident = self._start(run, (), {}, daemon)[0]
        return made

    def make_thread_handle(self, ident: int) -> _ThreadHandle:
        made = _ThreadHandle()
        made.ident = ident
        return made

    def shutdown(self) -> None:
        """Join all that are no daemons, as the interpreter does from 3.13 on before it ends."""
        while self._awaited:
            handle = self._awaited.pop(0)
            if handle.ident != get_ident():
                handle.join()

    def set_sentinel(self) -> lock:
        """A lock that is released at the calling thread's end, up to 3.12."""
        made = self._sentinels[get_ident()] = lock()
        return made

    def excepthook(self, args: Any) -> None:
        """A thread that ends with an exception is a task that fails."""
        if args.exc_type is SystemExit:
            return
        if isinstance(args.exc_value, Exception):
            self._raised[get_ident()] = args.exc_value
        else:
            raise args.exc_value


def fake_thread(failing: bool = True) -> ModuleType:
    """A module `_thread` for one run. `failing` is whether a thread that ends with an exception is
    a task that fails; else threading.py reports it as it always does.
    """
    threads = Threads(failing)
    made = ModuleType("_thread")
    names: dict[str, Any] = {
        "LockType": lock,
        "TIMEOUT_MAX": real.TIMEOUT_MAX,
        "_count": lambda: threads.running,
        "_is_main_interpreter": lambda: True,
        "_local": verify.local,
        "allocate": lock,
        "allocate_lock": lock,
        "daemon_threads_allowed": lambda: True,
        "error": RuntimeError,
        "exit": sys.exit,
        "get_ident": get_ident,
        "get_native_id": get_ident,
        "lock": lock,
        "stack_size": lambda size=0: 0,
        "start_new": threads.start_new_thread,
        "start_new_thread": threads.start_new_thread,
        "threads": threads,
    }
    if failing:
        names |= {"_excepthook": threads.excepthook, "_ExceptHookArgs": ExceptHookArgs}
    else:
        names["RLock"] = RLock
    if sys.version_info >= (3, 13):
        names |= {
            "_ThreadHandle": _ThreadHandle,
            "_get_main_thread_ident": lambda: threads.main,
            "_make_thread_handle": threads.make_thread_handle,
            "_shutdown": threads.shutdown,
            "start_joinable_thread": threads.start_joinable_thread,
        }
    else:
        names["_set_sentinel"] = threads.set_sentinel
    vars(made).update(names)
    return made


class ExceptHookArgs:
    """What `threading.excepthook` is called with."""

    def __init__(self, args: Any) -> None:
        self.exc_type, self.exc_value, self.exc_traceback, self.thread = args
