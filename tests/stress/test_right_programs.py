"""Right programs never fail, however their timing is disturbed, and what they do is counted."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

import verify

RUNS = {"threads": 60, "processes": 6, "coroutines": 60}


def started(*targets: Callable[[], object], daemon: bool = False) -> list[verify.Thread]:
    tasks = [verify.Thread(target=target, daemon=daemon) for target in targets]
    for task in tasks:
        task.start()
    return tasks


def together(*targets: Callable[[], object]) -> None:
    for task in started(*targets):
        task.join()


def locked_counter() -> None:
    lock, count = verify.Lock(), verify.Shared(0)

    def add() -> None:
        for _ in range(3):
            with lock:
                count.value += 1

    together(add, add, add)
    assert count.value == 9


def reentrant_counter() -> None:
    lock, count = verify.RLock(), verify.Shared(0)

    def add() -> None:
        with lock, lock:
            count.value += 1

    together(add, add, add)
    assert count.value == 3


def bounded_room() -> None:
    permits, inside, most = verify.Semaphore(2), verify.Atomic(0), verify.Atomic(0)

    def visit() -> None:
        with permits:
            now = inside.add(1) + 1
            if now > 2:
                most.store(now)
            inside.add(-1)

    together(visit, visit, visit, visit)
    assert most.load() == 0


def one_place_buffer() -> None:
    lock = verify.Lock()
    filled, emptied = verify.Condition(lock), verify.Condition(lock)
    place, taken = verify.Shared(0), verify.Shared(0)

    def put() -> None:
        for _ in range(2):
            with lock:
                while place.value:
                    emptied.wait()
                place.value = 1
                filled.notify()

    def take() -> None:
        for _ in range(2):
            with lock:
                while not place.value:
                    filled.wait()
                place.value = 0
                taken.value += 1
                emptied.notify()

    together(put, put, take, take)
    assert (place.value, taken.value) == (0, 4)


def starting_gun() -> None:
    ready, count = verify.Event(), verify.Atomic(0)

    def run() -> None:
        ready.wait()
        count.add(1)

    runners = started(run, run)
    ready.set()
    for runner in runners:
        runner.join()
    assert count.load() == 2


def waits_with_a_time_limit() -> None:
    """Parked for many looks of the watchdog, but not for ever."""
    assert not verify.Event().wait(timeout=0.2)


def sleeps() -> None:
    verify.sleep(0.2)


def serving_daemon() -> None:
    """A blocked daemon is no deadlock: the run ends without it."""
    started(verify.Event().wait, daemon=True)


RIGHT = [locked_counter, reentrant_counter, bounded_room, one_place_buffer, starting_gun]
SLOW = [waits_with_a_time_limit, sleeps]


@pytest.mark.parametrize("program", [*RIGHT, serving_daemon])
def test_no_run_fails(program: Callable[[], None], on: str) -> None:
    report = verify.stress(program, on=on, iterations=RUNS[on], seed=1)
    assert report.ok, str(report)
    assert report.runs == RUNS[on]
    assert not report.stuck and not report.cut and not report.hang


@pytest.mark.parametrize("program", SLOW)
def test_waiting_with_a_time_limit_is_neither_a_deadlock_nor_a_hang(
    program: Callable[[], None], on: str
) -> None:
    report = verify.stress(program, on=on, iterations=1, patience=0.1)
    assert report.ok, str(report)


def test_operations_are_counted_by_task(on: str) -> None:
    """Each of two tasks adds five times; the main task joins both and loads once."""

    def program() -> None:
        total = verify.Atomic(0)

        def five_times() -> None:
            for _ in range(5):
                total.add(1)

        together(five_times, five_times)
        assert total.load() == 10

    report = verify.stress(program, on=on, iterations=4)
    assert report.operations == {"main": 4 * 3, "five_times-1": 4 * 5, "five_times-2": 4 * 5}
    assert report.total_operations == 52
    assert 0 < report.cpu_seconds <= report.elapsed * report.cores * 1.1 + 0.1
    told = json.loads(json.dumps(report.as_json()))
    assert (told["runs"], told["operations"], told["failures"], told["ok"]) == (4, 52, {}, True)
    assert "4 runs on" in str(report) and "no failure" in str(report)


def test_seconds_bound_the_whole(on: str) -> None:
    report = verify.stress(locked_counter, on=on, seconds=0.2)
    assert report.ok, str(report)
    assert 0.2 <= report.elapsed < 5.2


def test_output_of_the_program_is_dropped(on: str, capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        print("main speaks")
        together(lambda: print("task speaks"))

    assert verify.stress(program, on=on, iterations=2).ok
    assert "speaks" not in "".join(capfd.readouterr())


def test_everyday_threads_go_on_unaffected() -> None:
    """A program of the user runs on everyday threads while another is stressed."""
    lock, stop, rounds = verify.Lock(), verify.Event(), verify.Atomic(0)

    def live() -> None:
        while not stop.is_set():
            with lock:
                rounds.add(1)

    everyday = verify.Thread(target=live)
    everyday.start()
    try:
        assert verify.stress(locked_counter, iterations=20).ok
        before = rounds.load()
        while rounds.load() == before:
            pass
    finally:
        stop.set()
        everyday.join()


def test_a_decorated_model_is_stressed_and_not_explored(on: str) -> None:
    declared = verify.model(locked_counter)
    report = verify.stress(declared, on=on, iterations=3)
    assert report.ok and report.runs == 3


def test_tasks_that_nobody_joins_belong_to_the_run(on: str) -> None:
    """A task starts another and ends, the main task joins the first and lets the second go on: the
    first must end before the second does, and the run not before the second has failed."""

    def program() -> None:
        go = verify.Event()

        def second() -> None:
            go.wait()
            raise LookupError("the second was here")

        def first() -> None:
            verify.Thread(target=second).start()

        together(first)
        go.set()

    report = verify.stress(program, on=on, iterations=3)
    assert report.failures == {"exception": 3}
    assert report.runs == 3 and not report.hang


def test_a_task_left_behind_by_the_main_task_may_deadlock(on: str) -> None:
    def program() -> None:
        started(verify.Event().wait)

    assert verify.stress(program, on=on, iterations=1).failures == {"deadlock": 1}
