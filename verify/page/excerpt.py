"""The excerpt that a page shows of the source: the lines around those that the trace names.

A page is read later and elsewhere, so what it shows of the source is written into it.
"""

from __future__ import annotations

from verify.traces.source import Source
from verify.traces.trace import Trace

AROUND = 3
"""Lines shown before and after the one that is meant."""
LONGEST_LINE = 200
"""Characters of a line that are shown."""


def excerpt(trace: Trace, source: Source) -> dict[int, str]:
    """Lines by number from 1, in order."""
    places = [event.place for event in (*trace.events, *trace.passing)]
    places += [trace.place, *(waiting.place for waiting in trace.waiting)]
    named = {source.number(place) for place in places} - {0}
    near = {line + step for line in named for step in range(-AROUND, AROUND + 1)}
    last = len(source.lines)
    return {
        number: source.lines[number - 1].expandtabs(4)[:LONGEST_LINE]
        for number in sorted(near)
        if 1 <= number <= last
    }
