"""Encoding: tasks and what came of them, between the processes that explore one search together.

Tasks and objects are numbered in each process as they are met (naming.py), and those that all of
them knew when they began to talk have the same number everywhere. Others are told by name, each
when it is first used. Moves and forks are told once as well, and are numbers from then on. Where a
message may reach anybody, it goes from a Sender of its own to a Receiver of its own.

    Sender      turns tasks, or what came of them, into tuples and lists
    Receiver    the other way round, at the other end

What is sent goes from one process of ours to another through a pipe that nobody else has.
"""

from __future__ import annotations

from typing import Any

from verify.exploration.case import Case, Order
from verify.exploration.frontier import Task
from verify.exploration.subtree import Cut, Fork, Plan, Stage, Subtree
from verify.exploration.wakeup_tree import Branch
from verify.operation import bits
from verify.scheduling.event import Choice
from verify.scheduling.naming import Names
from verify.scheduling.step import Move

Known = tuple[int, int]
"""The first so many tasks and objects have the same numbers at both ends."""

Message = tuple[list[Any], Any]
"""What is new: names of tasks, names of objects, moves; and then what is told."""


def known_now(names: Names) -> Known:
    """All that there is so far."""
    return len(names.task_keys), len(names.object_keys)


class Sender:
    """One end of a channel, as it speaks."""

    def __init__(self, names: Names, known: Known | None = None) -> None:
        self._names = names
        self._tasks, self._objects = known or known_now(names)
        self._moves: dict[tuple[int, int, int, int, int], int] = {}
        self._planned: dict[int, int] = {}  # the same, of those below, by their identity
        self._kept: list[Move] = []
        self._new: list[Any] = []
        self._line: list[tuple[Fork, int]] = []

    def task(self, task: Task) -> Message:
        """A task; forks that it has in common with the latest one are not told again."""
        told = [self._subtree(subtree) for subtree in task.subtrees]
        return self._told((told, task.quota))

    def cuts(self, cuts: list[Cut], beside: Any) -> Message:
        """What came of a task, and something plain beside it."""
        told = [
            (
                [self._plan(depth, plan) for depth, plan in cut.plans],
                [self._stage(stage) for stage in cut.above],
                [self._stage(stage) for stage in cut.stages],
                cut.choosing,
            )
            for cut in cuts
        ]
        return self._told((told, beside))

    def schedule(self, schedule: tuple[Choice, ...]) -> list[Choice]:
        """Choices, for `beside`."""
        for task, _ in schedule:
            self._mention(task)
        return list(schedule)

    def _told(self, what: Any) -> Message:
        new, self._new = self._new, []
        return new, what

    def _mention(self, task: int) -> None:
        while self._tasks <= task:
            self._new.append(("task", *self._names.task_keys[self._tasks]))
            self._tasks += 1

    def _all(self, moves: Any) -> list[int]:
        return [self._move(move) for move in moves]

    def _move(self, move: Move) -> int:
        key = move.task, move.option, move.options, move.reads, move.writes
        number = self._moves.get(key)
        if number is None:
            number = self._moves[key] = len(self._moves)
            self._mention(move.task)
            while self._objects < (move.reads | move.writes).bit_length():
                what, creator, index = self._names.object_keys[self._objects]
                self._mention(creator)
                self._new.append(("object", what, creator, index))
                self._objects += 1
            self._new.append(("move", *key))
        return number

    def _subtree(self, subtree: Subtree) -> Any:
        line = subtree.forks()
        same = 0
        while same < min(len(line), len(self._line)) and line[same] == self._line[same]:
            same += 1
        self._line = line
        forks = [
            (
                self._all(fork.sleep),
                self._all(fork.firsts[: taken + 1]),
                fork.complete,
                fork.position,
            )
            for fork, taken in line[same:]
        ]
        settled = [fork.settled[taken] for fork, taken in line]
        stages = [self._stage(stage) for stage in subtree.stages]
        moves, case = self._all(subtree.moves), None if same else self._case(subtree.case)
        return same, forks, settled, moves, stages, subtree.choosing, case

    def _case(self, case: Case | None) -> list[tuple[int, ...]] | None:
        if case is None:
            return None
        for order in case:
            self._mention(order.task)
            self._mention(order.later)
        return [tuple(order) for order in case]

    def _plan(self, depth: int, plan: Plan) -> Any:
        moves = [self._planned_move(move) for move in plan.moves]
        asleep = self._all(plan.asleep)
        return depth, moves, plan.all, plan.pasts, plan.last, asleep

    def _planned_move(self, move: Move) -> int:
        """As `_move`, of a move of which there is one object (`Reversal`)."""
        number = self._planned.get(id(move))
        if number is None:
            number = self._planned[id(move)] = self._move(move)
            self._kept.append(move)
        return number

    def _stage(self, stage: Stage) -> Any:
        return (
            stage.position,
            self._all(stage.sleep),
            self._move(stage.move),
            None if stage.branch is None else self._branch(stage.branch),
            [self._branch(branch) for branch in stage.branches],
        )

    def _branch(self, branch: Branch) -> Any:
        moves = self._all(branch.moves[branch.at : branch.end])
        return moves, [self._branch(below) for below in branch.below]


