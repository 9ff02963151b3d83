"""What a program has from before it is explored: objects made at import, and names bound then."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Barrier, Condition, Event, Lock, RLock, Semaphore, Thread, local
from typing import Any

import pytest

import verify
from verify.errors import ModelError
from verify.exploration import supervision
from verify.exploration.report import Report
from verify.exploration.watchdog import Watchdog

LOCK = Lock()
RLOCK = threading.RLock()
EVENT = Event()
SET = Event()
SET.set()
CONDITION = Condition(Lock())
PLACES = Semaphore(2)
GATE = Barrier(2)
HERE = local()
HERE.name = "main"
IN_A_LIST = [Lock()]
IN_A_DICT = {"a": Lock()}
IN_A_TUPLE = (Lock(),)
EARLY = Thread(target=lambda: EVENT.set(), name="early")
SET_IT = EVENT.set
TAKE, GIVE = LOCK.acquire, LOCK.release
IS_SET = Event.is_set


class Account:
    lock = Lock()
    made_by = Lock

    def __init__(self) -> None:
        self.own = Lock()


@dataclass
class Row:
    lock: Any = field(default_factory=Lock)


@dataclass
class Slotted:
    __slots__ = ("lock",)
    lock: Any


class Derived(local):
    def __init__(self, number: int = 3) -> None:
        self.number = number


ACCOUNT = Account()
ROW = Row()
SLOTTED = Slotted(Lock())
DERIVED = Derived()
WITH_ARGUMENTS = Derived(7)


def of_a_default(lock: Any = Lock()) -> Any:  # noqa: B008
    return lock


def of_a_keyword(*, lock: Any = Lock()) -> Any:  # noqa: B008
    return lock


def of_a_closure() -> Callable[[], Any]:
    lock = Lock()
    return lambda: lock


KEPT = of_a_closure()


def rivals(lock: Callable[[], Any]) -> Callable[[], None]:
    """Two increments, each under the lock."""

    def program() -> None:
        number = verify.Shared(0)

        def increment() -> None:
            with lock():
                number.value += 1

        threads = [Thread(target=increment) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert number.value == 2

    return program


def explored(program: Callable[[], object]) -> Report:
    return verify.explore(program, stop_at_first=False)


@pytest.mark.parametrize(
    ("lock", "name"),
    [
        (lambda: LOCK, "LOCK"),
        (lambda: RLOCK, "RLOCK"),
        (lambda: IN_A_LIST[0], "IN_A_LIST[0]"),
        (lambda: IN_A_DICT["a"], "IN_A_DICT['a']"),
        (lambda: Account.lock, "Account.lock"),
        (lambda: ACCOUNT.own, "ACCOUNT.own"),
        (lambda: ROW.lock, "ROW.lock"),
        (lambda: SLOTTED.lock, "SLOTTED.lock"),
        (of_a_default, "lock"),
        (of_a_keyword, "lock"),
        (KEPT, "lock"),
        (lambda: CONDITION, "CONDITION.lock"),
        (lambda: PLACES, "PLACES"),
    ],
)
def test_a_lock_is_explored_wherever_it_is_kept(lock: Callable[[], Any], name: str) -> None:
    """Each of the two may be first; and it is called as the program calls it."""
    real = lock()
    report = explored(rivals(lock))
    if name == "PLACES":
        assert report.outcomes["assertion"] > 0
    else:
        assert report.outcomes == {"ok": 2}
    assert report.complete
    assert report.concerns == []
    assert lock() is real
    broken = explored(partial(failing, lock))
    assert broken.failures[0].trace is not None
    assert (name,) in [event.objects for event in broken.failures[0].trace.events]


def failing(lock: Callable[[], Any]) -> None:
    with lock():
        pass
    raise AssertionError


def test_methods_that_are_bound_before_are_explored() -> None:
    taken = [TAKE]

    def program() -> None:
        number = verify.Shared(0)

        def increment() -> None:
            taken[0]()
            number.value += 1
            GIVE()

        threads = [Thread(target=increment) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with LOCK:
            assert number.value == 2

    assert explored(program).outcomes == {"ok": 2}


def test_methods_of_classes_that_are_bound_before_are_explored() -> None:
    def program() -> None:
        thread = Thread(target=SET_IT)
        thread.start()
        assert EVENT.wait()
        assert IS_SET(EVENT)
        thread.join()

    assert explored(program).outcomes == {"ok": 2}
    assert not EVENT.is_set()


@pytest.mark.parametrize("make", [Lock, RLock, Account.made_by, Row, Account])
def test_what_makes_locks_makes_explored_ones(make: Callable[[], Any]) -> None:
    def program() -> None:
        made = make()
        lock = getattr(made, "own", None) or getattr(made, "lock", made)
        rivals(lambda: lock)()

    assert explored(program).outcomes == {"ok": 2}


def test_objects_are_explored_as_they_stand() -> None:
    def program() -> None:
        assert SET.is_set()
        assert not EVENT.is_set()
        EARLY.start()
        assert EVENT.wait()
        SET.clear()
        PLACES.acquire()
        assert PLACES.acquire(blocking=False)
        assert not PLACES.acquire(blocking=False)
        thread = Thread(target=GATE.wait)
        thread.start()
        GATE.wait()
        thread.join()
        EARLY.join()

    assert explored(program).outcomes["ok"] > 0
    assert explored(program).failures == []
    assert SET.is_set()
    assert not EVENT.is_set()
    assert not EARLY.is_alive()
    assert PLACES.acquire(blocking=False)
    PLACES.release()


def test_what_is_held_is_the_main_task_s() -> None:
    def program() -> None:
        assert LOCK.locked()
        thread = Thread(target=LOCK.release)
        thread.start()
        with LOCK:
            thread.join()
        with RLOCK:
            assert RLOCK._recursion_count() == 2  # type: ignore[attr-defined]

    with LOCK, RLOCK:
        assert explored(program).outcomes == {"ok": 1}
        assert LOCK.locked()
    assert not LOCK.locked()


def test_locals_are_each_task_s_own() -> None:
    def program() -> None:
        def look(number: int) -> None:
            assert not hasattr(HERE, "name")
            assert DERIVED.number == 3
            DERIVED.number = HERE.name = number
            verify.sleep(1)
            assert DERIVED.number == HERE.name == number

        threads = [Thread(target=look, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert HERE.name == "main"
        assert DERIVED.number == 3
        DERIVED.number = 0

    assert explored(program).failures == []
    assert HERE.name == "main"
    assert DERIVED.number == 3


def test_a_local_of_which_the_arguments_are_known() -> None:
    def program() -> None:
        made = Derived(9)
        thread = Thread(target=lambda: numbers.append(made.number))
        numbers: list[int] = []
        thread.start()
        thread.join()
        assert numbers == [9]

    assert explored(program).failures == []


def test_the_same_objects_have_the_same_names_whoever_comes_first() -> None:
    """Otherwise what does not conflict would seem to, and there would be more executions."""
    one, other = Lock(), Lock()

    def program() -> None:
        def use(lock: Any) -> None:
            with lock:
                pass

        threads = [Thread(target=use, args=(lock,)) for lock in (one, other)]
        for thread in threads:
            thread.start()

    assert explored(program).executions == 1


def test_names_do_not_depend_on_hashes(tmp_path: Any) -> None:
    """A trace of one process is replayed in another."""
    program = (
        "import threading, verify\n"
        "LOCKS = {name: threading.Lock() for name in 'abc'}\n"
        "EVENT = threading.Event()\n"
        "def program():\n"
        "    def use():\n"
        "        for lock in LOCKS.values():\n"
        "            with lock:\n"
        "                EVENT.set()\n"
        "    threads = {threading.Thread(target=use) for _ in range(2)}\n"
        "    for thread in threads:\n"
        "        thread.start()\n"
        "    raise AssertionError\n"
        "if __name__ == '__main__':\n"
        "    print(verify.explore(program).failures[0].trace.digest)\n"
    )
    (tmp_path / "program.py").write_text(program)
    digests = {
        subprocess.run(
            [sys.executable, tmp_path / "program.py"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


def test_what_a_task_imports_is_there_for_all(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_by_a_task.py").write_text(
        "from threading import Lock, Event\nLOCK = Lock()\nEVENT = Event()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def program() -> None:
        import imported_by_a_task  # type: ignore[import-not-found]

        rivals(lambda: imported_by_a_task.LOCK)()
        assert not imported_by_a_task.EVENT.is_set()
        imported_by_a_task.EVENT.set()

    assert explored(program).outcomes == {"ok": 2}
    import imported_by_a_task

    assert imported_by_a_task.Lock is threading.Lock
    assert type(imported_by_a_task.LOCK) is type(threading.Lock())
    assert not imported_by_a_task.EVENT.is_set()
    assert explored(program).outcomes == {"ok": 2}


# ------------------------------------------------------------------------------ what escapes


def in_a_tuple() -> None:
    with IN_A_TUPLE[0]:
        pass


def test_what_escapes_is_named() -> None:
    (concern,) = verify.explore(in_a_tuple).concerns
    assert concern.check == "real_primitive"
    assert concern.message.startswith("IN_A_TUPLE[0] (tuple) was made before the program runs")


def test_what_escapes_never_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "Watchdog", partial(Watchdog, patience=0.1))
    with pytest.raises(ModelError) as error:
        verify.explore(rivals(lambda: IN_A_TUPLE[0]))
    assert "test_from_before.py:" in str(error.value)
    assert "(with lock():)" in str(error.value)
    assert "IN_A_TUPLE[0] (in a tuple)" in str(error.value)


def test_a_local_with_arguments_that_nobody_knows() -> None:
    def program() -> None:
        Thread(target=lambda: WITH_ARGUMENTS.number).start()

    class Demanding(local):
        def __init__(self, number: int) -> None:
            self.number = number

    demanding = Demanding(1)

    def broken() -> None:
        Thread(target=lambda: demanding.number).start()

    assert explored(program).failures == []
    (failure,) = explored(broken).failures
    assert failure.kind == "misuse"
    assert "create it in the program" in failure.message


def test_a_thread_that_runs_for_real() -> None:
    over = Event()
    thread = Thread(target=over.wait)
    thread.start()
    try:
        (failure,) = explored(lambda: thread.join()).failures
    finally:
        over.set()
        thread.join()
    assert failure.kind == "misuse"
    assert "outside" in failure.message
