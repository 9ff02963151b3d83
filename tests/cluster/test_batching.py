"""How many tasks are sent to a cluster in one call."""

from __future__ import annotations

import pytest

from verify.cluster.batching import CALLS, SECONDS, Batching

LANES = 64
"""Tasks that are waiting or under way."""


@pytest.mark.parametrize("places", [1, 2, 4, 16, 64, 100])
@pytest.mark.parametrize("task", [1e-4, 0.02, 0.3, 1.0, 7.0])
def test_a_call_lasts_a_second_as_far_as_there_are_tasks(places: int, task: float) -> None:
    batching = Batching()
    assert batching.size(LANES, places) == 1  # one is tried
    for _ in range(100):
        batching.took(task)
    size = batching.size(LANES, places)
    share = LANES // (CALLS * places)
    enough = size * task >= SECONDS
    assert enough or size == max(1, share)
    assert size == 1 or (size - 1) * task < SECONDS  # and no more of them than it takes
    assert size <= max(1, share)


def test_it_goes_along_with_tasks_that_get_longer() -> None:
    batching = Batching()
    sizes = []
    for task in (0.015, 0.06, 0.3, 1.2):
        for _ in range(60):
            batching.took(task)
        sizes.append(batching.size(1_000, 2))
    assert sizes == [67, 17, 4, 1]  # a second, rounded up
