"""Data races against their definition, on random programs.

Two conflicting accesses of two tasks are neighbours if the program can get into a state in which
both come next: they can then happen one right after the other, in either order. Let a race be what
is reported of an explored execution. Then, since an access to a plain field can always happen once
its task has come to it:

    every pair of neighbours is a race in some explored execution
        because the two, one right after the other, are ordered by nothing but their field, and are
        so in every execution of that class, one of which is explored
    the first race of every explored execution is a pair of neighbours
        because before its second access all conflicting accesses are ordered by synchronisation,
        so that what is between the two and does not need the first can be moved before it, and
        nothing that the second needs is lost

and so a program has a race iff it has neighbours. What races come after the first one is compared
with what the order says when it is computed in the plainest way, edge by edge.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.races.random_programs import Access, Pair, as_program, generate, neighbours
from verify.exploration.loop import Search
from verify.scheduling.event import Event, Execution
from verify.scheduling.naming import Names

PROGRAMS = int(os.environ.get("VERIFY_CROSSCHECK_RACES", "60"))
SEED = int(os.environ.get("VERIFY_CROSSCHECK_SEED", "0"))


def accesses(execution: Execution, names: Names) -> dict[int, Access]:
    """By its position, what each plain access is called."""
    found: dict[int, Access] = {}
    made: dict[int, int] = {}
    for position, event in enumerate(execution.events):
        for cell in plain(event):
            path = names.path(event.task)
            task = path[0] if path else 0
            which = names.object_keys[cell.number][2] - 1
            found[position] = task, made.get(task, 0), which, event.kind.name == "write"
            made[task] = made.get(task, 0) + 1
    return found


def plain(event: Event) -> tuple[object, ...]:
    return event.cells if event.kind.plain else ()


def by_edges(events: list[Event]) -> set[tuple[int, int, int]]:
    """The races of an execution, from the happens-before relation as a set of pairs."""
    before: list[set[int]] = []  # of each event, what happens before it
    for late, event in enumerate(events):
        direct = {*event.after, *event.woken_by}
        for early, other in enumerate(events[:late]):
            conflict = not (event.kind.plain or other.kind.plain) and bool(
                event.writes & (other.reads | other.writes) | event.reads & other.writes
            )
            if conflict or other.task == event.task:
                direct.add(early)
        before.append(direct.union(*(before[early] for early in direct)))
    found: set[tuple[int, int, int]] = set()
    for late, event in enumerate(events):
        for cell in plain(event):
            latest: dict[tuple[int, str], int] = {}
            for early, other in enumerate(events[:late]):
                if cell.number in [one.number for one in plain(other)]:
                    latest[other.task, other.kind.name] = early
            for (task, kind), early in latest.items():
                conflict = task != event.task and "write" in (kind, event.kind.name)
                if conflict and early not in before[late]:
                    found.add((early, late, cell.number))
    return found


def check(code: list[list[tuple[object, ...]]], strategy: str = "dpor") -> int:
    """Compare one program; how many races were found."""
    races: set[Pair] = set()
    firsts: set[Pair] = set()

    def look(execution: Execution, names: Names) -> None:
        called = accesses(execution, names)
        pairs = [frozenset((called[r.early], called[r.late])) for r in execution.races]
        races.update(pairs)
        firsts.update(pairs[:1])
        found = {(race.early, race.late, race.field) for race in execution.races}
        assert found == by_edges(execution.events)

    search = Search(
        as_program(code),
        strategy=strategy,
        stop_at_first=False,
        memoise=False,
        minimise=False,
        on_execution=look,
    )
    search.engine.names.plain.everything = True
    report = search.run()
    assert report.complete
    assert report.nondeterminism == ""
    expected = neighbours(code)
    assert expected <= races, f"never reported: {expected - races}"
    assert firsts <= expected, f"cannot happen: {firsts - expected}"
    assert bool(report.outcomes["race"]) == bool(expected)
    few = Search(as_program(code), memoise=False, minimise=False).run()  # the events that it needs
    assert bool(few.outcomes["race"]) == bool(expected)
    return len(expected)


@pytest.mark.parametrize("strategy", ["dpor", "exhaustive"])
def test_races_are_neighbours(strategy: str) -> None:
    random = Random(SEED)
    found = []
    for number in range(PROGRAMS if strategy == "dpor" else PROGRAMS // 10):
        code = generate(random)
        try:
            found.append(check(code, strategy))
        except AssertionError as error:
            raise AssertionError(f"program {number}: {code}: {error}") from error
    assert 0 < sum(map(bool, found)) < len(found)  # both kinds are among them
