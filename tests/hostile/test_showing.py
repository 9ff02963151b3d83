"""Traces that can be read, and were made to hurt the one who shows, explains or replays them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.sample_trace import SAMPLE, crossed_locks
from verify.errors import TraceError
from verify.exploration.replaying import replay
from verify.traces.format import decode, encode
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


def test_a_granularity_that_there_is_not() -> None:
    trace = replace(SAMPLE, settings={"granularity": "x" * 10_000})
    with pytest.raises(TraceError, match=r"granularity 'xxx.*, which there is not") as raised:
        replay(crossed_locks, trace)
    assert len(str(raised.value)) < 300
