"""Traces that can be read, and were made to hurt the one who shows, explains or replays them."""

from __future__ import annotations

import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.sample_trace import SAMPLE, crossed_locks
from verify.errors import TraceError
from verify.exploration.replaying import replay
from verify.traces.format import LARGEST_FILE, decode, encode, read
from verify.traces.render_explanation import explained
from verify.traces.render_text import render
from verify.traces.trace import Trace, TraceEvent, Waiting

TASKS = tuple((f"t{number}", (number,)) for number in range(8_000))
WAITING = tuple(Waiting(f"w{number}", "leave", ("gate",), "", ()) for number in range(8_000))


def large(**changes: Any) -> Trace:
    """A trace that can be stored, of many tasks and many events."""
    events = tuple(
        TraceEvent(*TASKS[at % 8_000], 0, f"do {at}", (), f"{at}.py:1") for at in range(12_000)
    )
    trace = replace(SAMPLE, events=events, tasks=TASKS, racing=(), parted=0, passing=(), **changes)
    assert decode(encode(trace), "large") == trace
    return trace


@pytest.mark.parametrize("waiting", [(), WAITING])
def test_a_trace_of_many_tasks(waiting: tuple[Waiting, ...]) -> None:
    """None of which is looked for among all events, or the time would grow with the product."""
    trace = large(waiting=waiting)
    for report in (
        lambda: render(trace, None, width=100),
        lambda: explained(trace, lambda _: "", width=100),
    ):
        began = time.process_time()
        assert trace.name in report()
        assert time.process_time() - began < 1


def test_the_memory_of_a_trace_of_short_texts(tmp_path: Path) -> None:
    """Nothing takes more memory for its bytes: each text becomes an object of its own."""
    event = replace(SAMPLE.events[0], after=(), woke=tuple(map(str, range(100, 1_000))) * 11)
    many = int(0.99 * LARGEST_FILE) // (len(event.woke) * len('"100",'))
    trace = replace(large(), events=(event,) * many, tasks=SAMPLE.tasks, step=0)
    path = tmp_path / "short.jsonl"
    path.write_bytes(encode(trace))
    assert path.stat().st_size > 0.95 * LARGEST_FILE
    tracemalloc.start()
    try:
        assert len(read(path).events) == many
        assert tracemalloc.get_traced_memory()[1] < 100 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_granularity_that_there_is_not() -> None:
    trace = replace(SAMPLE, settings={"granularity": "x" * 10_000})
    with pytest.raises(TraceError, match=r"granularity 'xxx.*, which there is not") as raised:
        replay(crossed_locks, trace)
    assert len(str(raised.value)) < 300
