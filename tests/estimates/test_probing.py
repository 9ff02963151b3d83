"""The tree that probes go down: each class is at exactly one of its leaves.

Here the coins fall as they are told, so that every leaf is come to, one after another. A probe that
gets to a leaf estimates the number of classes as one over the probability of coming there; so the
average over all probes is the number of leaves, whatever the coins lean to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from copy import deepcopy
from random import Random

import pytest

import verify
from tests.counts import programs
from verify.exploration.classes import class_of
from verify.exploration.probing import LEAST, Coin, Prober
from verify.scheduling.event import Ending
from verify.scheduling.explored import Explored

WALKS = 50
"""Random walks, to see most of the races."""


class Told(Random):
    """Falls first as it is told, then always in the first of the ways it can."""

    def __init__(self) -> None:
        super().__init__(0)
        self.told: list[tuple[int, int]] = []  # the way, of how many
        self.at = 0

    def random(self) -> float:
        return (0.0, 1.0)[self._way(2)]

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        return self._way(start)

    def _way(self, ways: int) -> int:
        if self.at == len(self.told):
            self.told.append((0, ways))
        way, known = self.told[self.at]
        assert known == ways
        self.at += 1
        return way

    def turn(self) -> bool:
        """Tell the next way of all; False if there is none."""
        self.at = 0
        while self.told and self.told[-1][0] + 1 == self.told[-1][1]:
            self.told.pop()
        if self.told:
            way, ways = self.told.pop()
            self.told.append((way + 1, ways))
        return bool(self.told)


def leaves(program: Callable[[], object]) -> Counter[Hashable]:
    """How often each class is come to, in one probe for each way that the coins can fall."""
    engine = Explored()
    racing = Prober(engine, Random(0))
    for _ in range(WALKS):
        racing.walk(program)
    while True:
        found = down_all_ways(program, engine, racing)
        if found is not None:
            return found


def down_all_ways(
    program: Callable[[], object], engine: Explored, learner: Prober
) -> Counter[Hashable] | None:
    """One round of it; None if a race came up that had not been seen before: the tree has grown."""
    told = Told()
    prober = Prober(engine, told)
    prober._racing = learner._racing
    found = Counter[Hashable]()
    while True:
        known = deepcopy(learner._racing)
        weight, execution = prober.probe(program)
        if learner._racing != known:
            return None
        if execution.ending is not Ending.REDUNDANT:
            assert weight >= 1
            found[class_of(execution, engine.names)] += 1
        else:
            assert weight == 0
        if not told.turn():
            return found


def tries() -> None:
    """A failed try reads, one that succeeds writes: what wakes whom depends on the states."""
    lock, done = verify.Lock(), verify.Shared(0)

    def task() -> None:
        if lock.acquire(blocking=False):
            done.value += 1
            lock.release()

    programs.run_all(*[(task,)] * 3)


def options() -> None:
    x = verify.Shared(0)

    def task() -> None:
        x.value = verify.choose([1, 2, 3])

    programs.run_all(*[(task,)] * 2)


def demanding() -> None:
    """An invariant is written with what it reads: events that touch nothing in common depend."""
    x, y = verify.Shared(0), verify.Shared(0)
    verify.invariant(lambda: x.value + y.value < 3, name="small")

    def task(cell: verify.Shared[int]) -> None:
        cell.value = 1

    programs.run_all((task, x), (task, y))


PROGRAMS: dict[str, tuple[Callable[[], object], int | None]] = {
    "racyinc": (programs.racyinc(3), 36),
    "racyinc twice": (programs.racyinc(2, 2), 34),
    "lastzero": (programs.lastzero(5), 64),
    "readers": (programs.readers(5), 32),
    "dining": (programs.dining(5), 31),
    "dining ordered": (programs.dining(5, True), 30),
    "buffer": (programs.buffer(2, 2), 56),
    "one condition": (programs.buffer(2, 2, 1, 1, True), 60),
    "flagwait": (programs.flagwait(2), 10),
    "barrier": (programs.barrier(3), 12),
    "semmutex": (programs.semmutex(4), 24),
    "options": (options, 2 * 3 * 3),
    "demanding": (demanding, None),
    "tries": (tries, None),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_class_is_at_one_leaf(name: str) -> None:
    """As many as are known, or as the search finds."""
    program, classes = PROGRAMS[name]
    found = leaves(program)
    assert set(found.values()) == {1}
    assert len(found) == (classes or verify.explore(program, stop_at_first=False).executions)


def test_independent_parts_do_not_spoil_each_others_numbers() -> None:
    """Ten pairs of tasks, each with a cell of its own: every probe knows that there are 2^10."""

    def program() -> None:
        cells = [verify.Shared(0) for _ in range(10)]

        def task(cell: verify.Shared[int], value: int) -> None:
            cell.value = value

        programs.run_all(*((task, cell, value) for cell in cells for value in (1, 2)))

    prober = Prober(Explored(), Random(1))
    for _ in range(50):
        prober.walk(program)
    for _ in range(20):
        weight, _ = prober.probe(program)
        assert weight == pytest.approx(2**10, rel=0.2)


def test_a_coin_leans_to_where_there_is_more() -> None:
    """At first each rival is as likely to go first; then what was found counts."""
    coin = Coin()
    assert coin.chance(3) == pytest.approx(1 / 4)
    coin.tossed, coin.found = [1000, 1000], [1000.0, 9000.0]
    assert coin.chance(1) == pytest.approx(0.1, abs=0.01)
    coin.found = [1000.0, 0.0]
    assert coin.chance(1) == 1 - LEAST


def test_no_side_is_given_up() -> None:
    coin = Coin()
    coin.tossed, coin.found = [10**6, 10**6], [0.0, 10.0**9]
    assert coin.chance(1) == LEAST
