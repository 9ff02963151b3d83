"""Processes killed at random: nobody hangs, nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.processes.killing import Tally, kill_some
from tests.processes.watching import SOON, failures
from verify.scheduling.processes import ProcessScheduler

SEED = 20


def crosscheck(processes: Callable[..., ProcessScheduler], kills: int) -> list[Tally]:
    """So many kills, program by program, each on a scheduler of its own."""
    random, tallies = Random(SEED), [Tally(0, 0, [], 0.0)]
    while sum(tally.killed for tally in tallies) < kills:
        scheduler = processes(seed=len(tallies))
        tally = kill_some(scheduler, random, SOON)
        told = [failure.message for failure in failures(scheduler)]
        assert not tally.hanging, f"program {len(tallies)} of seed {SEED}: {tally}, {told}"
        # What a worker raises comes of a death and says whose, or what it has left behind.
        for message in told:
            assert message.startswith("OwnerDied: ") or "un-acquired lock" in message, message
        tallies.append(tally)
        scheduler.close()
    return tallies


def shown(tallies: list[Tally]) -> str:
    killed, told = sum(tally.killed for tally in tallies), sum(tally.told for tally in tallies)
    longest = max(tally.longest for tally in tallies)
    return (
        f"\n  {killed} killed in {len(tallies) - 1} programs, {told} others told of it, "
        f"none hung; the last one ended {longest:.2f} s after a kill at the latest"
    )


def test_some_kills(
    processes: Callable[..., ProcessScheduler], capsys: pytest.CaptureFixture[str]
) -> None:
    tallies = crosscheck(processes, 20)
    with capsys.disabled():
        print(shown(tallies))


@pytest.mark.nightly
def test_five_hundred_kills(
    processes: Callable[..., ProcessScheduler], capsys: pytest.CaptureFixture[str]
) -> None:
    tallies = crosscheck(processes, 500)
    with capsys.disabled():
        print(shown(tallies))
    assert sum(tally.told for tally in tallies) > 0, "nobody died holding anything"
