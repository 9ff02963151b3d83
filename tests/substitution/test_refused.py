"""What a task cannot do, because it would happen to the explorer; and what bypasses `threading`."""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import threading
from collections.abc import Callable

import pytest

import verify


async def nothing() -> None:
    pass


def with_a_loop_of_its_own() -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(nothing())
    finally:
        loop.close()


def with_a_runner() -> None:
    with asyncio.Runner() as runner:
        runner.run(nothing())


@pytest.mark.parametrize(
    ("call", "name", "cure"),
    [
        (lambda: os._exit(3), "os._exit", "SystemExit"),
        (lambda: os.kill(os.getpid(), 0), "os.kill", "terminate()"),
        (lambda: os.fork(), "os.fork", "multiprocessing.Process"),
        (lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN), "signal.signal", "outside"),
        (lambda: signal.alarm(1), "signal.alarm", "threading.Timer"),
        (lambda: asyncio.run(nothing()), "asyncio.run", "event loops are not explored yet"),
        (with_a_loop_of_its_own, "asyncio", "event loops are not explored yet"),
        (with_a_runner, "asyncio", "event loops are not explored yet"),
    ],
)
def test_it_is_misuse(call: Callable[[], None], name: str, cure: str) -> None:
    def program() -> None:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    handler = signal.getsignal(signal.SIGTERM)
    (failure,) = verify.explore(program).failures
    assert failure.kind == "misuse"
    assert name in failure.message
    assert cure in failure.message
    assert signal.getsignal(signal.SIGTERM) is handler


def test_a_thread_without_threading_is_a_task() -> None:
    outcomes: set[int] = set()

    def program() -> None:
        number = verify.Shared(0)
        done = _thread.allocate_lock()
        done.acquire()

        def add(amount: int) -> None:
            number.value += amount
            assert threading.current_thread() is not threading.main_thread()
            assert threading.get_ident() == _thread.get_ident() == started
            done.release()

        started = _thread.start_new_thread(add, (3,))
        number.value += 1
        with done:
            outcomes.add(number.value)

    report = verify.explore(program, stop_at_first=False)
    assert [failure.message for failure in report.failures] == []
    assert outcomes == {1, 3, 4}
