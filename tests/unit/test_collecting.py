"""Garbage of executions: collected while the search runs, and without looking at the rest."""

from __future__ import annotations

import gc

import verify
from verify.exploration.collecting import EVERY


def test_only_what_executions_made_is_looked_at():
    alive = most = 0
    collected: list[int] = []

    class Circle:
        def __init__(self) -> None:
            nonlocal alive, most
            self.me = self  # nothing but the collector frees it
            alive += 1
            most = max(most, alive)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def program() -> None:
        Circle()
        for options in (2, 50, EVERY // 50):
            verify.choose(range(options))

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "start":
            collected.append(about["generation"])

    gc.collect()
    gc.callbacks.append(note)
    try:
        report = verify.explore(program, memoise=False)
        during = list(collected)
    finally:
        gc.callbacks.remove(note)

    # One circle an execution; a collection after so many, twice, and none looks at the oldest
    # objects, of which a test session has far more than a search makes.
    assert report.executions == 2 * EVERY
    assert during[:2] == [1, 1]
    assert EVERY <= most < 1.01 * EVERY  # some are run twice, to compare
