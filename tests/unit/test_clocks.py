"""The clocks of an execution: what happens before what, and what is left when an event is.

Events are made by hand here: of a task, reading and writing objects by their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from verify.exploration.case import Order
from verify.exploration.clocks import NOTHING, Clocks
from verify.operation import bits
from verify.scheduling.event import Event, Stopped
from verify.scheduling.step import Step


def event(
    task: int,
    reads: Sequence[int] = (),
    writes: Sequence[int] = (),
    after: tuple[int, ...] = (),
    woken_by: tuple[int, ...] = (),
    timed: bool = False,
    local: bool = False,
) -> Event:
    """An event of a task. `timed`: it could have given up before it was woken."""
    made = Event(step(task, reads, writes))
    made.step.never_disabled = timed
    made.step.local = local
    made.after = after
    made.woken_by = woken_by
    return made


def step(task: int, reads: Sequence[int] = (), writes: Sequence[int] = ()) -> Step:
    made = Step(task)
    made.reads = sum(1 << number for number in reads)
    made.writes = sum(1 << number for number in writes)
    return made


def clocks(*events: Event) -> Clocks:
    """Those of an execution of these events."""
    made = Clocks()
    made.add(list(events), len(events))
    return made


def pasts(made: Clocks) -> list[list[int]]:
    """What happens before each event, itself left out."""
    return [[other for other in bits(one.past) if other != one.index] for one in made.steps]


def bases(made: Clocks) -> list[list[int]]:
    return [bits(one.base) for one in made.steps]


def test_nobody_does_nothing() -> None:
    """What stands where there is no event yet is of no task."""
    assert NOTHING.task < 0


def test_accesses() -> None:
    """A read depends on the last write, a write on the reads since then, or on that write."""
    made = clocks(
        event(0, writes=[0]),
        event(1, reads=[0]),
        event(2, reads=[0]),
        event(3, writes=[0]),
        event(4, writes=[0]),
        event(5, reads=[1]),
    )
    assert pasts(made) == [[], [0], [0], [0, 1, 2], [0, 1, 2, 3], []]
    assert bases(made) == [[]] * 6
    assert [line.own for line in made.lines] == [1, 2, 4, 8, 16, 32]


def test_tasks_and_edges() -> None:
    """In the base are the events of the same task and what the edges lead to."""
    made = clocks(
        event(0, writes=[0]),
        event(1, writes=[1], after=(0,)),
        event(0, writes=[2]),
        event(2, reads=[2], after=(1, 2)),
    )
    assert pasts(made) == [[], [0], [0], [0, 1, 2]]
    assert bases(made) == [[], [0], [0], [0, 1, 2]]


def test_waking() -> None:
    """Who was woken comes after that in any case; whoever could have timed out before it could have
    been there without it."""
    for timed in (False, True):
        made = clocks(
            event(0, writes=[0]),
            event(1, writes=[1]),
            event(0, writes=[2], woken_by=(1,), timed=timed),
        )
        assert pasts(made)[2] == [0, 1]
        assert bases(made)[2] == ([0] if timed else [0, 1])


def test_local_events() -> None:
    """They have no index, and carry on what their task has behind it, with their edges."""
    made = clocks(
        event(0, writes=[0]),
        event(1, local=True, after=(0,)),
        event(1, writes=[1]),
        event(2, local=True),
    )
    assert [one.index for one in made.events] == [0, -1, 1, -1]
    assert made.length == len(made.steps) == 2
    assert pasts(made) == [[], [0]]
    assert bases(made) == [[], [0]]
    assert [one.base for one in made.events] == [0, 1, 1, 0]
    made.cut(1)
    made.add([made.events[0], event(1, writes=[1])], 2)
    assert pasts(made) == [[], []]


def test_marks() -> None:
    """The history of each object, from the latest event back."""
    first, second = event(0, reads=[3], writes=[1]), event(1, writes=[3])
    made = clocks(first, second)
    mark = made.mark(second, 3)
    assert (mark.event, mark.number, mark.reads, mark.writes) == (second, 3, False, True)
    before = mark.earlier
    assert before is not None and before is made.mark(first, 3)
    assert (before.reads, before.writes, before.earlier) == (True, False, None)
    assert made.mark(first, 1).writes and not made.mark(first, 1).reads
    assert [None if one is None else one.event for one in made.latest] == [
        *(None, first, None, second)
    ]


def test_marks_are_made_once() -> None:
    """They are used again for other events, so there are no more than were ever needed; those that
    are left over from an event that had more objects are nobody's."""
    made = clocks(event(0, writes=[0, 1, 2]), event(0, writes=[0]))
    for _ in range(3):
        made.cut(0)
        new = event(0, writes=[0, 2])
        made.add([new, event(1, writes=[1])], 2)
        assert made.mark(new, 2).event is new
        assert made.mark(new, 2) is made.marks[0][1]
        assert [len(marks) for marks in made.marks] == [3, 1]


def test_going_back() -> None:
    """After a cut all is as if what is forgotten had never been."""
    events = [event(0, writes=[0]), event(1, reads=[0]), event(1, writes=[1]), event(0, local=True)]
    made = clocks(*events)
    made.suspend([Stopped(step(2, reads=[1]), (), ())])
    assert pasts(made) == [[], [0], [0, 1], [0, 1, 2]]
    made.cut(1)
    assert (made.added, made.length, len(made.steps)) == (1, 1, 1)
    assert [(line.own, line.past) for line in made.lines] == [(1, 1), (0, 0), (0, 0)]
    assert [None if one is None else one.event for one in made.latest] == [events[0], None]
    made.add([events[0], event(2, writes=[0])], 2)
    assert pasts(made) == [[], [0]]


