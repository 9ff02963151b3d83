"""The same programs once with Shared and once with plain objects: the same classes and verdicts.

An access that no other task can tell is an event of a Shared and none of a plain object. Without it
there is nothing that two orders could differ in, so the number of classes does not depend on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

import pytest

from models.benchmarks import (
    barrier,
    buffer,
    classics,
    dining,
    flagwait,
    indexer,
    lastzero,
    lockinc,
    racyinc,
    readers,
    spawnjoin,
    store_buffering,
    writers,
)
from tests.crosscheck import as_verify
from tests.crosscheck.features import features
from tests.crosscheck.generator import describe
from tests.plain_data.by_hand import explore, instead_of_shared

SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))

PROGRAMS: dict[str, Callable[[], object]] = {
    "racyinc(3)": partial(racyinc.racyinc, 3),
    "racyinc(2, 2)": partial(racyinc.racyinc, 2, 2),
    "lastzero(4)": partial(lastzero.lastzero, 4),
    "lockinc(3)": partial(lockinc.lockinc, 3),
    "readers(4)": partial(readers.readers, 4),
    "writers(4)": partial(writers.writers, 4),
    "spawnjoin(3)": partial(spawnjoin.spawnjoin, 3),
    "buffer(2)": partial(buffer.buffer, 2),
    "buffer_one_condition(2)": partial(buffer.buffer_one_condition, 2),
    "buffer_if(2)": partial(buffer.buffer_if, 2),
    "barrier(3)": partial(barrier.barrier, 3),
    "flagwait(2)": partial(flagwait.flagwait, 2),
    "dining(3)": partial(dining.dining, 3),
    "indexer(12)": partial(indexer.indexer, 12),
    "store_buffering": store_buffering.store_buffering,
    "lazy01": classics.lazy01,
    "phase01": classics.phase01,
    "sync01": classics.sync01,
}

PROGRAMS_PER_RUN = int(os.environ.get("VERIFY_CROSSCHECK_PLAIN", "15"))


def told(program: Callable[[], object], strategy: str) -> tuple[object, ...]:
    """What a search of all there is says of a program."""
    report = explore(program, strategy=strategy, stop_at_first=False)
    assert report.complete, report.stop_reason
    return report.verdict, report.executions, report.blocked_executions, dict(report.outcomes)


@pytest.mark.parametrize("strategy", ["dpor", "source_dpor", "exhaustive"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_as_many_classes_as_with_shared(name: str, strategy: str) -> None:
    if strategy != "dpor" and name in ("buffer(2)", "indexer(12)", "dining(3)", "lastzero(4)"):
        pytest.skip("many redundant runs, of which the smaller ones have some, too")
    expected = told(PROGRAMS[name], strategy)
    with instead_of_shared():
        found = told(PROGRAMS[name], strategy)
    if strategy == "dpor":
        assert found == expected
    else:  # how many runs are redundant depends on where the events are
        assert (found[:2], found[3]) == (expected[:2], expected[3])


def test_the_plain_objects_do_not_make_it_simpler() -> None:
    """What has been compared above are events: racyinc has six for its three increments."""
    with instead_of_shared():
        report = explore(PROGRAMS["racyinc(3)"], stop_at_first=False)
    assert report.steps == 3 + 2 * 3 + 3


@pytest.mark.parametrize("part", range(3))
def test_random_programs(part: int) -> None:
    compared = 0
    for number in range(part * PROGRAMS_PER_RUN, (part + 1) * PROGRAMS_PER_RUN):
        description = describe(number, seed=SEED)
        has = features(description)
        # Which event is its task's last is another question without some of them.
        if not has & {"object x", "object y"} or "looking at ends" in has:
            continue
        program = as_verify.program(description)
        expected = told(program, "dpor")
        with instead_of_shared():
            found = told(program, "dpor")
        assert found == expected, f"program {number} of seed {SEED}: {description}"
        compared += 1
    assert compared >= PROGRAMS_PER_RUN // 4


def test_every_order_of_events_ends_as_one_of_the_classes() -> None:
    """Brute force runs all orders: those of plain accesses, too."""
    for name in ("racyinc(2, 2)", "store_buffering", "sync01"):
        with instead_of_shared():
            all_orders = explore(PROGRAMS[name], strategy="brute_force", stop_at_first=False)
            classes = explore(PROGRAMS[name], stop_at_first=False)
        assert all_orders.complete
        assert all_orders.outcomes.keys() == classes.outcomes.keys()
        assert all_orders.executions > classes.executions
