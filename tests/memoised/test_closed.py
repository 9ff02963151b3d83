"""Which programs are closed: nothing hidden goes unseen, and ordinary programs are not suspected.

The programs are run for real here, one by one, and inspected as a memoised search would inspect
them (watched.py).
"""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest

import verify
from tests.counts import programs
from tests.memoised.closed_programs import CLOSED
from tests.memoised.hiding import Program, run
from tests.memoised.open_programs import OPEN
from tests.memoised.watched import inspect
from verify.collection import collect
from verify.exploration import closed
from verify.exploration.closed import Reach
from verify.scheduling.main_body import MainBody

BENCHMARKS: dict[str, Program] = {
    "lastzero": programs.lastzero(3),
    "readers": programs.readers(3),
    "writers": programs.writers(3),
    "indexer": programs.indexer(12),
    "filesystem": programs.filesystem(14),
    "lockinc": programs.lockinc(3, 2),
    "racyinc": programs.racyinc(2, 2),
    "semmutex": programs.semmutex(3),
    "spawnjoin": programs.spawnjoin(3),
    "dining": programs.dining(4),
    "dining ordered": programs.dining(4, ordered=True),
    "store_buffering": programs.store_buffering(),
    "lostwake": programs.lostwake(2),
    "flagwait": programs.flagwait(2),
    "flagwait, notify": programs.flagwait(2, wake_all=False),
    "barrier": programs.barrier(3),
    "buffer": programs.buffer(2, 2, items=2),
    "buffer, one condition": programs.buffer(2, 2, one_condition=True),
    "buffer, if": programs.buffer(2, 2, use_if=True),
    "semaphore_buffer": programs.semaphore_buffer(2, 2),
    "lazy01": programs.lazy01(),
    "phase01": programs.phase01(),
    "sync01": programs.sync01(),
}
"""The programs of tests/counts, each of its functions."""
MODELS = {model.key: model.function for model in collect([Path(__file__).parents[2] / "models"])}


def at_random(view: Any) -> tuple[int, int]:
    """Any enabled task, and any option of it."""
    task = random.choice(view.enabled)
    return task, random.randrange(view.options(task))


@pytest.mark.parametrize("name", OPEN)
def test_what_is_hidden_is_found(name: str) -> None:
    """The words name the variable at fault, and who reaches it."""
    program, words = OPEN[name]
    reason = inspect(program)
    assert reason is not None
    assert words in reason


@pytest.mark.parametrize("name", CLOSED)
def test_ordinary_programs_are_closed(name: str) -> None:
    random.seed(1)
    assert inspect(CLOSED[name], *[at_random] * 20) is None


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_programs_with_known_counts_are_closed(name: str) -> None:
    """They share locks, conditions, semaphores and `Shared`, and lists of these."""
    random.seed(1)
    assert inspect(BENCHMARKS[name], *[at_random] * 5) is None


def test_no_program_with_a_known_count_is_left_out() -> None:
    home = programs.__name__
    written = {n for n, value in vars(programs).items() if getattr(value, "__module__", "") == home}
    covered = {name.partition(",")[0].partition(" ")[0] for name in BENCHMARKS}
    assert written - covered == {"run_all"}


WHY_OPEN = {
    "is a process": "it has an address space of its own",
    "closed_by_a_thread": "who closes a descriptor notes that in an attribute",
    "process_thread": "it is passed a local, which is no object with a state",
    "_CallableGenericAlias": "a future's callbacks are user code, kept in its state",
    "_verify_history": "calls are recorded for a specification",
    "a Lock passes through": "waiters stand in a line, each with a lock of its own",
    "condition_on_locks": "it compares such locks",
    "sys.exit": "a task that ends its process",
}
"""What marks the models that are not closed, and why they are not."""


@pytest.mark.parametrize("name", MODELS)
def test_the_models_are_closed(name: str) -> None:
    """Wake-up counts, which some of them ask for, are for the scheduler to refuse."""
    random.seed(1)
    reason = inspect(MODELS[name], *[at_random] * 5)
    assert reason is None or any(mark in f"{name}: {reason}" for mark in WHY_OPEN)


