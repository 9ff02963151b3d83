"""Programs written with `threading`: what its objects do, and what threads know of each other.

What a program asserts of itself holds in every execution, or it would not be proved.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify.exploration.report import Report


def explored(program: Callable[[], object], **settings: Any) -> Report:
    return verify.explore(program, stop_at_first=False, **settings)


def proved(program: Callable[[], object]) -> int:
    """The number of executions of a program in which nothing fails."""
    report = explored(program)
    assert [failure.message for failure in report.failures] == []
    assert report.complete
    return report.executions


def started(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ------------------------------------------------------------------------------ threads


class Adder(threading.Thread):
    """Written as people do: what it works on are attributes."""

    def __init__(self, number: verify.Shared[int], lock: Any = None) -> None:
        super().__init__(name="adder", daemon=True)
        self.number = number
        self.lock = lock

    def run(self) -> None:
        if self.lock is None:
            self.number.value += 1
        else:
            with self.lock:
                self.number.value += 1


def adders(lock: Callable[[], Any]) -> Callable[[], None]:
    def program() -> None:
        number = verify.Shared(0)
        shared = lock()
        started(Adder(number, shared), Adder(number, shared))
        assert number.value == 2

    return program


def test_a_subclass_runs_its_own_code() -> None:
    assert explored(adders(lambda: None)).outcomes == {"ok": 2, "assertion": 2}
    assert proved(adders(lambda: threading.Lock())) == 2
    assert proved(adders(lambda: threading.RLock())) == 2


def test_a_thread_knows_itself() -> None:
    seen: list[tuple[Any, ...]] = []

    def program() -> None:
        seen.clear()

        def look(*args: int, key: int) -> None:
            me = threading.current_thread()
            assert me is thread
            assert threading.get_ident() == thread.ident == threading.get_native_id()
            assert thread.is_alive()
            seen.append((args, key, me.name, me.daemon))

        thread = threading.Thread(target=look, args=(1, 2), kwargs={"key": 3}, daemon=True)
        assert (thread.name, thread.ident, thread.native_id) == ("look-1", None, None)
        assert repr(thread) == "<Thread(look-1, initial daemon)>"
        assert not thread.is_alive()
        thread.name = "looker"
        thread.start()
        thread.join()
        assert not thread.is_alive()
        assert repr(thread) == f"<Thread(looker, stopped daemon {thread.ident})>"
        assert thread.ident == thread.native_id != threading.get_ident()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()

    assert proved(program) == 1
    assert seen == [((1, 2), 3, "looker", True)]


def test_what_cannot_be_done_with_a_thread() -> None:
    class Uninitialised(threading.Thread):
        def __init__(self) -> None:
            pass

    def program() -> None:
        thread = threading.Thread(target=print)
        with pytest.raises(RuntimeError, match="before it is started"):
            thread.join()
        with pytest.raises(RuntimeError, match="current thread"):
            threading.current_thread().join()
        with pytest.raises(RuntimeError, match="__init__"):
            Uninitialised().start()
        thread.start()
        with pytest.raises(RuntimeError, match="daemon"):
            thread.daemon = True
        thread.join()

    assert proved(program) == 1


def test_the_main_task_is_the_main_thread() -> None:
    def program() -> None:
        main = threading.main_thread()
        assert main is threading.current_thread()
        assert main.ident == threading.get_ident() != 0
        assert not main.daemon

        def look() -> None:
            assert threading.main_thread() is main is not threading.current_thread()
            main.join()

        threading.Thread(target=look).start()

    assert proved(program) == 1


def test_a_daemon_starts_daemons() -> None:
    def program() -> None:
        made: list[threading.Thread] = []
        daemon = threading.Thread(target=lambda: made.append(threading.Thread()), daemon=True)
        started(daemon)
        assert made[0].daemon
        assert not threading.Thread().daemon

    assert proved(program) == 1


def test_who_is_there() -> None:
    def program() -> None:
        main = threading.current_thread()
        gate = threading.Event()
        assert threading.enumerate() == [main]
        thread = threading.Thread(target=gate.wait)
        thread.start()
        assert threading.enumerate() == [main, thread]
        assert threading.active_count() == 2
        gate.set()
        thread.join()
        assert threading.active_count() == 1

    assert proved(program) == 2


def test_who_has_just_ended_is_still_itself() -> None:
    """They are looked at one after the other, and may end meanwhile."""

    def program() -> None:
        threads = [threading.Thread(target=lambda: verify.sleep(1)) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert {*threading.enumerate()} <= {threading.main_thread(), *threads}

    assert proved(program) > 1


@pytest.mark.parametrize("first", [True, False])
def test_who_is_there_is_not_asked_while_others_start(first: bool) -> None:
    """Whoever the explorer lets go first: the other order would give another answer."""

    def program() -> None:
        looker = threading.Thread(target=threading.active_count)
        starter = threading.Thread(target=lambda: threading.Thread(target=print).start())
        for thread in (looker, starter) if first else (starter, looker):
            thread.start()

    assert explored(program).outcomes["misuse"] > 0


def test_a_set_of_threads_is_in_one_order() -> None:
    """By default it would be in that of memory, and the same schedule would give another run."""
    order: list[str] = []

    def program() -> None:
        order[:] = [thread.name for thread in {threading.Thread(target=print) for _ in range(50)}]

    assert proved(program) == 1
    first = list(order)
    kept = [object() for _ in range(1000)]  # so that others lie elsewhere in memory
    assert proved(program) == 1
    assert order == first
    assert len(set(first)) == len(first) == 50
    del kept


def test_a_timer_goes_off_or_is_cancelled() -> None:
    outcomes: set[str] = set()

    def program() -> None:
        done: list[str] = []
        timer = threading.Timer(5, done.append, ("off",))
        timer.start()
        timer.cancel()
        timer.join()
        outcomes.add("".join(done))

    proved(program)
    assert outcomes == {"", "off"}


# ------------------------------------------------------------------------------ failures


def test_an_uncaught_exception_is_the_failure_of_the_execution() -> None:
    def program() -> None:
        def broken() -> None:
            raise ValueError("broken")

        started(threading.Thread(target=broken))

    (failure,) = explored(program).failures
    assert (failure.kind, failure.message) == ("exception", "ValueError: broken")
    assert failure.trace is not None
    assert "test_threads.py:" in failure.trace.place


def test_a_program_may_have_a_hook_for_it() -> None:
    caught: list[tuple[Any, ...]] = []

    def program() -> None:
        def hook(args: Any) -> None:
            caught.append((args.exc_type, str(args.exc_value), args.thread.name))

        def broken() -> None:
            raise ValueError("broken")

        threading.excepthook = hook
        started(threading.Thread(target=broken))

    before = threading.excepthook
    assert proved(program) == 1
    assert set(caught) == {(ValueError, "broken", "broken-1")}
    assert threading.excepthook is before


def test_a_thread_may_exit() -> None:
    def program() -> None:
        started(threading.Thread(target=lambda: exit(1)))

    assert proved(program) == 1


def test_a_daemon_may_be_left_over() -> None:
    def program(daemon: bool) -> None:
        items: queue.Queue[int] = queue.Queue()
        del items
        never = threading.Event()
        threading.Thread(target=never.wait, daemon=daemon).start()

    assert proved(lambda: program(True)) == 1
    assert explored(lambda: program(False)).outcomes == {"deadlock": 1}


def test_a_daemon_that_goes_on_for_ever_is_named() -> None:
    def program() -> None:
        def tick() -> None:
            while True:
                verify.sleep(1)

        threading.Thread(target=tick, daemon=True).start()

    report = explored(program, max_steps=50)
    assert not report.complete
    assert "Only daemons are left (tick-1)" in report.stop_reason


# ------------------------------------------------------------------------------ what they wait for


class Own:
    """A lock that the program has written itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *error: object) -> None:
        self.release()


