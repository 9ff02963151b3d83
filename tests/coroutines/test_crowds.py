"""Crowds: many coroutines that live at once, each of which takes a message and answers it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

import verify
from verify.scheduling.coroutines import CoroutineScheduler

Queue = verify.Queue[int]


def called(requests: Queue, replies: Queue) -> None:
    replies.put(requests.get())


def resumed(requests: Queue, replies: Queue) -> Iterator[None]:
    yield
    replies.put(requests.get())


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (called, 2_000),
        (resumed, 20_000),
        pytest.param(called, 100_000, marks=pytest.mark.nightly),
        pytest.param(resumed, 300_000, marks=pytest.mark.nightly),
    ],
)
def test_a_crowd(body: Callable[[Queue, Queue], object], number: int) -> None:
    alive = []

    def program() -> int:
        requests, replies = Queue(), Queue()
        tasks = [verify.Thread(target=body, args=(requests, replies)) for _ in range(number)]
        for task in tasks:
            task.start()
        verify.sleep(0)
        alive.append(sum(task.is_alive() for task in tasks))
        for message in range(number):
            requests.put(message)
        for task in tasks:
            task.join()
        return sum(replies.get() for _ in tasks)

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) == sum(range(number))
    assert alive == [number]


def memory_of_each(number: int) -> float:
    """What the interpreter has allocated for each of so many tasks that sleep for one Event."""

    def program() -> float:
        gun = verify.Event()
        tracemalloc.start()
        for _ in range(number):
            verify.Thread(target=gun.wait, daemon=True).start()
        verify.sleep(0)
        size, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return size / number

    with CoroutineScheduler() as scheduler:
        size: float = scheduler.run(program)
        return size


def test_a_sleeper_does_not_keep_a_list_of_all_others() -> None:
    """2000 such lists have 1000 entries of 8 bytes on average; without them tasks take as much in
    a crowd as in a small group, but for what is there once and is shared by fewer there.
    """
    assert memory_of_each(2_000) < memory_of_each(200) + 1_000


def test_all_wait_for_one_event() -> None:
    def program() -> int:
        gun, ran = verify.Event(), verify.Atomic(0)

        def run() -> None:
            gun.wait()
            ran.add(1)

        runners = [verify.Thread(target=run) for _ in range(2_000)]
        for runner in runners:
            runner.start()
        verify.sleep(0)
        gun.set()
        for runner in runners:
            runner.join()
        return ran.load()

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) == 2_000
