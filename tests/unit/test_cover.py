"""cover: a proof whose goals no execution reaches is no proof of what its author means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import verify
from verify import cover
from verify.exploration.report import Verdict
from verify.exploration.survey import survey
from verify.modelling import Model

COUNTS = {"sleeping": 0}


def two_waiters(most: int) -> None:
    """As many tasks as there are between 0 and 2 may have come when main looks."""
    come = verify.Shared(0)
    lock = verify.Lock()

    def wait() -> None:
        with lock:
            come.value += 1

    tasks = [verify.Thread(target=wait) for _ in range(most)]
    for task in tasks:
        task.start()
    seen = come.value
    if seen == 0:
        verify.cover("nobody waits")
    if seen == 2:
        verify.cover("both wait")
    for task in tasks:
        task.join()


def both() -> None:
    two_waiters(2)


def only_one() -> None:
    two_waiters(1)


def crowd() -> None:
    """More than 16 executions, so that it is memoised: three tasks that count, and main looks once.

    The look may see 0, 1, 2 or 3, never 4.
    """
    count = verify.Atomic(0)
    tasks = [verify.Thread(target=count.add, args=(1,)) for _ in range(3)]
    for task in tasks:
        task.start()
    seen = count.load()
    if seen == 3:
        verify.cover("all")
    if seen == 4:
        cover("more than all")
    for task in tasks:
        task.join()


def test_goals_that_executions_reach() -> None:
    report = verify.explore(both)
    assert report.covered == {"nobody waits": True, "both wait": True}
    assert report.unreached == []


def test_a_goal_that_no_execution_reaches() -> None:
    report = verify.explore(only_one)
    assert report.complete
    assert report.covered == {"nobody waits": True, "both wait": False}
    assert report.unreached == ["both wait"]
    assert str(report).endswith("never reached: both wait")


@pytest.mark.parametrize("memoise", [True, False])
def test_memoised_and_re_executed(memoise: bool) -> None:
    """A memoised search runs a task's code once for each of its histories, and misses no goal."""
    report = verify.explore(crowd, memoise=memoise)
    assert report.carrier == ("memoised" if memoise else "re-executed")
    assert report.covered == {"all": True, "more than all": False}


@pytest.mark.parametrize("strategy", ["dpor", "source_dpor", "exhaustive", "brute_force"])
def test_every_exhaustive_strategy_finds_the_same(strategy: str) -> None:
    assert verify.explore(crowd, strategy=strategy).unreached == ["more than all"]


def test_at_granularity_internal() -> None:
    report = verify.explore(only_one, granularity="internal")
    assert report.complete
    assert report.unreached == ["both wait"]


SAMPLED = {"strategy": "random", "max_executions": 5}


@pytest.mark.parametrize("limit", [{"max_executions": 1}, SAMPLED])
def test_a_search_that_did_not_run_all_blames_no_goal(limit: dict[str, object]) -> None:
    report = verify.explore(only_one, **limit)  # type: ignore[arg-type]
    assert report.verdict is Verdict.UNDETERMINED
    assert not report.covered["both wait"]
    assert report.unreached == []


# ------------------------------------------------------------------------------ models


def test_a_model_without_its_goal_disappoints() -> None:
    model = Model(only_one)
    assert model.disappointment(verify.explore(only_one)) == "cover goal never reached: both wait"
    assert Model(both).disappointment(verify.explore(both)) == ""


def test_a_model_that_is_called_as_a_test_fails() -> None:
    with pytest.raises(verify.PropertyViolated, match="cover goal never reached: both wait"):
        verify.model(only_one)()
    verify.model(both)()


def test_a_wrong_model_too_once_all_is_explored() -> None:
    def wrong() -> None:
        if verify.choose((True, False)):
            assert False, "as expected"  # noqa: B011
        if COUNTS["sleeping"]:
            verify.cover("never")

    one = Model(wrong, "assertion")
    assert one.disappointment(one.search().run()) == ""
    every = Model(wrong, "assertion", classes=2)
    assert every.disappointment(every.search().run()) == "cover goal never reached: never"


# ------------------------------------------------------------------------------ which goals


class Base:
    def inherited(self) -> None:
        verify.cover("inherited")


class Room(Base):
    @property
    def size(self) -> int:
        verify.cover("of a property")
        return 1

    @staticmethod
    def alone() -> None:
        verify.cover("of a static method")


def helper(depth: int = 0) -> None:
    cover("of a helper")
    if depth:
        helper()


def of_the_code() -> None:
    """Whatever this leads to by names, whether it runs or not."""
    import verify as harness
    from verify import cover as reached

    if COUNTS["sleeping"]:
        harness.cover("by a name of its own")
        reached("by another")

        def inner() -> None:
            harness.cover("within")

        inner()
        print(lambda: cover("of a lambda"), Room().size)
        helper()


def test_goals_are_found_in_whatever_the_code_leads_to() -> None:
    expected = {"by a name of its own", "by another", "within", "of a lambda", "of a helper"}
    expected |= {"inherited", "of a property", "of a static method"}
    assert set(survey(of_the_code).goals) == expected


def test_goals_in_closures_and_arguments() -> None:
    room = Room()

    def around() -> Callable[[], None]:
        def inner() -> None:
            verify.cover("of a closure")

        return inner

    passed = around()

    def program() -> None:
        passed()
        print(room)

    assert set(survey(program).goals) >= {"of a closure", "inherited"}


def test_nothing_of_the_programs_own_is_run_to_look_at_it() -> None:
    """Not even what an object says that it is."""

    class Strange:
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError(f"asked for {name}")

    class Endless(list[int]):
        def __iter__(self) -> Any:
            raise RuntimeError("asked for its elements")

    strange, endless = Strange(), Endless()

    def program() -> None:
        print(strange, endless)
        verify.cover("here")

    assert survey(program).goals == ("here",)


def test_a_cover_of_somebody_elses_is_none() -> None:
    class Book:
        def cover(self, title: str) -> str:
            return title

    book = Book()

    def program() -> None:
        book.cover("Moby Dick")

    assert survey(program).goals == ()


@pytest.mark.parametrize("given", ["variable", "formatted", "handed on"])
def test_a_goal_that_is_not_written_in_the_call_is_refused(given: str) -> None:
    """It could not be known before it is reached."""
    goal = "a goal"

    def variable() -> None:
        verify.cover(goal)

    def formatted() -> None:
        verify.cover(f"{goal} at {given}")

    def handed_on() -> None:
        print(verify.cover, goal)

    program = {"variable": variable, "formatted": formatted, "handed on": handed_on}[given]
    with pytest.raises(verify.ModelError, match=r"verify.cover at .*cover.py:\d+ is not called"):
        verify.explore(program)
