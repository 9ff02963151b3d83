"""The disturbances are a function of seed, run and task, and so is what `choose` chooses."""

from __future__ import annotations

from itertools import islice

import verify
from verify.stressing import perturbation
from verify.stressing.perturbation import LONGEST, MEAN_GAP, Perturbation, disturbances


def plan(seed: int, run: int, task: int) -> list[tuple[int, float]]:
    return list(islice(disturbances(seed, run, task), 1000))


def test_a_plan_repeats_and_depends_on_each_of_its_three_numbers() -> None:
    base = plan(1, 2, 3)
    assert plan(1, 2, 3) == base
    others = [plan(0, 2, 3), plan(1, 0, 3), plan(1, 2, 0), plan(12, 3, 0), plan(1, 23, 0)]
    assert base not in others
    assert len({tuple(other) for other in others}) == len(others)


def test_gaps_and_delays_have_the_stated_sizes() -> None:
    """The mean gap of a thousand is within a tenth of its expectation (uniform in 1..2M-1, whose
    deviation is below 0.6 M, so the mean's is below 0.02 M)."""
    gaps, delays = zip(*plan(5, 0, 0), strict=True)
    assert min(gaps) == 1
    assert 0.9 * MEAN_GAP < sum(gaps) / len(gaps) < 1.1 * MEAN_GAP
    assert min(delays) == 0 and max(delays) <= LONGEST


def test_the_hook_follows_the_plan_of_the_task_that_calls(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Two tasks take turns; each is disturbed before exactly the operations of its own plan."""
    slept: list[float] = []
    monkeypatch.setattr(perturbation.time, "sleep", slept.append)
    caller = [0]
    counts: dict[int, int] = {}
    hook = Perturbation(7, 8, lambda: caller[0], counts).before_operation
    disturbed: dict[int, list[int]] = {1: [], 2: []}
    for operation in range(1, 201):
        for task in (1, 2):
            caller[0] = task
            before = len(slept)
            hook()
            if len(slept) > before:
                disturbed[task].append(operation)
    assert counts == {1: 200, 2: 200}
    for task in (1, 2):
        expected, due = [], 0
        for gap, _ in disturbances(7, 8, task):
            due += gap
            if due > 200:
                break
            expected.append(due)
        assert disturbed[task] == expected


def test_choose_follows_the_seed() -> None:
    """The main task alone chooses: the same seed gives the same choices in the same runs."""

    def choices(seed: int) -> list[int]:
        made: list[int] = []

        def program() -> None:
            made.extend(verify.choose(range(1000)) for _ in range(3))

        verify.stress(program, iterations=5, seed=seed)
        return made

    assert len(choices(3)) == 15
    assert choices(3) == choices(3) != choices(4)
