"""The end: how coroutines are unwound before they come to theirs, and what one leaves to others."""

from __future__ import annotations

import contextvars
import gc
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

import verify
from verify.errors import TaskKilled
from verify.scheduling import coroutines
from verify.scheduling.coroutines import SPARE, STUBBORN, CoroutineScheduler

Code = Iterator[None]


def left_behind(*targets: Callable[[], object]) -> list[str]:
    """Start daemons, let them go first, and end; the names of those that did not let themselves."""

    def program() -> None:
        for target in targets:
            verify.Thread(target=target, daemon=True).start()
        verify.sleep(0)

    with CoroutineScheduler() as scheduler:
        scheduler.run(program)
        return scheduler.close()


def test_whoever_is_left_is_unwound_at_once_and_asks_for_nothing_any_more() -> None:
    trail: list[str] = []

    def parked() -> None:
        lock = verify.Lock()
        try:
            with lock:
                verify.Event().wait()
        finally:
            trail.append("parked")
            try:
                lock.locked()
            except TaskKilled:
                trail.append("refused")
                raise

    def timed() -> None:
        try:
            verify.sleep(60)
        finally:
            trail.append("timed")

    def suspended() -> Code:
        try:
            yield
            raise AssertionError("it was not resumed but ended")
        finally:
            trail.append("suspended")
            verify.Lock().acquire()

    def parked_while_resumed() -> Code:
        try:
            verify.Event().wait()
            yield
        finally:
            trail.append("both")

    def told() -> None:
        trail.append("began")

    def late() -> None:
        verify.Thread(target=told, daemon=True).start()  # it never has its turn
        verify.Event().wait()

    assert left_behind(parked, timed, suspended, parked_while_resumed, late) == []
    assert trail == ["parked", "refused", "timed", "suspended", "both"]


def test_who_does_not_let_itself_be_ended_is_named() -> None:
    ended = [0, 0]

    def called() -> None:
        while True:
            try:
                verify.Event().wait()
            except TaskKilled:
                ended[0] += 1
                if ended[0] > 2 * STUBBORN:
                    return

    def resumed() -> Code:
        while True:
            try:
                yield
            except TaskKilled:
                ended[1] += 1

    def obliging() -> Code:
        for _ in range(STUBBORN // 2):
            with suppress(TaskKilled):
                yield

    assert left_behind(called, resumed, obliging) == ["resumed-1"]
    assert ended[0] == 2 * STUBBORN + 1 and ended[1] >= STUBBORN


def test_nothing_is_left_in_memory() -> None:
    class Treasure:
        pass

    held: list[weakref.ref[Treasure]] = []

    def parked() -> None:
        treasure = Treasure()
        held.append(weakref.ref(treasure))
        verify.Event().wait()

    def suspended() -> Code:
        treasure = Treasure()
        held.append(weakref.ref(treasure))
        yield
        del treasure

    left_behind(*[parked, suspended] * (2 * SPARE))
    gc.collect()
    assert len(held) == 4 * SPARE
    assert not [found for reference in held if (found := reference()) is not None]


def test_every_worker_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that had nothing to do, too: one that is dropped would be ended at some other time."""
    made: list[Any] = []

    class Recorded(coroutines.greenlet):  # type: ignore[misc]
        def __init__(self, *args: Any) -> None:
            made.append(self)
            super().__init__(*args)

    monkeypatch.setattr(coroutines, "greenlet", Recorded)
    left_behind(*[lambda: verify.Event().wait()] * SPARE, lambda: None, lambda: verify.sleep(0))
    assert len(made) > SPARE
    assert all(worker.dead for worker in made)


def test_an_aborted_run_ends() -> None:
    """From another thread, while everybody sleeps for a minute."""
    scheduler = CoroutineScheduler()

    def program() -> None:
        threading.Timer(0.01, scheduler.abort).start()
        verify.sleep(60)

    with scheduler, pytest.raises(TaskKilled):
        scheduler.run(program)


def test_nobody_goes_on_once_a_run_is_aborted() -> None:
    rounds: list[None] = []

    def poll() -> Code:
        for _ in range(100):
            rounds.append(None)
            yield

    def program() -> None:
        verify.Thread(target=poll).start()
        verify.sleep(0)
        scheduler.abort()
        verify.sleep(0)

    with CoroutineScheduler() as scheduler, pytest.raises(TaskKilled):
        scheduler.run(program)
    assert len(rounds) == 1


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="new")


def test_every_task_has_contextvars_of_its_own() -> None:
    """They stay with a generator from one `yield` to the next, whatever worker resumes it."""
    seen: list[tuple[str, str]] = []

    def called(name: str) -> Callable[[], None]:
        def call() -> None:
            seen.append((name, VARIABLE.get()))
            VARIABLE.set(name)
            verify.sleep(0)
            seen.append((name, VARIABLE.get()))

        return call

    def resumed(name: str) -> Callable[[], Code]:
        def code() -> Code:
            seen.append((name, VARIABLE.get()))
            VARIABLE.set(name)
            yield
            seen.append((name, VARIABLE.get()))
            verify.sleep(0)
            seen.append((name, VARIABLE.get()))

        return code

    def program() -> None:
        VARIABLE.set("main")
        tasks = [
            verify.Thread(target=make(name))
            for name, make in [("a", called), ("b", resumed), ("c", resumed), ("d", called)]
        ]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        seen.append(("main", VARIABLE.get()))

    with CoroutineScheduler() as scheduler:
        scheduler.run(program)
    assert VARIABLE.get() == "new"
    for name in "abcd":
        first, *later = [value for who, value in seen if who == name]
        assert (first, set(later)) == ("new", {name})
    assert seen[-1] == ("main", "main")


class Alarm:
    """A scheduler's, that first does something when its hub begins to wait."""

    def __init__(self, scheduler: CoroutineScheduler, begins: Callable[[float], object]) -> None:
        self._alarm = scheduler._alarm
        self._begins: list[Callable[[float], object]] = [begins]
        self.release = self._alarm.release
        scheduler._alarm = self

    def acquire(self, timeout: float) -> bool:
        if self._begins:
            self._begins.pop()(timeout)
        return self._alarm.acquire(timeout=timeout)


@pytest.fixture
def interrupting() -> Iterator[Callable[[CoroutineScheduler], None]]:
    """Sends Ctrl-C to this thread once its main task is parked, and nobody is left to go on.

    Perhaps just before it sleeps, perhaps while it does.
    """
    threads: list[threading.Thread] = []
    main = threading.get_ident()
    waits = threading.Event()

    def interrupt() -> None:
        assert waits.wait(60)
        signal.pthread_kill(main, signal.SIGINT)

    def begin(scheduler: CoroutineScheduler) -> None:
        Alarm(scheduler, lambda timeout: waits.set())
        threads.append(threading.Thread(target=interrupt))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()


def test_ctrl_c_breaks_into_the_wait_of_main(interrupting: Any) -> None:
    """Others go on; who was interrupted no longer stands in any line."""

    def program() -> bool:
        event, other = verify.Event(), verify.Event()
        task = verify.Thread(target=lambda: (other.wait(60), event.set()))
        task.start()
        verify.sleep(0)
        interrupting(scheduler)
        with pytest.raises(KeyboardInterrupt):
            event.wait(60)
        other.set()
        task.join()
        event.clear()
        return event.wait(0.001)

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) is False


