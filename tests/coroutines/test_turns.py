"""Whose turn it is: the order in which coroutines go on, and that nobody is left out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

import verify
from verify.errors import Misuse, PropertyViolated
from verify.scheduling import coroutines
from verify.scheduling.coroutines import CoroutineScheduler
from verify.scheduling.timers import FEW, Timers

Code = Iterator[None]


def run(program: Callable[[], object]) -> Any:
    """Run a program; whatever a task raises fails the test."""
    with CoroutineScheduler() as scheduler:
        scheduler.failures = []
        result = scheduler.run(program)
        assert scheduler.failures == []
        return result


def start(*targets: Callable[[], object]) -> list[verify.Thread]:
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    return tasks


def join(tasks: list[verify.Thread]) -> None:
    for task in tasks:
        task.join()


def test_turns_are_taken_in_the_order_of_getting_ready() -> None:
    """Both kinds of tasks, mixed: each goes to the end of the line when it lets others go first."""
    trail: list[str] = []

    def called(name: str) -> Callable[[], None]:
        def call() -> None:
            for _ in range(3):
                trail.append(name)
                verify.sleep(0)

        return call

    def resumed(name: str) -> Callable[[], Code]:
        def code() -> Code:
            for _ in range(3):
                trail.append(name)
                yield

        return code

    run(lambda: join(start(called("a"), resumed("b"), called("c"), resumed("d"))))
    assert "".join(trail) == "abcd" * 3


def test_nobody_goes_on_before_the_running_task_lets_go() -> None:
    trail: list[str] = []

    def program() -> None:
        gate = verify.Event()
        tasks = start(lambda: (gate.wait(), trail.append("waiter")), lambda: trail.append("other"))
        verify.sleep(0)
        gate.set()  # the waiter is ready, and others may not see it
        trail.append("main")
        join(tasks)

    run(program)
    assert trail == ["other", "main", "waiter"]


def test_the_woken_go_on_in_the_order_of_waking() -> None:
    trail: list[int] = []

    def program() -> None:
        permits = verify.Semaphore(0)

        def waiting(number: int) -> Callable[[], None]:
            return lambda: (permits.acquire(), trail.append(number))  # type: ignore[return-value]

        tasks = start(*map(waiting, range(5)))
        verify.sleep(0)
        permits.release(5)
        join(tasks)

    run(program)
    assert trail == list(range(5))


def test_a_generator_is_resumed_where_there_is_a_free_worker() -> None:
    """1000 that are suspended at once, and never more than a greenlet for them and one for main."""
    made = count()

    class Counted(coroutines.greenlet):  # type: ignore[misc]
        def __init__(self, *args: Any) -> None:
            next(made)
            super().__init__(*args)

    suspended: list[int] = []

    def program() -> None:
        def body() -> Code:
            suspended.append(1)
            yield
            suspended.append(-1)

        tasks = start(*[body] * 1000)
        verify.sleep(0)
        assert sum(suspended) == 1000
        join(tasks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coroutines, "greenlet", Counted)
        run(program)
    assert sum(suspended) == 0
    assert next(made) == 2


def test_workers_that_have_nothing_to_do_are_let_go() -> None:
    """300 tasks park at once, each on a worker of its own; of these some are kept when all is over.

    That it works at all also says that a worker is not started from within another: the calls of
    all of them together would be too many for the interpreter.
    """

    def program() -> int:
        gate, ended = verify.Event(), verify.Atomic(0)

        def wait() -> None:
            gate.wait()
            ended.add(1)

        tasks = start(*[wait] * 300)
        verify.sleep(0)
        gate.set()
        join(tasks)
        return ended.load()

    with CoroutineScheduler() as scheduler:
        assert scheduler.run(program) == 300
        assert len(scheduler._spare) <= coroutines.SPARE + 1


def test_time_limits_run_out_in_their_order() -> None:
    trail: list[int] = []

    def program() -> None:
        def sleeping(number: int) -> Callable[[], None]:
            return lambda: (verify.sleep(number / 100), trail.append(number))  # type: ignore[return-value]

        join(start(*map(sleeping, (3, 1, 2))))

    began = time.monotonic()
    run(program)
    assert trail == [1, 2, 3]
    assert time.monotonic() - began >= 0.03


def test_a_time_limit_runs_out_although_somebody_is_always_ready() -> None:
    def program() -> int:
        rounds = 0
        over = verify.Shared(False)

        def wait() -> None:
            assert verify.Event().wait(0.01) is False
            over.value = True

        tasks = start(wait)
        while not over.value:
            rounds += 1
            verify.sleep(0)
        join(tasks)
        return rounds

    assert run(program) > 1


def let_pass(seconds: float) -> None:
    """Compute for so long: nobody else has a turn."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_who_is_woken_before_its_turn_was_not_too_late() -> None:
    """Its time runs out, then it is woken, then it goes on: it was woken, and only once."""
    found: list[bool] = []

    def program() -> None:
        permits, gate = verify.Semaphore(0), verify.Semaphore(0)

        def wait() -> None:
            found.append(permits.acquire(timeout=0.001))
            found.append(gate.acquire())

        tasks = start(wait)
        verify.sleep(0)
        tasks += start(permits.release)
        let_pass(0.002)
        verify.sleep(0)  # finds that the time has run out; but first it is the other task's turn
        verify.sleep(0)
        assert found == [True]
        verify.sleep(0)
        assert found == [True]
        gate.release()
        join(tasks)

    run(program)
    assert found == [True, True]


