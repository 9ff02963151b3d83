"""The arithmetic of an estimate, and its words."""

from __future__ import annotations

from random import Random

import pytest

import verify
from verify.exploration import estimating
from verify.exploration.estimate import FEWEST, Estimate, estimate
from verify.exploration.estimating import Estimator
from verify.exploration.report import Verdict


def test_probes_that_all_say_the_same_leave_no_doubt_but_of_rounding() -> None:
    """1023 is between 1000 and 1100; 96 and 100 are whole and have two digits, or one."""
    assert estimate([1023.0] * 100, 5) == Estimate(1000, 1100)
    assert estimate([96.0] * 100, 5) == Estimate(96, 96)
    assert estimate([100.0] * 100, 5) == Estimate(100, 100)


def test_the_first_half_has_still_to_learn() -> None:
    assert estimate([7.0] * 50 + [96.0] * 50, 5) == Estimate(96, 96)


def test_there_are_more_than_have_been_run() -> None:
    """If the probes say 90 to 110, and 95 were run and some are left, there are 96 at least."""
    random = Random(1)
    probes = [random.uniform(50, 150) for _ in range(200)]
    found = estimate(probes, 95)
    assert found is not None
    assert found.low == 96
    assert found.high > 100


def test_nothing_is_said_where_little_is_known() -> None:
    assert estimate([10.0] * (FEWEST - 1), 1) is None
    assert estimate([0.0] * 100, 1) is None, "no probe came to a leaf"
    assert estimate([10.0] * 100, 10) is None, "the search has seen what the probes have not"
    assert estimate([0.1] * 199 + [1e12], 10**9) is None, "one probe, and nothing beside it"
    assert estimate([float("inf")] * 100, 1) is None, "more than can be counted"


def test_there_may_be_very_many() -> None:
    found = estimate([1e200] * 100, 1)
    assert found is not None
    assert found.low <= 10**200 <= found.high
    assert str(found).endswith(" to 1.0e+200")


def test_of_a_hundred_intervals_nine_in_ten_are_right() -> None:
    """Probes that differ as products of many factors do: the mean of e^N(0, s²) is e^(s²/2)."""
    random = Random(0)
    right = 0
    for _ in range(100):
        probes = [100 * random.lognormvariate(-(1.5**2) / 2, 1.5) for _ in range(1_000)]
        found = estimate(probes, 1)
        right += found is not None and found.low <= 100 <= found.high
    assert right >= 90


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (96, 96, "about 96"),
        (4_700, 5_400, "about 4 700 to 5 400"),
        (900_000, 1_200_000, "about 900 000 to 1 200 000"),
        (1_200_000, 3_100_000, "about 1.2 to 3.1 million"),
        (999_000_000, 1_500_000_000, "about 999 000 000 to 1 500 000 000"),
        (2 * 10**9, 3 * 10**9, "about 2 to 3 billion"),
        (2 * 10**15, 3 * 10**16, "about 2.0e+15 to 3.0e+16"),
    ],
)
def test_words(low: int, high: int, words: str) -> None:
    assert str(Estimate(low, high)) == words


def test_programs_whose_tasks_look_at_ends_are_not_estimated() -> None:
    """Their ends are objects then, which probes do not know."""

    def program() -> None:
        cell = verify.Shared(0)

        def task() -> None:
            cell.value += 1

        tasks = [verify.Thread(target=task) for _ in range(4)]
        for one in tasks:
            one.start()
        tasks[0].is_alive()
        for one in tasks:
            one.join()

    report = verify.explore(program, max_executions=50)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.estimate is None


def test_a_program_that_awaits_something_in_a_loop() -> None:
    """Three tasks wait for the flag and then write: 3! orders, and who looked before it was set,
    each of them or not: 3!·2³ = 48."""

    def program() -> None:
        flag, cell = verify.Shared(False), verify.Shared(0)

        def waiter(value: int) -> None:
            while not flag.value:
                pass
            cell.value = value

        def setter() -> None:
            flag.value = True

        tasks = [verify.Thread(target=waiter, args=(value,)) for value in range(3)]
        tasks.append(verify.Thread(target=setter))
        for one in tasks:
            one.start()
        for one in tasks:
            one.join()

    assert verify.explore(program).executions == 48
    report = verify.explore(program, max_executions=24)
    assert report.estimate is not None
    assert report.estimate.low <= 48 <= report.estimate.high


def test_probes_of_a_short_search_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most twice the events of the search, and then the rest of one probe: six events, if that,
    for two starts and two writes."""
    monkeypatch.setattr(estimating, "FREE", 0)

    def program() -> None:
        cell = verify.Shared(0)
        for _ in range(2):
            verify.Thread(target=lambda: setattr(cell, "value", 1)).start()

    estimator = Estimator(program, 1_000)
    estimator.finish(100, 300, lambda: False)
    assert 600 <= estimator._events < 600 + 6


def test_a_probe_does_not_depend_on_when_it_is_run() -> None:
    """A few while a search runs and the rest at its end, or all then."""

    def program() -> None:
        cell = verify.Shared(0)

        def task() -> None:
            cell.value += 1

        for _ in range(4):
            verify.Thread(target=task).start()

    at_once, in_between = Estimator(program, 1_000), Estimator(program, 1_000)
    at_once.finish(100, 1_300, lambda: False)
    known = at_once.estimate(100, 1_300)
    assert known is not None
    assert known.low <= 576 <= known.high
    for _ in range(100):
        in_between._next()
    in_between.finish(100, 1_300, lambda: False)
    assert in_between.estimate(100, 1_300) == known
    in_between.finish(1_000, 13_000, lambda: False)
    assert in_between.estimate(100, 1_300) == known, "though more is known by now"
