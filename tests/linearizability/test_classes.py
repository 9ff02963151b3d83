"""`@verify.linearizable` on classes of the user's, right ones and wrong ones.

How many classes there are is known: n calls of n tasks that touch nothing together can overlap in
as many ways as there are interval orders of n labelled things, 1, 3, 19, 207 (Fishburn; OEIS
A079144), and each is explored once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

import verify
from verify.exploration.exploring import explore
from verify.exploration.replaying import replay
from verify.exploration.report import Report, Verdict
from verify.operation import Access
from verify.properties.linearizability import Answer, Call, Checker, key
from verify.scheduling import history
from verify.traces.render_text import render
from verify.traces.store import save


class Fifo:
    """First in, first out; a `take` waits."""

    def __init__(self, *items: Any) -> None:
        self.items = list(items)

    def put(self, item: Any) -> None:
        self.items.append(item)

    def get(self) -> Any:
        return self.items.pop(0) if self.items else None

    def take(self) -> Any:
        return self.items.pop(0) if self.items else NotImplemented


class Lanes:
    """Two lanes, the first served first: fair within each, not between them."""

    def __init__(self, *items: Any) -> None:
        self.lanes: list[verify.Queue[Any]] = [verify.Queue(), verify.Queue()]
        for item in items:
            self.lanes[item % 2].put(item)

    def put(self, item: Any) -> None:
        self.lanes[item % 2].put(item)

    def get(self) -> Any:
        for lane in self.lanes:
            try:
                return lane.get_nowait()
            except Empty:
                continue
        return None

    def take(self) -> Any:
        return self.lanes[0].get()


class Count:
    """A counter for one caller at a time."""

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def add(self, amount: int = 1) -> int:
        self.value += amount
        return self.value - amount

    def check(self) -> None:
        if self.value > 1:
            raise ValueError(f"{self.value} is too much")


def counter(racy: bool) -> type:
    @verify.linearizable(Count)
    class Counter:
        def __init__(self, value: int = 0) -> None:
            self.cell = verify.Shared(value)
            self.lock = verify.Lock()

        def add(self, amount: int = 1) -> int:
            if racy:
                return self._add(amount)
            with self.lock:
                return self._add(amount)

        def _add(self, amount: int) -> int:
            old = self.cell.value
            self.cell.value = old + amount
            return old

        def check(self) -> None:
            value = self.cell.value
            if value > 1:
                raise ValueError(f"{value} is too much")

        def unspecified(self) -> str:
            return "nobody asks about this one"

    return Counter


Counted = counter(False)


def at_once(*targets: Callable[[], object]) -> None:
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def all_of(program: Callable[[], None], **settings: Any) -> Report:
    return explore(program, stop_at_first=False, **settings)


@pytest.mark.parametrize("granularity", ["operation", "internal"])
def test_a_lost_update_is_found_and_the_locked_counter_proved(granularity: str) -> None:
    for racy in (True, False):
        kind = counter(racy)

        def program(kind: type = kind) -> None:
            shared = kind(5)
            at_once(shared.add, shared.add)

        report = explore(program, granularity=granularity)
        assert report.verdict is (Verdict.VIOLATED if racy else Verdict.PROVED)
        if racy:
            assert report.failures[0].kind == "invariant"
            assert "Counter are not linearizable" in report.failures[0].message
            assert "gave 5" in report.failures[0].message


@verify.linearizable(Fifo)
class CheckedLanes(Lanes):
    """The lanes claim to be one queue."""


def unfair() -> None:
    lanes = CheckedLanes()
    at_once(lambda: lanes.put(2), lambda: lanes.put(1))
    lanes.get()


def test_what_precedes_counts_even_between_calls_that_touch_nothing_together() -> None:
    """The puts go into different lanes. Only where that of 1 has returned before that of 2 was
    invoked is it wrong that 2 comes first: one of the 3 ways in which two calls can overlap."""
    report = all_of(unfair)
    assert (report.executions, report.blocked_executions) == (3, 0)
    assert report.outcomes == {"ok": 2, "invariant": 1}
    assert all_of(unfair, strategy="exhaustive").outcomes == report.outcomes
    assert all_of(unfair, strategy="brute_force").outcomes.keys() == report.outcomes.keys()


def _lanes(*lines: tuple[int, ...]) -> Callable[[], None]:
    """Tasks at the lanes, each with numbers: put a positive one, for 0 get what there is."""

    def program() -> None:
        lanes = CheckedLanes()

        def work(line: tuple[int, ...]) -> None:
            for item in line:
                lanes.put(item) if item else lanes.get()

        at_once(*[lambda line=line: work(line) for line in lines])  # type: ignore[misc]

    return program


def _racy() -> None:
    shared = counter(True)()
    at_once(shared.add, shared.add)


@pytest.mark.parametrize("program", [_lanes((1, 0), (2,)), _lanes((0,), (2, 1)), _racy])
def test_all_histories_of_all_interleavings_are_seen(
    program: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that the reduction leaves are, up to what nobody can tell, those of brute force."""
    seen: set[Hashable] = set()

    def collect(self: Checker, calls: Sequence[Call]) -> Answer:
        seen.add(key(calls))
        return Answer.LINEARIZABLE

    monkeypatch.setattr(Checker, "verdict", collect)
    found = []
    for strategy in ("brute_force", "dpor"):
        seen = set()
        assert all_of(program, strategy=strategy).complete
        found.append(seen)
    assert found[0] == found[1]
    assert len(found[0]) > 3