def test_who_is_overtaken_waits_on_for_the_rest_of_its_time() -> None:
    found: list[bool] = []

    def program() -> None:
        permits = verify.Semaphore(0)
        tasks = start(lambda: found.append(permits.acquire(timeout=60)))
        verify.sleep(0)
        permits.release()
        permits.acquire()  # before the one that was woken for it
        verify.sleep(0)
        assert found == []
        permits.release()
        join(tasks)

    run(program)
    assert found == [True]


class Sleeper:
    due = False


def test_time_limits_that_came_to_nothing_do_not_pile_up() -> None:
    timers: Timers[Sleeper] = Timers()
    lasting = Sleeper()
    timers.set(0.0, lasting)
    for _ in range(10 * FEW):
        sleeper = Sleeper()
        timers.set(time.monotonic() + 60, sleeper)
        sleeper.due = True
        timers.came_to_nothing()
    assert len(timers._heap) <= 2 * FEW + 2
    assert timers
    assert timers.run_out() == [lasting]
    last = Sleeper()
    timers.set(time.monotonic() + 60, last)
    assert timers
    last.due = True
    timers.came_to_nothing()
    assert not timers  # so that nobody waits for it


def test_tasks_that_nobody_joins_are_awaited_and_daemons_are_not() -> None:
    trail: list[str] = []

    def serve() -> Code:
        while True:
            yield

    def late() -> None:
        for _ in range(10):
            verify.sleep(0)
        trail.append("late")

    def program() -> str:
        for daemon in (serve, list):  # one goes on for ever, one ends at once
            verify.Thread(target=daemon, daemon=True).start()
        start(late)
        return "main"

    assert run(program) == "main"
    assert trail == ["late"]


def test_main_goes_on_with_what_it_raised() -> None:
    def program() -> None:
        raise KeyError("main")

    with CoroutineScheduler() as scheduler, pytest.raises(KeyError, match="main"):
        scheduler.run(program)


def test_a_deadlock_names_who_waits_for_what() -> None:
    def program() -> None:
        forks = [verify.Lock(), verify.Lock()]

        def eat(seat: int) -> Callable[[], Code]:
            def code() -> Code:
                with forks[seat]:
                    yield
                    with forks[1 - seat]:
                        yield

            return code

        tasks = start(eat(0), eat(1))
        verify.Thread(target=verify.Event().wait, name="daemon", daemon=True).start()
        join(tasks)

    with CoroutineScheduler() as scheduler:
        with pytest.raises(PropertyViolated, match="deadlock: every task that is left") as caught:
            scheduler.run(program)
        assert len(scheduler.blocked()) == 4  # to be looked at, until the end
        assert scheduler.close() == []
        assert scheduler.blocked() == []
    rows = [line.split() for line in str(caught.value).splitlines()[1:]]
    assert rows == [
        ["task", "waits", "in", "of", "for"],
        ["main", "join", "-", "code-1"],
        ["code-1", "acquire", "Lock", "2", "code-2"],
        ["code-2", "acquire", "Lock", "1", "code-1"],
        ["daemon", "leave", "Event", "1", "anybody"],
    ]


def test_another_thread_is_refused() -> None:
    refused: list[str] = []

    def program() -> None:
        lock = verify.Lock()

        def intrude() -> None:
            try:
                lock.acquire()
            except Misuse as error:
                refused.append(str(error))

        stranger = threading.Thread(target=intrude)
        stranger.start()
        stranger.join()
        assert not lock.locked()

    run(program)
    assert "one OS thread" in refused[0] and "--on threads" in refused[0]


def test_an_object_is_refused_when_the_run_is_over() -> None:
    with pytest.raises(Misuse, match="no longer than their run"):
        run(verify.Lock).acquire()
