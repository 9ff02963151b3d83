"""Outside an exploration nothing is changed: before, after, and meanwhile in any other thread."""

from __future__ import annotations

import _thread
import asyncio
import datetime
import os
import queue
import signal
import sys
import threading
import types
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

    waited: list[bool] = []

    def program() -> None:
        if not waited:  # an execution may be run again
            waited.append(True)
            real[0].release()
            real[1].acquire()

    thread = threading.Thread(target=other)
    thread.start()
    verify.explore(program)
    thread.join()
    own = type(threading.Lock()), type(threading.RLock())  # of a dual kind, if that was started
    assert found == [True, True, False, *own, 1, None]


def test_what_was_used_is_as_before() -> None:
    event = Event()
    attributes = dict(vars(event))
    verify.explore(lambda: event.set())
    assert vars(event) == attributes
    assert not event.is_set()


def test_what_a_test_has_put_there_stays_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tools replace names of the library as well, for longer or for shorter."""
    verify.explore(program)
    starts: list[threading.Thread] = []
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        starts.append(thread)
        start(thread)

    def many() -> int:
        return 42

    monkeypatch.setattr(threading.Thread, "start", noted)
    monkeypatch.setattr(threading, "active_count", many)
    counts: list[int] = []
    verify.explore(lambda: counts.append(threading.active_count()))
    assert set(counts) == {42}
    assert threading.Thread.start is noted
    assert threading.active_count is many
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()
    assert thread in starts


class Touchy(types.ModuleType):
    """A module that is loaded when it is first asked for something, and must not be for this."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")


class Proxy:
    """Stands for what is not there yet, and says that it is of the class of that."""

    @property
    def __class__(self) -> Any:
        raise RuntimeError("there is none")

    @__class__.setter
    def __class__(self, kind: Any) -> None:
        raise RuntimeError("there is none")


def test_what_is_in_modules_is_only_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("looked_at")
    vars(module).update(proxy=Proxy(), lock=Lock(), of_c=datetime.date, slotted=slice(LOCK, None))
    monkeypatch.setitem(sys.modules, "looked_at", module)
    monkeypatch.setitem(sys.modules, "touchy", Touchy("touchy"))
    monkeypatch.setitem(sys.modules, "no_module", None)
    seen: list[type] = []
    verify.explore(lambda: seen.append(type(vars(module)["lock"])))
    assert seen
    assert seen[0] is not type(LOCK)
    assert type(vars(module)["lock"]) is type(LOCK)


def test_two_threads_explore_at_once() -> None:
    """Each execution has its own state of what was there before; they take turns in the middle."""
    real: tuple[queue.SimpleQueue[None], ...] = (queue.SimpleQueue(), queue.SimpleQueue())
    outcomes: list[Any] = []

    def explore(mine: int) -> None:
        def take_turns() -> None:
            real[1 - mine].put(None)
            real[mine].get(timeout=10)

        def program() -> None:
            with LOCK:
                take_turns()
                assert LOCK.locked()
            take_turns()
            assert not LOCK.locked()

        outcomes.append(verify.explore(program).outcomes)

    threads = [threading.Thread(target=explore, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [{"ok": 1}] * 2