def test_without_events_for_invocations_it_would_be_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nothing = (Access.NOTHING,) * history.SLOTS
    monkeypatch.setattr(history.INVOKE, "footprint", nothing)
    assert all_of(unfair).executions == 1


@pytest.mark.parametrize(("tasks", "orders"), [(1, 1), (2, 3), (3, 19)])
def test_each_way_to_overlap_is_explored_once(tasks: int, orders: int) -> None:
    class Nothing:
        def happens(self) -> None:
            return None

    @verify.linearizable(Nothing)
    class Quiet(Nothing):
        pass

    def program() -> None:
        quiet = Quiet()
        at_once(*[quiet.happens] * tasks)

    report = all_of(program)
    assert (report.executions, report.blocked_executions) == (orders, 0)


def test_a_specification_says_what_has_to_wait() -> None:
    """`take` of an empty queue waits; it is right that it gets the item that comes later."""

    def program() -> None:
        lanes = CheckedLanes()
        at_once(lanes.take, lambda: lanes.put(2))

    assert explore(program).verdict is Verdict.PROVED


def test_errors_are_outcomes_like_others() -> None:
    kind = counter(False)

    def check(shared: Any) -> None:
        with suppress(ValueError):
            shared.check()

    def program() -> None:
        shared = kind(value=1)
        at_once(shared.add, lambda: check(shared))

    assert explore(program).verdict is Verdict.PROVED


def test_a_call_within_a_call_is_part_of_it() -> None:
    """Else the inner ones, which are no single step together, would be asked about."""

    class Twice(Count):
        def twice(self) -> None:
            self.value += 2

    @verify.linearizable(Twice)
    class Counter(counter(False)):  # type: ignore[misc]
        def twice(self) -> None:
            self.add()
            self.add()

        def nothing(self) -> None:
            return None

    def program() -> None:
        shared = Counter()
        at_once(shared.twice, shared.nothing)

    report = all_of(program)
    assert report.verdict is Verdict.PROVED
    assert report.executions == 1, "nothing of it is recorded but one call"


def test_the_counterexample_shows_the_history_and_can_be_replayed(tmp_path: Path) -> None:
    report = explore(unfair)
    [failure] = report.failures
    text = render(failure.trace, None, report)
    assert "no order explains that get() by main gave 2" in " ".join(text.split())
    assert "[]" in text and "put(1): gave None" in text
    assert "invoke lanes 'put(1)'" in text
    assert replay(unfair, save(failure.trace, tmp_path)).verdict is Verdict.VIOLATED


def test_a_class_must_have_what_its_specification_has() -> None:
    class Nothing:
        pass

    with pytest.raises(verify.UsageError, match="has no method get, put, take"):
        verify.linearizable(Fifo)(Nothing)
    with pytest.raises(verify.UsageError, match="which has no method"):
        verify.linearizable(Nothing)(Fifo)


def test_outside_an_explorer_it_is_as_if_not_decorated() -> None:
    lanes = CheckedLanes(4)
    lanes.put(2)
    assert [lanes.get(), lanes.get(), lanes.get()] == [4, 2, None]


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_really_running_tasks_are_not_recorded(on: str) -> None:
    report = verify.stress(one_too_many, on=on, iterations=3)
    assert report.runs == 3 and not report.failures


def one_too_many() -> None:
    shared = Counted()
    at_once(shared.add, shared.add)


def test_a_specification_that_takes_too_long_leaves_the_search_undetermined(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind = counter(False)
    monkeypatch.setattr("verify.properties.linearizable.Checker", _impatient)

    def program() -> None:
        shared = kind()
        at_once(shared.add, shared.add)

    report = explore(program)
    assert report.verdict is Verdict.UNDETERMINED
    assert "within 1 steps of the specification" in report.stop_reason


def _impatient(model: Any) -> Any:
    from verify.properties.linearizability import Checker

    return Checker(model, budget=1)