# ------------------------------------------------------------------ the walk


class Inquisitive:
    """Notices when it is asked anything."""

    def __init__(self) -> None:
        self.x = verify.Shared(0)

    def __getattribute__(self, name: str) -> Any:
        if name != "x":
            raise AssertionError(f"asked for {name}")
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __len__(self) -> int:
        raise AssertionError("measured")


def test_an_inspection_runs_no_code_of_the_program() -> None:
    def program() -> None:
        one = Inquisitive()
        run(lambda: one.x.value, lambda: one.x.value)

    assert inspect(program) is None


def test_a_task_is_found_beyond_what_it_has_passed_itself() -> None:
    """The table leads to the first task: fine for nobody, though it was walked as that task's."""

    def program() -> None:
        table: list[verify.Thread] = []
        table.append(verify.Thread(target=lambda: len(table), name="one"))
        table[0].start()

    assert inspect(program) == "a lambda reaches table[0], a task, which changes when it is started"


def test_assertions_that_pytest_explains_are_no_suspicion() -> None:
    """In this file pytest has put calls of its own into every `assert`."""

    def program() -> None:
        x = verify.Shared(1)

        def worker() -> None:
            assert x.value == math.floor(1.5), "an explained assertion"

        run(worker, worker)

    assert inspect(program) is None


def test_a_change_that_is_taken_back_is_none() -> None:
    def program() -> None:
        x, scratch = verify.Shared(0), [0]

        def worker(i: int) -> None:
            scratch.append(i)
            scratch.pop()
            x.value = i

        run((worker, 1), (worker, 2))

    assert inspect(program) is None


def test_a_global_that_is_bound_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the program's code, which would be refused for it, but by whatever else."""
    for name in ("run", "programs.run_all"):
        reach = Reach()
        function = eval(f"lambda: {name}()")  # code that is not instrumented
        assert reach.include(function) is None
        with monkeypatch.context() as patch:
            patch.setattr(f"{__name__ if name == 'run' else programs.__name__}.{name[-7:]}", len)
            assert reach.changed() == f"{name} of a lambda has changed"


def test_too_much_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    def program() -> None:
        numbers = list(range(1000))
        run(lambda: len(numbers))

    assert inspect(program) is None
    monkeypatch.setattr(closed, "MOST_REFERENCES", 1000)
    assert inspect(program) == "tasks reach more than 1000 things that may change"


def test_the_first_reason_stays() -> None:
    values = [1]
    reach = Reach()
    assert reach.include(lambda: values[0]) is None
    assert reach.changed() is None
    values.append(2)
    first = reach.changed()
    values.pop()
    assert first == reach.changed() == reach.include(len) == "values of a lambda has changed"


def test_renewing_forgets_what_nobody_reaches() -> None:
    old, new = [1], [2]
    reach = Reach()
    reach.include(lambda: old[0])
    both = reach.size
    assert reach.renew([lambda: new[0]]) is None
    assert reach.size == both
    old.append(2)
    assert reach.changed() is None
    new.append(3)
    assert reach.changed() == "new of a lambda has changed"


def test_renewing_looks_for_changes_first() -> None:
    values = [1]
    reach = Reach()
    reach.include(lambda: values[0])
    values.append(2)
    assert reach.renew([lambda: values[0]]) == "values of a lambda has changed"


def test_the_main_task_is_the_program() -> None:
    values = [1]
    reach = Reach()
    assert reach.include(MainBody(lambda: values[0])) is None
    values.append(2)
    assert reach.changed() == "values of a lambda has changed"


def test_runs_that_are_left_behind_make_it_crowded() -> None:
    """A thousand references, and none of them in use: more than twice what was kept, which is 0."""
    reach = Reach()
    assert not reach.crowded
    values = list(range(1001))
    reach.include(lambda: values[0])
    assert reach.crowded
    reach.renew([lambda: values[0]])
    assert not reach.crowded
