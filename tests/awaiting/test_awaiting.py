"""What is taken for an await loop and what is not: look_alike.py says what is not."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

import verify
from tests.awaiting import counted, look_alike as looking, on_the_stack
from tests.awaiting.look_alike import LOOK_ALIKES, Flag, look
from verify.exploration.dpor import Dpor
from verify.exploration.random_walk import RandomWalk
from verify.exploration.source_dpor import SourceDpor
from verify.exploration.strategy import View
from verify.scheduling.event import Choice, Ending, Execution, choice
from verify.scheduling.explored import Explored
from verify.scheduling.life import SLEEP


def run(program: Callable[[], object], max_steps: int = 200, seed: int = 0) -> Execution:
    """One execution, on an engine that looks for await loops from the beginning."""
    engine = Explored(max_steps)
    engine.awaiting.on = True
    walk = RandomWalk(seed)
    walk.begin()
    return engine.run(program, walk.choose)


def test_there_are_look_alikes_of_both_sorts() -> None:
    modules = {program.__module__ for program in LOOK_ALIKES}
    assert modules == {counted.__name__, on_the_stack.__name__}


@pytest.mark.parametrize("program", LOOK_ALIKES, ids=lambda program: str(program.__name__))
def test_a_loop_that_ends_by_itself_is_not_stopped(program: Callable[[Flag], object]) -> None:
    execution = run(lambda: program(verify.Shared(0)))
    assert execution.ending is Ending.COMPLETE
    assert execution.outcome == "ok"


# Loops that await. Each says how many looks an iteration takes; after one, or after two where the
# first begins with variables that have no value yet, nobody is left to write.


def in_the_test() -> None:
    flag = verify.Shared(0)
    while not flag.value:
        pass


def in_the_body() -> None:
    flag = verify.Shared(0)
    while True:
        if flag.value:
            break


def of_two_flags() -> None:
    x, y = verify.Shared(1), verify.Shared(1)
    while x.value and y.value:
        pass


def of_an_element() -> None:
    flags = [verify.Atomic(0), verify.Atomic(0)]
    other = 1
    while flags[other].load() == 0:
        pass


def with_a_pause() -> None:
    flag = verify.Shared(0)
    while not flag.value:
        verify.sleep(0.1)


def of_a_function_of_a_module() -> None:
    flag = verify.Shared(0)
    while not looking.look(flag):
        pass


def in_a_range() -> None:
    flag = verify.Shared(0)
    for _ in range(2):
        for _again in range(2):
            while not flag.value:
                pass


def under_a_lock() -> None:
    flag, lock = verify.Shared(0), verify.Lock()
    with lock:
        while not flag.value:
            pass


def in_a_handler() -> None:
    flag = verify.Shared(0)
    try:
        raise KeyError
    except KeyError:
        while not flag.value:
            pass


def of_a_helper() -> None:
    flag = verify.Shared(0)
    while not look(flag):
        pass


def of_a_condition_that_is_handed_over() -> None:
    flag = verify.Shared(0)

    def until(holds: Callable[[], object]) -> None:
        while not holds():
            pass

    until(lambda: flag.value)


def of_an_object() -> None:
    class Door:
        def __init__(self) -> None:
            self._opened = verify.Event()

        @property
        def opened(self) -> bool:
            return self._opened.is_set()

        def shut(self) -> bool:
            return not self.opened

    door = Door()
    while door.shut():
        pass


def of_a_bound_method() -> None:
    opened = verify.Event().is_set
    while not opened():
        pass


def of_a_try() -> None:
    lock = verify.Lock()
    lock.acquire()
    while not lock.acquire(blocking=False):
        pass


def of_a_timed_try() -> None:
    lock = verify.Lock()
    lock.acquire()
    while not lock.acquire(timeout=1):
        pass


def of_a_swap() -> None:
    word = verify.Atomic(1)
    while not word.compare_exchange(0, 1):
        pass


def of_a_queue() -> None:
    items: verify.Queue[int] = verify.Queue()
    while items.empty():
        pass


def of_a_queue_that_refuses() -> None:
    items: verify.Queue[int] = verify.Queue()
    while True:
        try:
            items.get(block=False)
            break
        except queue.Empty:
            pass


def of_a_value_that_is_kept() -> None:
    """The first time around `found` has no value: only the second iteration repeats itself."""
    flag = verify.Shared(0)
    while True:
        found = flag.value
        if found:
            break


AWAITING = [
    (in_the_test, 1),
    (in_the_body, 1),
    (of_two_flags, 2),
    (of_an_element, 1),
    (with_a_pause, 2),
    (of_a_function_of_a_module, 1),
    (in_a_range, 1),
    (under_a_lock, 2),  # the lock was acquired before
    (in_a_handler, 1),
    (of_a_helper, 1),
    (of_a_condition_that_is_handed_over, 1),
    (of_an_object, 1),
    (of_a_bound_method, 1),
    (of_a_try, 2),
    (of_a_timed_try, 2),
    (of_a_swap, 1),
    (of_a_queue, 1),
    (of_a_queue_that_refuses, 1),
    (of_a_value_that_is_kept, 2),
]


@pytest.mark.parametrize(
    ("program", "steps"), AWAITING, ids=lambda value: getattr(value, "__name__", "")
)
def test_an_await_loop_is_stopped_after_one_iteration(
    program: Callable[[], object], steps: int
) -> None:
    execution = run(program)
    assert execution.ending is Ending.LIVELOCK
    assert execution.outcome == "livelock"
    assert len(execution.events) == steps
    assert [one.step.task for one in execution.stopped if one.step.awaited] == [0]


def test_a_finally_on_the_way_out_is_not_the_one_on_the_way_round() -> None:
    """The compiler writes its look twice. Taken for one, the second would wait for a write to what
    was written just before the task looked at it: in the orders in which the setter comes between
    the two looks of the first iteration, or of none.
    """

    def waiter(flag: Flag, other: Flag) -> None:
        while True:
            try:
                if flag.value:
                    return
            finally:
                other.value  # noqa: B018

    def main() -> None:
        flag, other = verify.Shared(0), verify.Shared(0)
        task = verify.Thread(target=waiter, args=(flag, other))
        task.start()
        flag.value = 1
        task.join()

    for seed in range(50):
        assert run(main, seed=seed).outcome == "ok"


def test_a_local_step_that_waits_for_a_write_is_none() -> None:
    """A sleep touches nothing and may come at once; the one that begins the round again reads the
    flag, and may not come before a write: it is no step that others cannot tell.
    """

    def waiter(flag: Flag) -> None:
        while True:
            verify.sleep(1)
            if flag.value:
                break

    def main() -> None:
        flag = verify.Shared(0)
        verify.Thread(target=waiter, args=(flag,)).start()
        flag.value = 1

    seen = []

    def choose(view: View) -> Choice | None:
        mine = view.pending(1) if 1 in view.enabled else None
        if len(view.execution.events) == 1 or (mine is not None and mine.kind is SLEEP):
            seen.append(bool(view.local >> 1 & 1))
        # The start, the sleep and the look of the first round; the write lets it sleep again.
        return choice((0, 1, 1, 0, 1, 1)[len(view.execution.events)])

    engine = Explored(200)
    engine.awaiting.on = True
    execution = engine.run(main, choose)
    assert execution.outcome == "ok"
    assert seen == [True, False]


@pytest.mark.parametrize("strategy", [Dpor, SourceDpor])
def test_dpor_plans_where_a_task_spins(strategy: Callable[[], Dpor]) -> None:
    """Nobody else is there, so there is nothing to plan: one execution, and that is all."""
    engine = Explored(200)
    engine.awaiting.on = True
    chooser = strategy()
    assert chooser.begin()
    execution = engine.run(in_the_test, chooser.choose)
    assert execution.ending is Ending.LIVELOCK
    chooser.end(execution)
    assert not chooser.unplannable
    assert not chooser.begin()
