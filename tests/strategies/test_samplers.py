"""The samplers: what they find, what they promise, and that a seed determines them.

All of them run for ever, so each search here has a number of executions, and can only refute.
"""

from __future__ import annotations

from collections import Counter

import pytest

import verify
from verify.exploration import chances
from verify.exploration.pct import DEPTH, Pct
from verify.exploration.report import Verdict
from verify.exploration.strategies import STRATEGIES
from verify.scheduling.event import Choice
from verify.scheduling.explored import Explored

SAMPLERS = ["random", "pct", "pos"]


def crossed_locks() -> None:
    first, second = verify.Lock(), verify.Lock()

    def there() -> None:
        with first, second:
            pass

    def back() -> None:
        with second, first:
            pass

    tasks = [verify.Thread(target=there), verify.Thread(target=back)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def independent() -> None:
    def work() -> None:
        cell = verify.Shared(0)
        cell.value += 1

    tasks = [verify.Thread(target=work) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def chooser() -> None:
    assert verify.choose(range(4)) != 3


def schedules(name: str, seed: int, count: int) -> list[tuple[Choice, ...]]:
    """The first schedules of a sampler."""
    strategy, engine = STRATEGIES[name](seed), Explored()
    found = []
    for _ in range(count):
        assert strategy.begin()
        execution = engine.run(crossed_locks, strategy.choose)
        strategy.end(execution)
        found.append(execution.schedule)
    return found


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_seed_determines_all_schedules(name: str) -> None:
    assert schedules(name, 7, 50) == schedules(name, 7, 50)
    assert schedules(name, 7, 50) != schedules(name, 8, 50)


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_deadlock_of_two_locks_is_found(name: str) -> None:
    """It needs one switch at one point; none of the three can miss that 500 times for this seed."""
    report = verify.explore(crossed_locks, strategy=name, max_executions=500)
    assert report.verdict is Verdict.VIOLATED
    assert report.failures[0].kind == "deadlock"


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_option_of_a_choice_comes_up(name: str) -> None:
    report = verify.explore(chooser, strategy=name, max_executions=200, stop_at_first=False)
    assert set(report.outcomes) == {"ok", "assertion"}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_program_without_races_is_never_proved(name: str) -> None:
    report = verify.explore(independent, strategy=name, max_executions=20)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.executions == 20


def test_pct_says_what_it_promises() -> None:
    """Three tasks; each execution has 2 starts, 2·2 accesses and 2 joins: 8 steps.

    That is known after the first, so it is the other four that count: (1 - 1/192)^4 = 0.9793.
    """
    report = verify.explore(independent, strategy="pct", max_executions=5)
    bound = 3 * 8 ** (DEPTH - 1)
    assert f"at least 1 in {bound} (3 tasks, 8 steps)" in str(report)
    assert "the 4 since these numbers are known" in str(report)
    assert str(report).endswith("with probability at most 0.98")


def test_pct_counts_from_where_it_knows_how_long_executions_are() -> None:
    """A loop that goes on as long as the other task has not written has executions of any length.

    Whenever one is longer than all before, those could not have fallen in its last steps.
    """

    def program() -> None:
        flag = verify.Shared(0)

        def reader() -> None:
            for _ in range(20):
                if flag.value:
                    return

        def writer() -> None:
            flag.value = 1

        tasks = [verify.Thread(target=reader), verify.Thread(target=writer)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()

    strategy, engine = Pct(0), Explored()
    lengths = []
    for _ in range(100):
        strategy.begin()
        execution = engine.run(program, strategy.choose)
        strategy.end(execution)
        lengths.append(len(execution.events))
        since = len(lengths) - 1 - lengths.index(max(lengths))
        assert f"the {since} since" in strategy.guarantee
    assert lengths.index(max(lengths)) > 0


@pytest.mark.parametrize("name", ["random", "pos"])
def test_the_others_say_only_how_often_they_fail(name: str) -> None:
    """If one in 17 failed, 50 in a row would be right with (16/17)^50 = 0.0482; of one in 18 with
    (17/18)^50 = 0.0574, which is too likely to be ruled out with a confidence of 95 %."""
    report = verify.explore(independent, strategy=name, max_executions=50)
    assert report.guarantee.startswith("fewer than 1 in 17 of such executions fail, with 95%")
    assert "depth nothing is known" in report.guarantee
    assert report.guarantee in str(report)


def test_nothing_is_promised_of_executions_that_failed() -> None:
    report = verify.explore(crossed_locks, strategy="random", max_executions=500)
    assert report.failures
    assert report.guarantee == ""


def test_what_is_missed_is_rounded_up() -> None:
    """(1 - 1/3)^3 = 8/27 = 0.2963; one in one is never missed; before any, all is."""
    assert chances.missing(3, 3) == "0.3"
    assert chances.missing(7, 1) == "0"
    assert chances.missing(0, 3) == "1"
    assert chances.missing(10**6, 2) == "0"
    assert float(chances.missing(10_000, 1_000)) >= (1 - 1 / 1_000) ** 10_000
    assert chances.failing(0) == ""
    assert chances.failing(2).startswith("not all of such executions fail")


def test_pct_keeps_its_promise() -> None:
    """The deadlock has depth 2, so it must come up at least once in n·k executions on average.

    3 tasks and 12 steps (2 starts, 2·4 on the locks, 2 joins): in 3 600 executions at least 100
    times. Depth 3 is aimed at, which costs at most a factor; it comes up far more often.
    """
    strategy, engine = Pct(1), Explored()
    outcomes: Counter[str] = Counter()
    for _ in range(3_600):
        assert strategy.begin()
        execution = engine.run(crossed_locks, strategy.choose)
        strategy.end(execution)
        outcomes[execution.outcome] += 1
    assert (strategy.tasks, strategy.steps) == (3, 12)
    assert outcomes["deadlock"] >= 100


def test_pos_does_not_count_interleavings() -> None:
    """A write, and a read of it behind eighteen steps that race with nothing.

    For the read to come first a random walk must pass the write over at every one of these steps:
    once in 2^19 executions. POS draws the write's priority once, and it is the lowest of about
    twenty about once in twenty.
    """

    def program() -> None:
        flag, own = verify.Shared(0), verify.Shared(0)

        def writer() -> None:
            flag.value = 1

        def reader() -> None:
            for _ in range(9):
                own.value += 1
            assert flag.value

        tasks = [verify.Thread(target=writer), verify.Thread(target=reader)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()

    early = {}
    for name in ("random", "pos"):
        report = verify.explore(program, strategy=name, max_executions=400, stop_at_first=False)
        early[name] = report.outcomes["assertion"]
    assert early["random"] == 0
    assert 5 <= early["pos"] <= 60