def test_ctrl_c_takes_who_is_interrupted_out_of_the_line(interrupting: Any) -> None:
    """The permit that comes later is for the second in line, who has become the first."""

    def program() -> bool:
        permits, got = verify.Semaphore(0), verify.Shared(False)

        def second() -> None:
            got.value = permits.acquire(timeout=60)

        task = verify.Thread(target=second)
        task.start()
        interrupting(scheduler)
        with pytest.raises(KeyboardInterrupt):
            permits.acquire()  # begins to wait before the other task does
        permits.release()
        task.join()
        return got.value

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) is True


def test_ctrl_c_passes_on_a_wake_up_that_came_first() -> None:
    """Two permits for two waiters; main, the first in line, is woken and then interrupted."""

    def program() -> bool:
        permits = verify.Semaphore(0)

        def release() -> None:
            permits.release()
            scheduler.tasks()[0].error = KeyboardInterrupt()

        got = verify.Shared(False)
        second = verify.Thread(target=lambda: setattr(got, "value", permits.acquire(timeout=5)))
        verify.Thread(target=release).start()
        second.start()
        try:
            permits.acquire()
        except KeyboardInterrupt:
            second.join()
            return got.value
        return False

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) is True


def test_ctrl_c_that_nobody_catches_ends_the_run(interrupting: Any) -> None:
    tidy: list[str] = []

    def wait() -> None:
        try:
            verify.sleep(60)
        finally:
            tidy.append("other")

    def program() -> None:
        verify.Thread(target=wait).start()
        interrupting(scheduler)
        verify.Event().wait()

    with CoroutineScheduler() as scheduler, pytest.raises(KeyboardInterrupt):
        scheduler.run(program)
    assert tidy == ["other"]


def test_ctrl_c_on_the_way_into_a_sleep_is_heard_soon_after() -> None:
    """It comes too late to be seen before the sleep and too early to end it."""
    asleep: list[float] = []

    def sleep_on(timeout: float) -> None:
        asleep.append(timeout)
        signal.raise_signal(signal.SIGINT)  # as if that time had gone by

    def program() -> None:
        Alarm(scheduler, sleep_on)
        with pytest.raises(KeyboardInterrupt):
            verify.sleep(60)

    with CoroutineScheduler() as scheduler:
        scheduler.run(program)
    assert len(asleep) == 1 and asleep[0] < 1


def test_who_sleeps_for_longer_than_the_hub_does_has_slept_for_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coroutines, "HEED", 0.001)
    with CoroutineScheduler() as scheduler:
        began = time.monotonic()
        scheduler.run(lambda: verify.sleep(0.02))
    assert time.monotonic() - began >= 0.02


def test_ctrl_c_while_a_task_computes_ends_the_run() -> None:
    def spin() -> None:
        signal.raise_signal(signal.SIGINT)

    def program() -> None:
        verify.Thread(target=spin).start()
        verify.sleep(60)

    with CoroutineScheduler() as scheduler, pytest.raises(KeyboardInterrupt):
        scheduler.run(program)