class Receiver:
    """One end of a channel, as it hears."""

    def __init__(self, names: Names, known: Known | None = None) -> None:
        self._names = names
        tasks, self._known = known or known_now(names)
        self._tasks = list(range(tasks))  # by the sender's numbers, ours
        self._objects = list(range(self._known))
        self._moves: list[Move] = []
        self._line: list[Fork] = []
        self._case: Case | None = None

    def task(self, message: Message) -> Task:
        """A task."""
        told, quota = self._heard(message)
        return Task([self._subtree(*subtree) for subtree in told], quota)

    def cuts(self, message: Message) -> tuple[list[Cut], Any]:
        """What came of a task, and what was told beside it."""
        told, beside = self._heard(message)
        cuts = [
            Cut(
                [
                    (
                        depth,
                        Plan(tuple(self._all(moves)), remaining, pasts, last, self._all(asleep)),
                    )
                    for depth, moves, remaining, pasts, last, asleep in plans
                ],
                [self._stage(*stage) for stage in above],
                [self._stage(*stage) for stage in stages],
                choosing,
            )
            for plans, above, stages, choosing in told
        ]
        return cuts, beside

    def schedule(self, choices: list[Choice]) -> tuple[Choice, ...]:
        """Choices, from `beside`."""
        return tuple((self._tasks[task], option) for task, option in choices)

    def _heard(self, message: Message) -> Any:
        new, told = message
        for what, *rest in new:
            if what == "task":
                creator, index = rest
                self._tasks.append(self._names.task(self._tasks[creator], index))
            elif what == "object":
                kind, creator, index = rest
                self._objects.append(self._names.object(kind, self._tasks[creator], index))
            else:
                task, option, options, reads, writes = rest
                made = Move(self._tasks[task], option, options, self._mask(reads))
                made.writes = self._mask(writes)
                self._moves.append(made)
        return told

    def _mask(self, mask: int) -> int:
        if not mask >> self._known:
            return mask
        return sum(1 << self._objects[number] for number in bits(mask))

    def _all(self, moves: list[int]) -> list[Move]:
        return [self._moves[move] for move in moves]

    def _subtree(
        self,
        same: int,
        forks: list[Any],
        settled: list[int],
        moves: list[int],
        stages: list[Any],
        choosing: bool,
        case: Any,
    ) -> Subtree:
        del self._line[same:]
        if not same:
            self._case = None if case is None else tuple([self._order(*one) for one in case])
        for sleep, firsts, complete, position in forks:
            above = self._line[-1] if self._line else None
            taken = 0 if above is None else len(above.firsts) - 1
            fork = Fork(above, taken, self._all(sleep), complete, position, self._case)
            fork.firsts = self._all(firsts)
            fork.settled = [0] * len(fork.firsts)
            self._line.append(fork)
        for fork, races in zip(self._line, settled, strict=True):
            fork.settled[-1] = races
        last = self._line[-1] if self._line else None
        taken = 0 if last is None else len(last.firsts) - 1
        follow = tuple(self._all(moves))
        standing = [self._stage(*stage) for stage in stages]
        return Subtree(last, taken, follow, standing, choosing, self._case)

    def _order(self, task: int, nth: int, later: int, later_nth: int) -> Order:
        return Order(self._tasks[task], nth, self._tasks[later], later_nth)

    def _stage(
        self,
        position: int,
        sleep: list[int],
        move: int,
        branch: Any,
        branches: list[Any],
    ) -> Stage:
        return Stage(
            position,
            self._all(sleep),
            self._moves[move],
            None if branch is None else self._branch(*branch),
            [self._branch(*one) for one in branches],
        )

    def _branch(self, moves: list[int], below: list[Any]) -> Branch:
        made = tuple(self._all(moves))
        return Branch(made, 0, len(made), [self._branch(*one) for one in below])


def copied(task: Task, names: Names) -> Task:
    """The same task once more: whoever explores one uses up what it is made of."""
    receiver = Receiver(names)
    return receiver.task(Sender(names).task(task))
