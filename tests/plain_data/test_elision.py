"""Which accesses are events, and what would be missed if fewer were.

The number of events tells: a search that has ended reports the most that one execution had. Starts
and joins are events, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import verify
from tests.plain_data.by_hand import Plain, explore, plain
from tests.plain_data.comparing import PROGRAMS_PER_RUN, difference
from tests.plain_data.generator import BEFORE, Node, Programs, describe
from verify.build import compiled
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.scheduling import plain_data, plain_names
from verify.scheduling.plain_names import STRUCTURE


def in_tasks(*targets: Callable[[], object]) -> None:
    """Run these as tasks, to their ends."""
    tasks = [verify.Thread(target=target) for target in targets]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def bump(it: Any) -> Callable[[], None]:
    def bumping() -> None:
        it.value += 1

    return bumping


def all_of(program: Callable[[], object]) -> Report:
    report = explore(program, stop_at_first=False)
    assert report.complete
    return report


def test_what_one_task_touches_is_no_event() -> None:
    """Two tasks with an object each: four starts and joins, and one class."""

    def program() -> None:
        in_tasks(bump(Plain(0)), bump(Plain(0)))

    report = all_of(program)
    assert (report.executions, report.steps) == (1, 4)


def test_what_is_only_read_once_there_is_a_second_task_is_no_event() -> None:
    def program() -> None:
        it = Plain(0)
        it.value = 7
        in_tasks(lambda: it.value, lambda: it.value)

    report = all_of(program)
    assert (report.executions, report.steps) == (1, 4)


def test_what_two_tasks_touch_and_one_writes_is_an_event() -> None:
    """A read and a write beside a read: two orders."""

    def program() -> None:
        it = Plain(0)
        in_tasks(bump(it), lambda: it.value)

    report = all_of(program)
    assert (report.executions, report.steps) == (2, 4 + 3)


def test_what_a_task_made_and_passed_on_is_shared_from_then_on() -> None:
    """Each sees the other's object through a field of a shared one: no two are taken for one.

    A task puts a node of its own into the hall, and then writes into whatever node is there. Three
    events each: two at the hall, one at the node. Were the nodes one object, there would be events
    of different nodes that depend on each other, and more classes.
    """

    def program() -> None:
        hall = Plain(None)

        def enter() -> None:
            node = Plain(0)
            hall.value = node
            hall.value.value = 1

        in_tasks(enter, enter)

    report = all_of(program)
    # Whoever reads the hall finds the node of the one who wrote last. In the order W1 R1 W2 R2, or
    # the other way round, both write into their own: one class each. With both writes before both
    # reads, whose order nobody can tell, both write into one node, in either order: 2 * 2 more.
    assert report.executions == 2 + 2 * 2


def test_containers_have_items_and_a_structure() -> None:
    """Different keys are nobody else's business, the structure is everybody's."""

    def at(key: str, structure: bool) -> Callable[[dict[str, int]], Callable[[], None]]:
        def bound(table: dict[str, int]) -> Callable[[], None]:
            def writing() -> None:
                plain().access(table, (), (("item", key), *([STRUCTURE] if structure else [])))
                table[key] = 1

            return writing

        return bound

    def program(*targets: Callable[[dict[str, int]], Callable[[], None]]) -> Callable[[], None]:
        def main() -> None:
            table = {"a": 0, "b": 0}
            in_tasks(*(target(table) for target in targets))

        return main

    def size(table: dict[str, int]) -> Callable[[], None]:
        def looking() -> None:
            plain().read(table, STRUCTURE)
            len(table)

        return looking

    assert all_of(program(at("a", False), at("b", False))).executions == 1
    assert all_of(program(at("a", False), at("a", False))).executions == 2
    assert all_of(program(at("a", True), at("b", True))).executions == 2
    assert all_of(program(at("a", False), size)).executions == 2
    assert all_of(program(size, size)).executions == 1


def test_objects_from_before_the_run_are_told_apart() -> None:
    """Two tasks, two objects: each bumps the one, then the other. Their increments of an object are
    (2!)² = 4 orders each. The tasks meet the second object in either order, so whoever names it is
    no name for it.
    """

    def program() -> None:
        for one in BEFORE[:2]:
            one.a = 0  # type: ignore[attr-defined]

        def bumping() -> None:
            for one in BEFORE[:2]:
                plain().read(one, "a")
                found = one.a  # type: ignore[attr-defined]
                plain().write(one, "a")
                one.a = found + 1  # type: ignore[attr-defined]

        in_tasks(bumping, bumping)

    def with_shared() -> None:
        cells = verify.Shared(0), verify.Shared(0)

        def bumping() -> None:
            for cell in cells:
                cell.value += 1

        in_tasks(bumping, bumping)

    assert all_of(program).executions == all_of(with_shared).executions


def test_an_object_that_came_unseen_is_one_with_all_of_its_class() -> None:
    """It is made anew in each run, and passed where nobody looks: no name would hold."""

    def program() -> None:
        hidden = iter([(Node(), Node())])
        pair = []

        def bumping() -> None:
            pair.extend(next(hidden, ()))
            for one in pair:
                plain().read(one, "a")
                found = vars(one).get("a", 0)
                plain().write(one, "a")
                one.a = found + 1

        in_tasks(bumping, bumping)

    report = all_of(program)
    assert report.executions > 4


def test_an_invariant_sees_plain_fields() -> None:
    """Nobody but one task touches the field, but the invariant reads it between its two writes."""

    def program() -> None:
        it = Plain(0)

        def passing_by() -> None:
            it.value = -1
            it.value = 1

        verify.invariant(lambda: it.value >= 0, "never negative")
        in_tasks(passing_by)

    report = explore(program)
    assert report.failures[0].kind == "invariant"


@pytest.mark.skipif(compiled(), reason="frames are looked at, and a hook by hand has none")
def test_who_awaits_a_plain_flag_waits_for_it() -> None:
    def program(sets: bool) -> Callable[[], None]:
        def main() -> None:
            flag = Plain(False)

            def waiting() -> None:
                while not flag.value:
                    pass

            def setting() -> None:
                flag.value = sets

            in_tasks(waiting, setting)

        return main

    assert all_of(program(True)).verdict.name == "PROVED"
    assert explore(program(False)).failures[0].kind == "livelock"


def test_what_says_so_by_hand_is_not_memoised() -> None:
    def program() -> None:
        it = Plain(0)
        in_tasks(*[bump(it)] * 3)

    report = all_of(program)
    assert report.executions == 36
    assert report.carrier == "re-executed"
    assert report.carrier_reason.endswith(
        "touches value, which tasks share, and is not instrumented"
    )


def test_without_any_events_updates_are_never_lost() -> None:
    """The elision, broken: what two tasks share is not made an event."""
    seen: set[int] = set()

    def program() -> None:
        it = Plain(0)
        in_tasks(bump(it), bump(it))
        seen.add(it.value)

    search = Search(program, stop_at_first=False)
    search.engine.names.plain.fixed = True
    assert search.run().complete
    assert seen == {2}
    all_of(program)
    assert seen == {1, 2}


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "no conflict is seen": lambda patch: patch.setattr(
        plain_names.Field, "touch", lambda field, run, task, writes: False
    ),
    "a read after a write is no conflict": lambda patch: patch.setattr(
        plain_names.Field,
        "touch",
        lambda field, run, task, writes, touch=plain_names.Field.touch: (
            touch(field, run, task, writes) and writes
        ),
    ),
    "a name may come from anybody": lambda patch: patch.setattr(
        plain_data.PlainData, "_meet", lambda plain, value, known, task: None
    ),
    "what is passed on gets no name": lambda patch: (
        patch.setattr(plain_data.PlainData, "publish", lambda plain, value: None),
        patch.setattr(plain_data.PlainData, "_meet", lambda plain, value, known, task: None),
    ),
    "the whole is no items": lambda patch: patch.setattr(
        plain_data.PlainData,
        "_add_structure",
        lambda plain, known, task, found, wanted, alone, add=plain_data.PlainData._add_structure: (
            add(plain, known, task, found, wanted, False)
        ),
    ),
}


@pytest.mark.nightly
@pytest.mark.skipif(compiled(), reason="the core is compiled")
@pytest.mark.parametrize("mistake", BROKEN)
def test_random_programs_find_mistakes(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BROKEN[mistake](monkeypatch)
    assert any(difference(Programs(describe(number))) for number in range(2 * PROGRAMS_PER_RUN))
