"""For each broken explorer, a small random program that it gets wrong.

Each was found by going through the random programs of a seed from the first on, and then made
smaller for as long as the explorer still got it wrong in the same way (finding.py does both). It is
kept as a description: where the generator has changed since, its number leads to another program,
and the description is as good as ever. A nightly test goes through the programs again. What is
right comes from the enumeration, never from here.

Some mistakes show in one order of search and not in another: where the search has changed, one may
need another program.

Most are found out by their executions, which are not the classes, each once. Some plan what cannot
be run: such a search is stopped by a fault, and what it would have counted cannot be told.
"""

from __future__ import annotations

from typing import NamedTuple

from tests.broken import loops, orders, searches
from tests.broken.mistakes import Broken
from tests.crosscheck.features import features
from tests.crosscheck.generator import Action, Description

CLASSES = "classes"
FAULT = "InternalFault"
CRASH = "IndexError"
UNKNOWN = "ValueError"


class Killer(NamedTuple):
    """A program, made from random program `number` of a seed, and `by` what it is found out: a
    word of what is said then. No number: the first 20 000 hardly have one, it is written by hand.
    A program with loops that only look is made from one of those that are `spinning`.
    """

    seed: int
    number: int | None
    by: str
    program: Description

    @property
    def spinning(self) -> bool:
        """Which of the random programs it was made from."""
        return "spinning" in features(self.program)


def killer(
    number: int | None,
    objects: str,
    *tasks: list[Action],
    by: str = CLASSES,
    permits: int = 0,
    seed: int = 0,
) -> Killer:
    """One of them."""
    return Killer(seed, number, by, Description(tuple(objects), permits, "all", tasks))


LOOKING: tuple[list[Action], ...] = [("try put", "h", 1)], [("size", "h")]
MEETING: tuple[list[Action], ...] = (
    [("meet", "g", False), ("try", "n", []), ("acquire", "m")],
    [("meet", "g", False), ("acquire", "m")],
    [("acquire", "n")],
)
TIMED: tuple[list[Action], ...] = (
    [("deliver", "p")],
    [("await", "p", False)],
    [("await", "p", True)],
)
TWO_READS: tuple[list[Action], ...] = (
    [("if", "x", 0, [("read", "y")], [])],
    [("write", "y", 2), ("write", "x", 1)],
)
# It is told in tests/crosscheck/test_random_programs.py what goes wrong here.
RELEASED_EITHER_WAY: tuple[list[Action], ...] = (
    [("down", "s"), ("up", "s")],
    [("write", "x", 1)],
    [("if", "x", 1, [("down", "s")], [("up", "s")])],
    [("read", "x")],
)
# The spinner goes on after either write; and where another one takes the second lock, too.
SPINNING: tuple[list[Action], ...] = (
    [("write", "y", 1)],
    [("spin past", "x", "y")],
    [("write", "x", 0)],
)
SPINNING_LOCKS: tuple[list[Action], ...] = (
    [("try", "m", []), ("try", "m", [])],
    [("spin locks", "n", "m")],
    [("try", "n", [])],
)

