"""Counterexamples on plain data: told, minimised, replayed and explained as those on Shared are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import verify
from tests.plain_data.by_hand import explore, plain
from tests.plain_data.test_elision import in_tasks
from verify.exploration.limits import Limits
from verify.exploration.outcomes import outcomes_of
from verify.exploration.state_graph import state_graph
from verify.scheduling.plain_names import STRUCTURE
from verify.scheduling.plain_values import in_native_words, present
from verify.traces.format import encode, read
from verify.traces.render_text import render
from verify.traces.trace import Trace


class Counter:
    """Its repr would be one more access, if anybody called it."""

    def __init__(self) -> None:
        plain().created(self)
        plain().write(self, "n")
        self.n = 0

    def increment(self) -> None:
        plain().read(self, "n")
        found = self.n
        plain().write(self, "n")
        self.n = found + 1

    def __repr__(self) -> str:
        self.increment()
        return "a counter"


BEFORE = Counter.__new__(Counter)
TABLE: dict[str, object] = {}


def lost_update() -> None:
    counter = Counter()
    in_tasks(counter.increment, counter.increment)
    plain().read(counter, "n")
    found = counter.n  # pytest would show a counter that it compares
    assert found == 2


def lost_before_the_run() -> None:
    BEFORE.n = 0
    in_tasks(BEFORE.increment, BEFORE.increment)
    found = BEFORE.n
    assert found == 2


def checked_then_acted() -> None:
    TABLE.clear()
    made: list[Counter] = []

    def get() -> None:
        plain().read(TABLE, ("item", "key"))
        if "key" not in TABLE:
            counter = Counter()
            plain().write(made, STRUCTURE)
            made.append(counter)
            plain().publish(counter)
            plain().access(TABLE, (), (("item", "key"), STRUCTURE))
            TABLE["key"] = counter

    in_tasks(get, get)
    assert len(made) == 1


def lost_in_a_closure() -> None:
    scope = plain().scope()
    n = 0

    def increment() -> None:
        nonlocal n
        plain().read(scope, "n")
        found = n
        plain().write(scope, "n")
        n = found + 1

    in_tasks(increment, increment)
    assert n == 2


PROGRAMS = [lost_update, lost_before_the_run, checked_then_acted, lost_in_a_closure]


def counterexample(program: Callable[[], object]) -> Trace:
    return explore(program).failures[0].trace


def accesses(trace: Trace) -> list[tuple[str, str, str, str]]:
    """The reads and writes of a trace: of what, and what was found and left there."""
    return [
        (event.operation, *event.objects, event.argument, event.result)
        for event in trace.events
        if event.operation in ("read", "write")
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_is_replayed_from_its_file(program: Callable[[], object], tmp_path: Path) -> None:
    trace = counterexample(program)
    file = tmp_path / "trace"
    file.write_bytes(encode(trace))
    assert read(file) == trace
    report = verify.replay(program, file)
    assert report.verdict.name == "VIOLATED", report.nondeterminism
    assert report.failures[0].trace.events == trace.events


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_is_told_as_a_lost_update(program: Callable[[], object]) -> None:
    trace = counterexample(program)
    assert "lost: " in trace.diagnosis
    assert "Atomic" not in trace.diagnosis
    assert trace.settings["minimal"] is True
    assert len(trace.racing) == 2
    assert trace.passing


def test_values_are_told_as_they_are() -> None:
    """Both read 0; the second to write finds 1, and leaves 1."""
    assert accesses(counterexample(lost_update)) == [
        ("read", "counter.n", "", "0"),
        ("read", "counter.n", "", "0"),
        ("write", "counter.n", "0", "1"),
        ("write", "counter.n", "1", "1"),
        ("read", "counter.n", "", "1"),
    ]
    assert ("read", "n", "", "0") in accesses(counterexample(lost_in_a_closure))
    found = accesses(counterexample(checked_then_acted))
    assert ("read", "TABLE['key']", "", "absent") in found
    assert ("write", "TABLE['key']", "absent", "<Counter>") in found
    assert ("write", "made", "[]", "[<Counter>]") in found


def test_the_report_says_read_and_write() -> None:
    text = render(counterexample(lost_update), None, width=120)
    assert "read counter.n → 0" in text
    assert "write counter.n 0 → 1" in text


def test_values_are_looked_up_without_the_users_code() -> None:
    class Careful:
        __slots__ = ("slot",)
        shown = 1

        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(f"asked for {name}")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        __hash__ = object.__hash__

        def __repr__(self) -> str:
            raise AssertionError("shown")

    careful = Careful()
    assert present(careful, ".slot", None) == "absent"
    careful.slot = careful  # type: ignore[misc]
    assert present(careful, ".slot", None) == "<Careful>"
    assert present(Careful, ".shown", None) == "1"
    assert present({careful: 1, "k": careful}, "['k']", "k") == "<Careful>"
    value = [careful, (1,), {"a": {3, 1, 2}}]
    assert in_native_words(value) == "[<Careful>, (1,), {'a': {1, 2, 3}}]"
    loop: list[object] = []
    loop.append(loop)
    assert len(in_native_words(loop)) < 50


def test_outcomes_tell_what_is_in_the_fields() -> None:
    def program() -> None:
        counter = Counter()
        in_tasks(counter.increment, counter.increment)

    found = outcomes_of(program, "program", Limits())
    assert {outcome.states for outcome in found.found} == {
        (("counter.n", "1"),),
        (("counter.n", "2"),),
    }


def test_a_state_graph_has_the_fields() -> None:
    def program() -> None:
        counter = Counter()
        in_tasks(counter.increment, counter.increment)

    graph = state_graph(program, "program", Limits(), 1000)
    assert graph.changing == {"counter.n"}
    assert {dict(s.objects)["counter.n"] for s in graph.states if s.outcome} == {"1", "2"}


def test_how_many_classes_there_are_is_estimated() -> None:
    """(4!)² = 576 of them; 100 are run."""

    def program() -> None:
        counter = Counter()
        in_tasks(*[counter.increment] * 4)

    report = explore(program, max_executions=100)
    assert report.estimate is not None
    assert report.estimate.low <= 576 <= report.estimate.high
