"""Health checks: each is raised by a program that has the complaint and by none that has not."""

from __future__ import annotations

import queue
import threading
import warnings
from collections.abc import Callable
from multiprocessing import get_context, synchronize
from typing import Any

import pytest

import verify
from verify.exploration import watchdog
from verify.modelling import HealthCheck, Model


def checks(program: Callable[[], object], **settings: Any) -> list[str]:
    """The names of the checks that have something to say of a program."""
    report = Model(program, **settings).search().run()
    return [concern.check for concern in report.concerns]


def run(*targets: Callable[[], object], join: bool = True, daemon: bool = False) -> None:
    tasks = [verify.Thread(target=target, daemon=daemon) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        if join:
            task.join()


def strangers() -> None:
    """Two tasks that share nothing."""
    run(verify.Atomic(0).load, verify.Atomic(0).load)


def rivals() -> None:
    """Two tasks that share a number, in two orders."""
    number = verify.Atomic(0)
    run(lambda: number.add(1), lambda: number.store(5))


# ------------------------------------------------------------------------------ only_one_schedule


def test_only_one_schedule() -> None:
    assert checks(strangers) == ["only_one_schedule"]
    assert checks(rivals) == []
    assert checks(lambda: verify.Shared(0).value) == []  # one task: nobody expects more


def test_who_counts_the_classes_knows_of_only_one() -> None:
    assert checks(strangers, classes=1) == []


def test_a_refuted_program_has_been_checked() -> None:
    def wrong() -> None:
        run(verify.Lock().release)

    assert checks(wrong, classes=1, settings={"suppress": []}) == []


# ------------------------------------------------------------------------------ real_primitive


def with_one_of_its_own() -> None:
    barrier = synchronize.Barrier(1, ctx=get_context())
    barrier.reset()
    rivals()


def with_an_import() -> None:
    from multiprocessing.synchronize import Condition as Real

    print(Real)
    rivals()


def with_a_subclass() -> None:
    class Worker(synchronize.Barrier):
        pass

    print(Worker)
    rivals()


def with_a_closure() -> Callable[[], None]:
    changed = synchronize.Condition(ctx=get_context())

    def program() -> None:
        print(changed)
        rivals()

    return program


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (with_one_of_its_own, "multiprocessing.synchronize.Barrier"),
        (with_an_import, "multiprocessing.synchronize.Condition"),
        (with_a_subclass, "multiprocessing.synchronize.Barrier"),
        (with_a_closure(), "multiprocessing.synchronize.Condition"),
    ],
)
def test_real_primitive(program: Callable[[], None], what: str) -> None:
    (concern,) = verify.explore(program).concerns
    assert concern.check == "real_primitive"
    place = concern.message.split()[0]
    assert "test_health_checks.py:" in place
    assert f"uses {what}:" in concern.message


def test_what_only_knows_of_threading_is_no_real_primitive() -> None:
    def program() -> None:
        print(threading.get_ident, threading.BrokenBarrierError, queue.Empty)
        rivals()

    assert checks(program) == []


# ------------------------------------------------------------------------------ leaked_task


def unjoined(daemon: bool = False) -> None:
    number = verify.Atomic(0)
    run(lambda: number.add(1), lambda: number.store(5), join=False, daemon=daemon)
    assert number.load() < 7


def test_leaked_task() -> None:
    (concern,) = verify.explore(unjoined).concerns
    assert concern.check == "leaked_task"
    assert "<lambda>-1 and 1 other" in concern.message


def test_a_daemon_is_meant_to_be_left() -> None:
    assert checks(lambda: unjoined(daemon=True)) == []


def test_who_is_waited_for_in_another_way_has_not_leaked() -> None:
    """Main comes after all that the task does, although it does not join it."""

    def program() -> None:
        done = verify.Event()
        other = verify.Atomic(0)

        def work() -> None:
            other.add(1)
            done.set()

        verify.Thread(target=work).start()
        other.add(1)
        done.wait()

    assert checks(program) == []


def test_main_that_looks_at_nothing_looks_not_too_early() -> None:
    def program() -> None:
        number = verify.Atomic(0)
        run(lambda: number.add(1), lambda: number.store(5), join=False)

    assert checks(program) == []