KILLERS: dict[type[Broken], Killer] = {
    orders.ReadsAfterNoWrite: killer(8, "mng", *MEETING),
    orders.WritesAfterNoRead: killer(46, "xy", [("bump", "x")], *TWO_READS),
    orders.NoEdgeFromStart: killer(
        2, "x", [("read", "x"), ("start", [("read", "x")])], [("write", "x", 1)], by=CRASH
    ),
    orders.NoEdgeToJoin: killer(
        72, "x", [("start", [("write", "x", 1)]), ("join", False), ("bump", "x")], by=FAULT
    ),
    orders.NoEdgeToWake: killer(
        484,
        "eg",
        [("meet", "g", False)],
        [("set", "e"), ("standing", "g")],
        [("await", "e", True)],
    ),
    orders.NoEdgeFromRelease: killer(1, "m", [("try", "m", [])], [("with", "m", [])], by=FAULT),
    orders.ForgetsTheBlocked: killer(1, "m", [("acquire", "m")], [("acquire", "m")]),
    orders.KeepsClocks: killer(0, "h", [("put", "h", 2), ("try put", "h", 1)], [("size", "h")]),
    orders.KeepsWhatIsLeft: killer(
        8,
        "mng",
        [("meet", "g", False), ("try", "n", []), ("acquire", "m")],
        [("meet", "g", False), ("with", "n", []), ("with", "m", [])],
        [("acquire", "n"), ("acquire", "n")],
    ),
    orders.RacesWithRelease: killer(1, "m", [("acquire", "m")], [("with", "m", [])], by=FAULT),
    orders.PermitRacesWithTheLast: killer(
        16, "b", [("try down", "b", [])], [("down", "b")], by=FAULT
    ),
    orders.PermitRacesWithTheLastOrNone: killer(
        59, "s", [("try down", "s", [])], [("up", "s")], [("down", "s")]
    ),
    orders.PermitRacesWithTaking: killer(16, "b", [("up", "b")], [("down", "b")]),
    orders.RacesOutsideThePast: killer(1, "m", [("with", "m", [])], [("acquire", "m")]),
    orders.WritesRaceWithNoRead: killer(1, "mc", [("wait", "c", False)], [("acquire", "m")]),
    orders.ReadsRaceWithNothing: killer(0, "h", *LOOKING),
    orders.TriesAreNotTried: killer(1, "m", [("try", "m", [])], [("with", "m", [])]),
    orders.NobodyTimesOutEarlier: killer(286, "p", *TIMED),
    orders.PossibleAsItWas: killer(4, "s", [("down", "s")], [("down", "s")], permits=1),
    orders.FootprintStays: killer(
        1849,
        "g",
        [("meet", "g", False), ("reset", "g")],
        [("meet", "g", True)],
        [("meet", "g", True), ("meet", "g", False)],
    ),
    orders.PastStays: killer(
        16,
        "mb",
        [("up", "b")],
        [("try down", "b", [("acquire", "m")])],
        [("with", "m", [("down", "b")])],
    ),
    orders.FailingIsWriting: killer(1, "m", [("try", "m", [])], [("acquire", "m")]),
    searches.NobodyWakes: killer(0, "h", *LOOKING),
    searches.AllWakeAtOnce: killer(
        4, "sh", [("down", "s")], [("down", "s")], [("task done", "h")], permits=1
    ),
    searches.WritersWakeWriters: killer(0, "h", *LOOKING),
    searches.NothingGoesToSleep: killer(0, "h", *LOOKING),
    searches.PlansTheUnplannable: killer(152, "x", [("start", [("write", "x", 1)]), ("alive",)]),
    searches.ReversesOneRace: killer(
        1, "mc", [("wait", "c", False)], [("with", "m", [("notify", "c", 1)])]
    ),
    searches.TriesRacesOnce: killer(41, "xs", *RELEASED_EITHER_WAY, permits=1, seed=7),
    searches.DropsWhatIsPlanned: killer(41, "xs", *RELEASED_EITHER_WAY, permits=1, seed=7),
    searches.NothingElseBegins: killer(41, "xs", *RELEASED_EITHER_WAY, permits=1, seed=7),
    searches.SleepersCoverNothing: killer(0, "h", *LOOKING),
    searches.CutsAtTheLateEvent: killer(
        427,
        "eq",
        [("put", "q", 2), ("get", "q")],
        [("start", [("clear", "e")]), ("await", "e", False)],
        [("drain", "q"), ("is set", "e")],
        [("try get", "q")],
    ),
    searches.StrongInitialsOnly: killer(
        7130,
        "xm",
        [("acquire", "m")],
        [("with", "m", []), ("write", "x", 0)],
        [("bump", "x")],
        [("release", "m")],
    ),
    searches.StrangersAlwaysBegin: killer(
        1, "mc", [("wait", "c", False)], [("acquire", "m")], [("acquire", "m")]
    ),
    searches.AnyFirstStepIsInitial: killer(8, "mng", *MEETING),
    searches.AnyOptionBegins: killer(
        120, "m", [("acquire", "m")], [("choose", [[("acquire", "m")], [("acquire", "m")]])]
    ),
    searches.PlansAsItWas: killer(
        132, "b", [("down", "b")], [("up", "b")], [("up", "b")], [("up", "b")]
    ),
    searches.TreesAreLeaves: killer(46, "xy", [("read", "x")], *TWO_READS),
    searches.FirstStepOnly: killer(8, "mng", *MEETING),
    loops.AwaitedWritesAreInNoRace: killer(9, "xy", *SPINNING),
    loops.EveryAwaitedWriteIsInARace: killer(
        6, "x", [("write", "x", 0)], [("spin", "x", 1)], by=FAULT
    ),
    loops.TheLastWriteLetsGo: killer(9, "xy", SPINNING[0], SPINNING[0], SPINNING[1]),
    loops.AnAwaitingReadIsALook: killer(81, "xy", SPINNING[0], *SPINNING[::-1], SPINNING[0]),
    loops.WhatIsAwaitedWakesNobody: killer(70, "xy", *SPINNING),
    # Found among some fifty programs of nothing but two locks and loops that try both.
    loops.ElsewhereItAwaitsNothing: killer(None, "mn", *SPINNING_LOCKS),
    loops.OnlyTheLastWriteComesBefore: killer(None, "mn", *SPINNING_LOCKS),
    loops.WhoAwaitsKnowsTheState: killer(
        9, "mn", [("try", "m", [])], *SPINNING_LOCKS[1:], by=UNKNOWN
    ),
}
