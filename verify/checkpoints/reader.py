"""The reader: a saved search from the numbers that writer.py has told; it believes none of them.

Each number is taken with the bound that it must be below, so that whatever comes out can be handed
to a search: every index is that of something that has been told, every bit that of an object with a
name. `Wrong` for anything else. How much there is, is bounded by the file; nothing goes deeper into
itself than a loop can follow.
"""

from __future__ import annotations

from collections.abc import Iterator

from verify.checkpoints.writer import FORK, KINDS_BELOW, SUBTREE
from verify.exploration.case import Case, Order
from verify.exploration.division import Pairs
from verify.exploration.frontier import Standing, Task
from verify.exploration.history import AWAITS, KINDS, UNDIVIDED, Entry
from verify.exploration.pieces import NOT_BEGUN, Begun
from verify.exploration.subtree import Fork, Stage, Subtree
from verify.exploration.wakeup_tree import NO_BRANCHES, Branch, Moves
from verify.scheduling.event import Choice
from verify.scheduling.step import Move
from verify.traces.fields import Wrong

LARGEST = 10**15
"""What any number is below."""
MOST_TASKS = 10_000
MOST_OBJECTS = 100_000
MOST_OPTIONS = 100_000
MOST_EVENTS = 10**7
"""Of one execution."""

Names = tuple[list[tuple[int, int]], list[tuple[str, int, int]]]