def test_a_task_that_is_stuck_with_main_has_not_leaked() -> None:
    def program() -> None:
        lock = verify.Lock()
        lock.acquire()
        verify.Thread(target=lock.acquire).start()
        lock.acquire()

    assert checks(program) == []


# ------------------------------------------------------------------------------ silent_loop


def test_silent_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Suppressed, nobody watches: a model may compute for as long as it likes."""
    real = watchdog.Watchdog._watch

    def never() -> None:
        while True:
            pass

    monkeypatch.setattr(watchdog.Watchdog.__init__, "__defaults__", (0.05,))
    with pytest.raises(verify.ModelError, match=r"suppress=\['silent_loop'\]"):
        verify.explore(never)
    started = []

    def noted(self: watchdog.Watchdog) -> None:
        started.append(self)
        real(self)

    monkeypatch.setattr(watchdog.Watchdog, "_watch", noted)
    Model(rivals, settings={"suppress": ["silent_loop"]}).search().run()
    assert not started
    Model(rivals).search().run()
    assert len(started) == 1


# ------------------------------------------------------------------------------ hash_seed


NAMES = ["a", "b"]


def through_a_set() -> None:
    queue = verify.Queue()
    for name in set(NAMES):
        queue.put(name)


def through_a_display() -> None:
    queue = verify.Queue()
    for name in {"a", "b"}:
        queue.put(name)


def through_a_display_of_variables() -> None:
    queue = verify.Queue()
    one, two = NAMES
    for name in {one, two}:
        queue.put(name)


def by_a_hash() -> None:
    verify.Queue().put(hash(NAMES[0]) % 2)


@pytest.mark.parametrize(
    ("program", "line", "does"),
    [
        (through_a_set, 2, "goes through a set"),
        (through_a_display, 2, "goes through a set"),
        (through_a_display_of_variables, 3, "goes through a set"),
        (by_a_hash, 1, "calls hash"),
    ],
)
def test_hash_seed(program: Callable[[], object], line: int, does: str) -> None:
    """In this process it is always the same: the verdict stands, and the line is named."""
    report = Model(program).search().run()
    assert report.complete and not report.failures
    (concern,) = report.concerns
    place = f"test_health_checks.py:{program.__code__.co_firstlineno + line} {does}: of texts"
    assert concern.check == "hash_seed"
    assert place in concern.message
    assert checks(program, settings={"suppress": ["hash_seed"]}) == []


def test_what_does_not_depend_on_the_hash_seed() -> None:
    class Key:
        def __hash__(self) -> int:
            return hash(("key", 1))

    def program() -> None:
        queue = verify.Queue()
        for name in sorted({*NAMES, "c"}):
            queue.put(name)
        for number in {1, 2}:
            queue.put(number)
        assert "a" in {"a", "b"}
        assert Key() not in {Key(): 1}
        set = list
        for name in set(NAMES):
            queue.put(name)

    assert checks(program) == []


# ------------------------------------------------------------------------------ silencing


def everything() -> None:
    print(synchronize.Barrier)
    run(verify.Atomic(0).load, join=False)
    verify.Atomic(0).load()


def test_each_is_silenced_by_its_name() -> None:
    names = ["real_primitive", "leaked_task", "only_one_schedule"]
    assert checks(everything) == names
    for name in names:
        left = [other for other in names if other != name]
        assert checks(everything, settings={"suppress": [name]}) == left
    assert checks(everything, settings={"suppress": names}) == []


@pytest.mark.parametrize(
    ("suppress", "why"),
    [
        (["only_one_shedule"], "there is no such health check; the health checks are only_one_"),
        (["nondeterministic"], "that is a verdict, which cannot be suppressed"),
        ("leaked_task", "give a list of names"),
        (3, "give a list of names"),
    ],
)
def test_what_is_no_health_check_cannot_be_silenced(suppress: Any, why: str) -> None:
    with pytest.raises(verify.UsageError, match=why):
        verify.model(suppress=suppress)(rivals)


def test_a_model_called_as_a_test_warns() -> None:
    told = r"only_one_schedule: .*suppress=\['only_one_schedule'\]"
    with pytest.warns(HealthCheck, match=told) as heard:
        verify.model(strangers)()
    (warning,) = heard
    assert (warning.filename, warning.lineno) == (__file__, strangers.__code__.co_firstlineno)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        verify.model(suppress=["only_one_schedule"])(strangers)()
        verify.model(rivals)()
