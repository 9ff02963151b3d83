"""Outside an exploration nothing is changed: before, after, and meanwhile in any other thread."""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from threading import Event, Lock
from typing import Any

import pytest

import verify
from verify.errors import UsageError
from verify.substitution import patches
from verify.substitution.patches import explored

MODULES = (threading, _thread, os, signal, asyncio, sys.modules[__name__])
CLASSES = (
    *[thing for thing in vars(threading).values() if isinstance(thing, type)],
    asyncio.Runner,
    asyncio.BaseEventLoop,
)
LOCK = Lock()


class Derived(threading.local):
    def __init__(self) -> None:
        self.number = 1


def everything() -> dict[tuple[str, str], Any]:
    """All that the modules and classes have, and the finders of the import system."""
    named = [(module.__name__, vars(module)) for module in MODULES]
    named += [(kind.__qualname__, dict(vars(kind))) for kind in (*CLASSES, Derived)]
    named += [("finders", dict(enumerate(map(str, sys.meta_path))))]
    return {(owner, str(name)): value for owner, space in named for name, value in space.items()}


def changed(before: dict[tuple[str, str], Any]) -> list[tuple[str, str]]:
    after = everything()
    return [
        name
        for name in {**before, **after}
        if before.get(name) is not after.get(name) and name[0] != "finders"
    ] + ([("finders", "")] if len(before) != len(after) else [])


def program() -> None:
    event = threading.Event()
    thread = threading.Thread(target=event.set)
    thread.start()
    event.wait()
    with LOCK:
        thread.join()


def fails() -> None:
    raise AssertionError


def interrupts() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def misuses() -> None:
    verify.explore(program)


@pytest.mark.parametrize("run", [program, fails, interrupts, misuses])
def test_all_is_as_before(run: Callable[[], None]) -> None:
    before = everything()
    during: list[tuple[str, str]] = []

    def look() -> None:
        during.extend(changed(before))
        run()

    try:
        verify.explore(look)
    except (KeyboardInterrupt, UsageError):
        assert run in (interrupts, misuses)
    assert during, "the test looks in the wrong place"
    assert changed(before) == []
    assert explored() is None


def test_an_interrupted_end_is_still_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C may come while things are put back."""
    before = everything()
    times: list[int] = []
    put_back = patches._put_back

    def interrupted(*arguments: Any) -> None:
        times.append(1)
        if len(times) in (1, 5):
            raise KeyboardInterrupt
        put_back(*arguments)

    monkeypatch.setattr(patches, "_put_back", interrupted)
    with pytest.raises(KeyboardInterrupt), patches.on():
        pass
    assert len(times) > 5
    assert changed(before) == []


def test_other_threads_have_the_library_s_own() -> None:
    """One uses each of them while a task runs, which waits for it where nobody sees it."""
    real = (_thread.allocate_lock(), _thread.allocate_lock())
    go, done = real
    go.acquire()
    done.acquire()
    found: list[object] = []

    def other() -> None:
        go.acquire()
        try:
            event = Event()
            thread = threading.Thread(target=event.set)
            thread.start()
            found.append(event.wait(10))
            thread.join()
            found.append(thread.ident not in (None, 1, 2))
            found.append(threading.current_thread() is threading.main_thread())
            found.append(type(threading.Lock()))
            found.append(type(threading.RLock()))
            with threading.Condition(), LOCK, threading.Semaphore():
                found.append(Derived().number)
            found.append(explored())
        finally:
            done.release()

    def program() -> None:
        if real[0].locked():
            real[0].release()
            real[1].acquire()

    thread = threading.Thread(target=other)
    thread.start()
    verify.explore(program)
    thread.join()
    assert found == [True, True, False, type(Lock()), type(threading.RLock()), 1, None]