def test_what_was_taken_is_kept() -> None:
    """Another list, of which only the rest is new: whatever it begins with."""
    first, other, late = event(0, writes=[0]), event(0, writes=[0]), event(1, reads=[0])
    made = clocks(first)
    made.add([other, late], 2)
    assert made.events == [first, late]
    assert made.steps == [first, late]
    assert made.mark(late, 0).earlier is made.mark(first, 0)


def test_what_tasks_stopped_in() -> None:
    """Each of these operations comes last, depends on what it would, and on nothing of the others
    that stopped; one without an object is in no race, and left out. With it come the invariants
    that it would write."""
    made = clocks(event(0, writes=[0]))
    made.invariants = {1 << 5: 1 << 0}  # number 5 reads object 0
    made.suspend(
        [
            Stopped(step(1, writes=[0]), (), ()),
            Stopped(step(2, reads=[0]), (0,), ()),
            Stopped(step(3), (), ()),
            Stopped(step(4, writes=[1]), (), (0,)),
        ]
    )
    assert (made.length, len(made.steps)) == (1, 4)
    assert pasts(made) == [[], [0], [0], [0]]
    assert bases(made) == [[], [], [0], [0]]
    assert made.steps[1].step.writes == 1 << 0 | 1 << 5
    made.cut(1)
    assert len(made.steps) == 1
    assert Clocks().invariants == {}


def test_rest() -> None:
    """What comes behind an event and does not depend on it, with all that it touches."""
    early = event(0, writes=[0])
    made = clocks(
        event(5, writes=[9]),
        early,
        event(1, reads=[0], writes=[1]),
        event(2, reads=[2], writes=[3]),
        event(3, reads=[1]),
        event(4, reads=[4]),
    )
    made.suspend([Stopped(step(6, reads=[7]), (), ())])
    made.find_rest(early)
    assert bits(early.rest) == [3, 5]
    assert bits(early.rest_reads) == [2, 4]
    assert bits(early.rest_writes) == [3]


def test_the_rest_is_another_in_another_execution() -> None:
    """Also in one of other clocks, which are given the same event."""
    early = event(0, writes=[0])
    made = clocks(early, event(1, writes=[1]))
    made.find_rest(early)
    assert bits(early.rest) == [1]
    made.cut(1)
    made.add([early, event(1, reads=[0])], 2)
    made.find_rest(early)
    assert bits(early.rest) == []
    for _ in range(3):
        other = clocks(early, event(1, writes=[1]))
        other.find_rest(early)
        assert bits(early.rest) == [1]
        last = clocks(early, event(1, reads=[0]))
        last.find_rest(early)
        assert bits(early.rest) == []


def numbered() -> Clocks:
    """Two tasks by turns, with a local event in between, and one that is about to happen."""
    made = clocks(
        event(0, writes=[0]),
        event(1, writes=[0]),
        event(1, local=True),
        event(0, writes=[0]),
        event(1, writes=[0]),
        event(0, writes=[0]),
    )
    made.suspend([Stopped(step(1, writes=[0]), (), ())])
    return made


def test_events_by_their_numbers() -> None:
    """Local events are not counted, and what has not happened is none."""
    made = numbered()
    of_tasks = [[0, 2, 4], [1, 3]]
    for task, indices in enumerate(of_tasks):
        for count, index in enumerate(indices):
            assert made.nth(task, count) is made.steps[index]
            assert made.count(made.steps[index]) == count
        assert made.nth(task, len(indices)) is None
    assert made.nth(2, 0) is None
    assert made.count(made.steps[5]) == 2


def in_case(*orders: Order, events: Sequence[Event]) -> Clocks:
    made = Clocks()
    made.case = orders
    made.add(list(events), len(events))
    return made


def test_what_an_event_waits_for_in_a_case_is_in_its_base() -> None:
    """With all that comes before that, and for that event alone."""
    made = in_case(
        Order(1, 0, 2, 1),
        events=[
            event(0, writes=[0]),
            event(1, reads=[0], writes=[1]),
            event(2, reads=[3]),
            event(2, reads=[1]),
            event(1, reads=[1]),
            event(3, reads=[1]),
        ],
    )
    assert bases(made) == [[], [], [], [0, 1, 2], [0, 1], []]
    assert pasts(made) == [[], [0], [], [0, 1, 2], [0, 1], [0, 1]]
    assert made.fits()


def test_a_case_that_does_not_fit() -> None:
    """The event that is waited for has to come, and before the other; that one has to depend on it;
    and it has to come as well."""
    orders = Order(1, 0, 2, 0)
    writing, reading = event(1, writes=[0]), event(2, reads=[0])
    assert in_case(orders, events=[writing, reading]).fits()
    assert not in_case(orders, events=[event(2, reads=[0]), event(1, writes=[0])]).fits()
    assert not in_case(orders, events=[event(2, reads=[0])]).fits()
    assert not in_case(orders, events=[event(1, writes=[0])]).fits()
    assert not in_case(orders, events=[event(1, writes=[0]), event(2, reads=[1])]).fits()
    both = [event(1, writes=[0]), event(2, reads=[0]), event(3, reads=[1])]
    assert in_case(orders, Order(1, 0, 2, 0), events=both).fits()
    assert not in_case(orders, Order(1, 0, 3, 0), events=both).fits()
    assert not in_case(Order(1, 0, 3, 0), orders, events=both).fits()
    waits = in_case(orders, events=[event(1, writes=[0])])
    waits.suspend([Stopped(step(2, reads=[0]), (), ())])
    assert not waits.fits()