class Reader:
    """What is left of the numbers, and what they have told so far."""

    def __init__(self, numbers: Iterator[int], texts: tuple[str, ...]) -> None:
        self._numbers = numbers
        self._texts = texts
        self._tasks = 1
        self._objects = 0
        self._moves: list[Move] = []
        self._sequences: list[Moves] = []
        self._subtrees: list[Subtree] = []

    def names(self) -> Names:
        """The names of tasks, but for the main one, and of objects."""
        tasks = []
        for _ in range(self._take(MOST_TASKS)):
            tasks.append((self._take(self._tasks), self._take(MOST_TASKS, 1)))
            self._tasks += 1
        objects = []
        for _ in range(self._take(MOST_OBJECTS)):
            what = self._texts[self._take(len(self._texts))]
            objects.append((what, self._take(self._tasks), self._take(MOST_OBJECTS)))
            if what == "object" and not objects[-1][2]:
                raise Wrong("an object has no index")
        self._objects = len(objects)
        if len(set(tasks)) < len(tasks) or len(set(objects)) < len(objects):
            raise Wrong("two have one name")
        return tasks, objects

    def history(self) -> list[Entry]:
        """What is to be seen again."""
        found = []
        for _ in range(self._take(LARGEST)):
            kind = self._take(KINDS)
            counts = self._take(LARGEST), self._take(LARGEST), self._take(LARGEST)
            schedule = tuple([self._choice() for _ in range(self._take(MOST_EVENTS))])
            if kind in (AWAITS, UNDIVIDED) and schedule:
                raise Wrong("there is a schedule where none was run")
            found.append(Entry(kind, schedule, *counts))
        return found

    def _choice(self) -> Choice:
        return self._take(self._tasks), self._take(MOST_OPTIONS)

    def frontier(self) -> tuple[Standing | None, Begun]:
        """Where the frontier stands, and how far its first task has come."""
        if not self._flag():
            return None, NOT_BEGUN
        roots = self._roots()
        under_way = []
        issued: set[int] = set()
        for _ in range(self._take(LARGEST)):
            quota = self._take(LARGEST, 1)
            numbers = [self._take(len(self._subtrees)) for _ in range(self._take(LARGEST, 1))]
            if len({*issued, *numbers}) < len(issued) + len(numbers):
                raise Wrong("a subtree is explored twice")
            issued.update(numbers)
            under_way.append(Task([self._subtrees[number] for number in numbers], quota))
        if len(issued) < len(self._subtrees) and not under_way:
            raise Wrong("nobody explores what is left")
        return Standing(roots, under_way), self._begun(under_way)

    def end(self) -> None:
        """Nothing more may come."""
        if next(self._numbers, None) is not None:
            raise Wrong("there are more numbers than the search is made of")

    def _take(self, below: int, least: int = 0) -> int:
        number = next(self._numbers, None)
        if number is None:
            raise Wrong("the numbers end before the search does")
        if not least <= number < below:
            raise Wrong(f"{number} is not from {least} to {below - 1}")
        return number

    def _flag(self) -> bool:
        return self._take(2) == 1

    def _roots(self) -> list[Fork | Subtree]:
        roots: list[Fork | Subtree] = []
        for _ in range(self._take(LARGEST)):
            case = tuple(self._orders()) if self._flag() else None
            if self._flag():
                roots.append(Fork(None, 0, [], False, 0, case))
            else:
                roots.append(self._subtree(None, 0, case))
        forks = [root for root in roots if isinstance(root, Fork)]
        for fork in forks:
            fork.position = self._take(MOST_EVENTS) - 1
            fork.complete = self._flag()
            fork.sleep = list(self._sequence())
            for index in range(self._take(LARGEST, 1)):
                first, kind = self._move(), self._take(KINDS_BELOW)
                if kind == FORK:
                    below = Fork(fork, index, [], False)
                    fork.add(first, below)
                    forks.append(below)
                elif kind == SUBTREE:
                    fork.add(first, self._subtree(fork, index))
                else:
                    fork.add(first, self._sequence())
        if any(fork.position < 0 for fork in forks if fork.above is None):
            raise Wrong("it is not known where the first fork is")
        return roots

    def _orders(self) -> list[Order]:
        found = []
        for _ in range(self._take(LARGEST)):
            earlier = self._take(self._tasks), self._take(MOST_EVENTS)
            found.append(Order(*earlier, self._take(self._tasks), self._take(MOST_EVENTS)))
        return found

    def _subtree(self, fork: Fork | None, taken: int, case: Case | None = None) -> Subtree:
        moves = self._sequence()
        if fork is None and moves:
            raise Wrong("the whole search begins behind moves")
        subtree = Subtree(fork, taken, moves, self._stages(), self._flag(), case)
        self._subtrees.append(subtree)
        return subtree

    def _begun(self, under_way: list[Task]) -> Begun:
        done = self._take(len(under_way[0].subtrees) if under_way else 1)
        runs = self._take(LARGEST)
        stages = self._stages()
        begun = Begun(done, runs, stages, self._flag(), self._pairs())
        if stages and (not under_way or len(stages) <= len(under_way[0].subtrees[done].moves)):
            raise Wrong("it is further than it can have come")
        return begun

    def _pairs(self) -> Pairs | None:
        if not self._flag():
            return None
        orders = self._orders()
        return [(order, self._flag()) for order in orders]

    def _stages(self) -> list[Stage]:
        count = self._take(MOST_EVENTS)
        return [self._stage(at == count - 1) for at in range(count)]

    def _stage(self, last: bool) -> Stage:
        position = self._take(MOST_EVENTS)
        sleep = list(self._sequence())
        move = self._move()
        branch = self._branches()
        if len(branch) > 1 or (branch and not last):
            raise Wrong("a node has more than one present")
        return Stage(position, sleep, move, branch[0] if branch else None, self._branches())

    def _branches(self) -> list[Branch]:
        """Branches with all that is below them, each before what is below it."""
        found: list[Branch] = []
        waiting = [(found, self._take(LARGEST))]
        while waiting:
            siblings, left = waiting.pop()
            if not left:
                continue
            waiting.append((siblings, left - 1))
            moves = self._sequence()
            end = self._take(len(moves) + 1)
            at = self._take(end)
            branch = Branch(moves, at, end, NO_BRANCHES)
            siblings.append(branch)
            below = self._take(LARGEST)
            if below:
                branch.below = []
                waiting.append((branch.below, below))
        return found

    def _sequence(self) -> Moves:
        number = self._take(len(self._sequences) + 1)
        if number == len(self._sequences):
            told = tuple([self._move() for _ in range(self._take(MOST_EVENTS))])
            self._sequences.append(told)
        return self._sequences[number]

    def _move(self) -> Move:
        number = self._take(len(self._moves) + 1)
        if number == len(self._moves):
            task, option = self._take(self._tasks), self._take(MOST_OPTIONS)
            options = self._take(MOST_OPTIONS, option + 1)
            self._moves.append(Move(task, option, options, self._mask(), self._mask()))
        return self._moves[number]

    def _mask(self) -> int:
        mask = 0
        for _ in range(self._take(self._objects + 1)):
            mask |= 1 << self._take(self._objects)
        return mask
