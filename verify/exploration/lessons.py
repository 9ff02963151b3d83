"""Lessons: what a search that is shared out learns of executions that were run elsewhere.

Exploring is deterministic. So somebody else who explores the same first task, and learns the same
lessons in the same order, knows what the search knows when it has its other tasks explored.

    lesson_of   why a search begins again
    learn       makes it so for another one
    catch_up    learns all lessons
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple

from verify.errors import Nondeterministic
from verify.exploration.case import WHOLE
from verify.exploration.follow import Follow
from verify.exploration.loop import Search
from verify.exploration.piece import Piece
from verify.exploration.pieces import Pieces, Stint
from verify.exploration.report import Report
from verify.scheduling.event import Choice, Execution


class Lesson(NamedTuple):
    """What came of a task and made the search begin again: why, with the reason where it is to be
    re-executed, and with an execution that shows what is shared.
    """

    again: str
    reason: str
    schedule: tuple[Choice, ...]


def learn(search: Search, lesson: Lesson) -> None:
    """Learn what makes the search begin again."""
    if lesson.again == "unplannable":
        search.unplannable = True
    elif lesson.again == "whole":
        search.cases = WHOLE
    elif lesson.again == "awaits":
        search.engine.awaiting.on = True
    elif lesson.again == "open":
        search.carrier.give_up(lesson.reason)
    else:
        if not teaches(search, rerun(search, lesson.schedule)):
            raise Nondeterministic(
                "tasks shared something in one run that they did not share when the same schedule "
                "was run again"
            )


def knowledge(search: Search) -> tuple[str, bool, bool]:
    """What a search knows, as far as no execution has to show it."""
    return search.carrier.reason, search.awaits, search.cases is WHOLE


def lesson_of(search: Search, known: tuple[str, bool, bool]) -> Lesson:
    """Why a search begins again that knew so much before."""
    reason, awaits, whole = knowledge(search)
    if search.unplannable:
        return Lesson("unplannable", "", ())
    if whole != known[2]:
        return Lesson("whole", "", ())
    if reason != known[0]:
        return Lesson("open", reason, ())
    return Lesson("awaits" if awaits != known[1] else "grew", "", search.carrier.latest)


def catch_up(search: Search, quota: int, lessons: Sequence[Lesson], printed: io.StringIO) -> None:
    """Explore the first task, of so many executions, and learn all that the search has learnt, one
    after the other, each time beginning again; Nondeterministic if that goes another way.
    """
    for lesson in (*lessons, None):
        over: bool | None = True
        while over and not search.unplannable:
            strategy = search.new_strategy()
            assert isinstance(strategy, Pieces)
            first = strategy.frontier.first
            assert first is not None
            search.carrier.begin(strategy)
            search.report = Report("dpor")
            search.start_counting()
            over = search.explore_part(Stint(first._replace(quota=quota), Piece()), printed)
        if over is not None:
            raise Nondeterministic("explored the first part of the search, and it went another way")
        if lesson is not None:
            learn(search, lesson)


def rerun(search: Search, schedule: tuple[Choice, ...]) -> Execution:
    """Run an execution that was run elsewhere."""
    return search.engine.run(search.program, Follow(schedule).choose)


def teaches(search: Search, execution: Execution) -> bool:
    """Whether the search must begin again after an execution that was run again."""
    schedule = execution.schedule
    grew = search.carrier.grew()
    if grew:
        search.carrier.taught = schedule
    return grew