def handover(lock: Callable[[], Any], again: bool = True) -> Callable[[], None]:
    def program() -> None:
        ready: list[int] = []
        condition = threading.Condition(lock())

        def producer() -> None:
            with condition:
                ready.append(1)
                condition.notify()

        thread = threading.Thread(target=producer)
        thread.start()
        with condition:
            while not ready if again else True:
                condition.wait()
                if not again:
                    break
        thread.join()

    return program


@pytest.mark.parametrize("lock", [lambda: None, threading.Lock, threading.RLock, Own])
def test_a_condition_stands_on_any_lock(lock: Callable[[], Any]) -> None:
    """`threading.Lock` is bound here before anything is explored: the survey finds it."""
    assert proved(handover(lock)) == 2
    assert explored(handover(lock, again=False)).outcomes == {"ok": 1, "deadlock": 1}


@pytest.mark.parametrize("again", [True, False])
def test_it_is_explored_down_to_the_monitor(again: bool) -> None:
    report = explored(handover(lambda: None, again), granularity="internal")
    assert report.complete
    assert set(report.outcomes) == ({"ok"} if again else {"ok", "deadlock"})


def test_a_condition_is_its_lock() -> None:
    def program() -> None:
        condition = threading.Condition()
        assert condition.acquire()
        assert condition.acquire(blocking=False)
        condition.release()
        condition.release()
        with pytest.raises(RuntimeError):
            condition.notify()
        assert condition.wait_for(lambda: True)
        assert repr(condition).startswith("<Condition(<unlocked ")

    assert proved(program) == 1


def test_what_others_show_of_themselves() -> None:
    def program() -> None:
        event, semaphore = threading.Event(), threading.BoundedSemaphore(2)
        barrier = threading.Barrier(3)
        assert repr(event) == f"<threading.Event at {id(event):#x}: unset>"
        assert repr(semaphore) == f"<threading.BoundedSemaphore at {id(semaphore):#x}: value=2/2>"
        assert repr(barrier) == f"<threading.Barrier at {id(barrier):#x}: waiters=0/3>"
        assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
        with pytest.raises(ValueError, match="too many"):
            semaphore.release()

    assert proved(program) == 1


def test_a_local_belongs_to_a_task() -> None:
    class Derived(threading.local):
        number = 0

    def program() -> None:
        here, derived = threading.local(), Derived()
        here.name = "main"

        def look(number: int) -> None:
            assert not hasattr(here, "name")
            derived.number = number
            verify.sleep(1)
            assert derived.number == number

        started(*[threading.Thread(target=look, args=(number,)) for number in (1, 2)])
        assert (here.name, derived.number) == ("main", 0)

    proved(program)
