"""What optimal DPOR does step by step, apart from which classes it runs (tests/crosscheck)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from unittest.mock import patch

import pytest

import verify
from verify.build import compiled
from verify.errors import InternalFault, Nondeterministic
from verify.exploration import dpor as module
from verify.exploration.dpor import NOBODY, Dpor, Node
from verify.exploration.report import Verdict
from verify.exploration.validator import CHECKS, checking
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.step import Move

Program = Callable[[], object]
Watch = Callable[[Explored, Choice | None], None]


def nothing_to_see(engine: Explored, choice: Choice | None) -> None:
    """No demand."""


def executions(
    program: Program, search: Dpor, repeating: bool = True, watch: Watch = nothing_to_see
) -> Iterator[Execution]:
    """All that a search runs; `watch` sees what it is asked and what it answers. The beginnings
    that executions have in common are repeated, or else asked for again."""
    engine = Explored()

    def choose(engine: Explored) -> Choice | None:
        choice = search.choose(engine)
        watch(engine, choice)
        return choice

    while search.begin():
        script = engine.execution.events[: search.kept] if repeating else []
        execution = engine.run(program, choose, script=script)
        search.end(execution)
        yield execution


def writers(count: int, tries: int = 1) -> Program:
    """Each writes so many times."""

    def program() -> None:
        cell = verify.Shared(0)

        def write() -> None:
            for value in range(tries):
                cell.value = value

        for _ in range(count):
            verify.Thread(target=write).start()

    return program


def choosers() -> None:
    """Two writers that write one thing or another, and a reader."""
    cell = verify.Shared(0)

    def write() -> None:
        cell.value = verify.choose([1, 2, 3])

    for _ in range(2):
        verify.Thread(target=write).start()
    verify.Thread(target=lambda: cell.value).start()


def test_beginnings_are_asked_for_or_repeated() -> None:
    """The orders of three writes, or of two times two."""
    assert len(asked_for_or_repeated(writers(3))) == 6
    assert len(asked_for_or_repeated(writers(2, 2))) == 6


def test_beginnings_with_choices_are_asked_for_or_repeated() -> None:
    """Three ways for each of two writers, in the orders of two writes and a read: 3! times 9."""
    assert len(asked_for_or_repeated(choosers)) == 54


def asked_for_or_repeated(program: Program) -> list[tuple[Choice, ...]]:
    """The schedules of a search, which are the same either way."""
    repeated = [one.schedule for one in executions(program, Dpor())]
    assert [one.schedule for one in executions(program, Dpor(), repeating=False)] == repeated
    assert len(set(repeated)) == len(repeated)
    return repeated


def test_local_steps_come_first() -> None:
    """Of several tasks that have one, the first takes it."""
    seen = set()

    def program() -> None:
        cell = verify.Shared(0)

        def work() -> None:
            cell.value = 1
            verify.sleep(1)
            verify.sleep(1)

        tasks = [verify.Thread(target=verify.sleep, args=(1,))]
        tasks += [verify.Thread(target=work) for _ in range(3)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()

    def watch(engine: Explored, choice: Choice | None) -> None:
        local = engine.ready & engine.local
        assert choice is not None
        if local:
            assert choice == (min(task for task in range(9) if local >> task & 1), 0)
            seen.add(bool(local & (local - 1)))

    assert len(list(executions(program, Dpor(), watch=watch))) == 6
    assert seen == {False, True}


def test_staying_with_a_task_is_free() -> None:
    """Where nothing is planned, the running task goes on if it can, and else the first that can."""

    def watch(engine: Explored, choice: Choice | None) -> None:
        assert choice is not None
        if not first_is_over and not engine.ready & engine.local:
            last = engine.last
            stays = engine.ready >> last & 1
            assert choice[0] == (last if stays else min(engine.enabled))

    first_is_over = False
    for _ in executions(writers(3, 2), Dpor(), watch=watch):
        first_is_over = True


def test_what_is_nondeterministic() -> None:
    """At a point that is come to again, others can go on than the first time."""
    runs = []

    def program() -> None:
        runs.append(1)
        cell, queue = verify.Shared(0), verify.Queue()

        def write() -> None:
            if len(runs) > 1:
                queue.get()
            cell.value = 1

        for _ in range(2):
            verify.Thread(target=write).start()
        cell.value = 2

    with pytest.raises(Nondeterministic, match="step 3: other tasks could go on"):
        list(executions(program, Dpor(), repeating=False))


def test_another_length_is_nondeterministic() -> None:
    """As many tasks can go on at the point that was first, but steps that are local come before."""
    runs = []

    def program() -> None:
        runs.append(1)
        cell = verify.Shared(0)
        for _ in range(len(runs)):
            verify.sleep(1)
        for value in range(2):
            verify.Thread(target=cell.__setattr__, args=("value", value)).start()

    with pytest.raises(Nondeterministic, match="other tasks could go on"):
        list(executions(program, Dpor(), repeating=False))


def looking_at_an_end() -> None:
    task = verify.Thread(target=verify.sleep, args=(1,))
    task.start()
    task.is_alive()


def test_what_cannot_be_planned_is_not_run() -> None:
    """Nothing more is chosen as soon as that is known, and the search is over."""
    answers = []
    search = Dpor()
    assert not search.unplannable
    run = list(
        executions(looking_at_an_end, search, watch=lambda engine, choice: answers.append(choice))
    )
    assert len(run) == 1
    assert search.unplannable
    assert run[0].ending is Ending.REDUNDANT
    assert answers[-1] is None and None not in answers[:-1]


def test_what_turns_out_at_the_end_that_it_cannot_be_planned() -> None:
    search = Dpor()
    assert search.begin()
    execution = Execution()
    execution.late = True
    search.end(execution)
    assert search.unplannable
    assert not search.begin()


def test_all_classes_are_run() -> None:
    """So the end of a search is a proof."""
    assert Dpor.exhaustive
    assert verify.explore(writers(3), max_executions=None).verdict is Verdict.PROVED


def test_engines_need_not_ask_for_local_steps() -> None:
    assert Dpor.local_first


def test_a_search_without_a_program() -> None:
    """One execution without a step is all that there is."""
    search = Dpor()
    assert search.begin()
    search.end(Execution())
    assert not search.begin()
    assert search.kept == 0


def test_nodes_are_used_again() -> None:
    """There are no more than the longest path has had."""
    search = Dpor()
    longest = 0
    for execution in executions(writers(3), search):
        longest = max(longest, sum(not one.step.local for one in execution.events))
    assert len(search._nodes) == longest
    assert search.path == []


def test_nobody_is_no_task() -> None:
    assert NOBODY.task < 0


def test_a_node_that_was_laid_out_is_none_of_ours() -> None:
    """Only a piece (piece.py) has such: the search itself gives every node its place."""
    search = Dpor()
    node = Node()
    node.position = -1
    search.path.append(node)
    assert search.begin()
    with pytest.raises(InternalFault, match="a node without a position"):
        Explored().run(writers(2), search.choose)


def test_a_plan_that_cannot_be_followed_is_a_fault_of_ours() -> None:
    """What is planned is only what can be run: else the plan is wrong, and that is told."""
    from verify.exploration.wakeup_tree import NO_BRANCHES, Branch

    search = Dpor()
    first = next(executions(writers(2), search))
    moves = (Move(first.events[-1].task), Move(7))
    search.path[-1].branch = Branch(moves, 0, 2, NO_BRANCHES)
    with pytest.raises(InternalFault, match="asks for task 7 at step 4, which cannot go on"):
        list(_on(search, first))


def _on(search: Dpor, before: Execution) -> Iterator[Execution]:
    engine = Explored()
    assert search.begin()
    yield engine.run(writers(2), search.choose)


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """The checks are as they were afterwards."""
    was = CHECKS.on
    yield
    checking(was)


@pytest.mark.skipif(compiled(), reason="the core is compiled")
def test_the_search_checks_itself_if_it_is_asked_to() -> None:
    """Each node when it is made and each time it is come to again, the path and the clocks of each
    execution, and each reversal of a race; and nothing at all otherwise."""
    was = CHECKS.on
    calls: dict[str, int] = {}

    def counting(name: str) -> Callable[..., None]:
        def count(*given: object) -> None:
            calls[name] = calls.get(name, 0) + 1

        return count

    names = ("check_node", "check_path", "check_clocks", "check_reversal")
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(module, name, counting(name)))
        checking(False)
        assert len(list(executions(writers(3), Dpor()))) == 6
        assert calls == {}
        checking(True)
        assert len(list(executions(writers(3), Dpor()))) == 6
        checking(was)
    assert calls["check_path"] == calls["check_clocks"] == 6
    assert calls["check_reversal"] >= 5
    # 18 writes are run, of which some are repeated: the rest are made, or come to in another way.
    assert 6 + 5 <= calls["check_node"] <= 18


def invariant_over(*written: int) -> Program:
    """A task for each number, which writes that cell; an invariant looks at the first two, and at a
    queue with one item, which two more tasks want."""

    def program() -> None:
        cells = [verify.Shared(0) for _ in range(3)]
        queue: verify.Queue = verify.Queue()
        queue.put(1)
        verify.invariant(lambda: cells[0].value + cells[1].value + queue.qsize() < 9)
        for number in written:
            verify.Thread(target=cells[number].__setattr__, args=("value", 1)).start()
        for _ in range(2):
            verify.Thread(target=queue.get).start()

    return program


def test_invariants() -> None:
    """One of the two gets the item, whoever it is. It and the writes of what the invariant reads
    come in any order, 3! or 2!; two writes of one cell that it does not read have two orders by
    themselves."""
    for written, classes in (((0, 1), 12), ((0, 2), 4), ((2, 2), 4)):
        for strategy in ("dpor", "exhaustive"):
            program = invariant_over(*written)
            report = verify.explore(program, strategy=strategy, stop_at_first=False)
            assert report.executions == classes
            assert strategy == "exhaustive" or not report.blocked_executions
            assert report.outcomes == {"deadlock": classes}
