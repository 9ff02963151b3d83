"""How optimal DPOR begins a node at which nothing is planned, and what it makes of an execution."""

from __future__ import annotations

import verify
from tests.unit.test_dpor import (
    Program,
    asked_for_or_repeated,
    choosers,
    executions,
    writers,
)
from verify.exploration.dpor import Dpor
from verify.scheduling.event import Choice, Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.naming import MAIN
from verify.scheduling.step import Move

OPTIONS = 3


def independent() -> None:
    """Main and two tasks with a cell each."""
    cells = [verify.Shared(0) for _ in range(3)]
    for cell in cells[1:]:
        verify.Thread(target=cell.__setattr__, args=("value", 1)).start()
    cells[0].value = 1


def choosing() -> None:
    """Main writes a cell, and two tasks choose."""
    cell = verify.Shared(0)
    for _ in range(2):
        verify.Thread(target=lambda: verify.choose(range(OPTIONS))).start()
    cell.value = 1


def begun(program: Program, asleep: list[Move]) -> tuple[Dpor, list[Choice | None], Execution]:
    """A search after its first execution, what it chose in it, and that; from the second choice on,
    while nothing is planned, these sleep."""
    search = Dpor()
    assert search.begin()
    chosen: list[Choice | None] = []

    def choose(engine: Explored) -> Choice | None:
        choice = search.choose(engine)
        if not engine.ready & engine.local:
            chosen.append(choice)
            if len(chosen) == 1:
                assert search.path[0].sleep == []
                search.path[0].sleep = asleep
        return choice

    execution = Explored().run(program, choose)
    assert search._reversal.choosing == (program is choosing)
    return search, chosen, execution


def test_who_sleeps_is_not_chosen() -> None:
    """Else it is the first; where all that can go on are asleep, the execution is cut, and nothing
    is left of what was not begun."""
    one, other = (Move(task, 0, 1, 0, 0) for task in (1, 2))
    for asleep, first in (([], 1), ([one], 2), ([other], 1)):
        search, chosen, execution = begun(independent, asleep)
        assert chosen[:2] == [(MAIN, 0), (first, 0)]
    search, chosen, execution = begun(independent, [one, other])
    assert chosen == [(MAIN, 0), None]
    assert execution.ending is Ending.REDUNDANT
    search.end(execution)
    assert search.path == []
    assert not search.begin()


def test_options_that_sleep_are_not_chosen() -> None:
    """The first that is awake is taken, and the others that are become branches of one move."""
    ways = [Move(1, option, OPTIONS, 0, 0) for option in range(OPTIONS)]
    others = [Move(2, option, OPTIONS, 0, 0) for option in range(OPTIONS)]
    for asleep, first, following in (
        ([], (1, 0), [1, 2]),
        ([ways[0]], (1, 1), [2]),
        ([ways[1]], (1, 0), [2]),
        ([others[0]], (1, 0), [1, 2]),
        (ways[1:], (1, 0), []),
        (ways, (2, 0), [1, 2]),
        ([*ways, others[1]], (2, 0), [2]),
    ):
        search, chosen, _ = begun(choosing, asleep)
        assert chosen[1] == first
        branches = search.path[1].branches
        moves = [
            (move.task, move.option, move.options) for branch in branches for move in branch.moves
        ]
        assert moves == [(first[0], option, OPTIONS) for option in following]
        assert all((branch.at, branch.end, branch.below) == (0, 1, []) for branch in branches)
    search, chosen, execution = begun(choosing, [*ways, *others])
    assert chosen[1:] == [None]
    search.end(execution)
    assert search.path == []


def test_whether_anybody_chooses() -> None:
    """Only where somebody has a choice among several is no race dropped for good."""
    for program, expected in ((writers(3), False), (choosers, True)):
        search = Dpor()
        for _ in executions(program, search):
            assert search._reversal.choosing == expected


def test_a_program_that_begins_with_a_step() -> None:
    """The first node lies at the very beginning: two orders of two writes, behind that."""

    def program() -> None:
        cell = verify.Shared(0)
        cell.value = -1
        for value in range(2):
            verify.Thread(target=cell.__setattr__, args=("value", value)).start()

    assert len(asked_for_or_repeated(program)) == 2


def test_whoever_goes_on_is_not_the_first() -> None:
    """The second lets the first go on, and goes on itself."""

    def program() -> None:
        cell, event = verify.Shared(0), verify.Event()

        def wait() -> None:
            event.wait()
            cell.value = 1

        def go_on() -> None:
            event.set()
            cell.value = 2
            cell.value = 3

        for work in (wait, go_on):
            verify.Thread(target=work).start()

    first = next(executions(program, Dpor()))
    latest = [event.task for event in first.events if not event.step.local]
    assert latest == [1, 2, 2, 2, 1, 1]  # who waits begins to, and looks again


def test_who_never_came_to_run_is_ordered_after_its_start() -> None:
    """The last event of all starts a task that never gets the lock: that has one order."""

    def program() -> None:
        lock = verify.Lock()
        lock.acquire()
        verify.Thread(target=lock.acquire).start()

    run = list(executions(program, Dpor()))
    assert [one.ending for one in run] == [Ending.DEADLOCK]
    assert run[0].events[-1].step.local


def test_what_turns_out_late_ends_the_search() -> None:
    """Nothing is made of the execution, though it has races, and there would be more to run."""
    search = Dpor()
    execution = next(executions(writers(3), search))
    assert not search.unplannable and search.begin()
    execution.late = True
    search.end(execution)
    assert search.unplannable
    assert not search.begin()
