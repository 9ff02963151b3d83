"""What a thread holds that runs beside the exploration, and has no part in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Event, Thread

import verify
from verify.substitution.locks import DualLock
from verify.substitution.originals import allocate_lock


def outcomes_of(program: Callable[[], None]) -> Counter[str]:
    return verify.explore(program, stop_at_first=False).outcomes


def test_what_another_thread_holds_is_free() -> None:
    """It has no part in the exploration, which finds the lock free, and would wait for ever for it.
    What it has left locked when it ended is there for the program, as if main had locked it.
    """
    lock, held, over = DualLock(allocate_lock()), Event(), Event()

    def take(until: Callable[[], object]) -> None:
        lock.acquire()
        held.set()
        until()

    def program() -> None:
        with lock:
            pass

    def releasing() -> None:
        lock.release()
        program()

    thread = Thread(target=take, args=(over.wait,))
    thread.start()
    try:
        held.wait()
        assert outcomes_of(program) == {"ok": 1}
    finally:
        over.set()
        thread.join()
    assert outcomes_of(releasing) == {"ok": 1}
    assert outcomes_of(program) == {"deadlock": 1}
    assert lock.locked()
