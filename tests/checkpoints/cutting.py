"""Searches that are cut into pieces: each goes on where the one before was saved, in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.workers.telling import told as told_by_any_number
from verify.checkpoints.checkpoint import Checkpoint, Kept
from verify.checkpoints.format import decode, encode
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report
from verify.exploration.saving import Saved, Saver
from verify.scheduling.event import Choice, Execution
from verify.scheduling.naming import Names

Program = Callable[[], object]
Schedules = list[tuple[Choice, ...]]
PROGRAM = "0" * 64


def through_a_file(saved: Saved) -> Saved:
    """What comes out of a checkpoint that holds nothing else."""
    data = encode(Checkpoint({}, {}, (), [Kept("a::b", PROGRAM, saved)]))
    read = decode(data, "a checkpoint").models[0].search
    assert read is not None
    return read


def told(report: Report) -> dict[str, Any]:
    """All that must not depend on whether a search was stopped."""
    return {**told_by_any_number(report), "concerns": report.concerns}


class Whole:
    """A search without interruption, and the schedules of its executions in order."""

    def __init__(self, program: Program, **settings: Any) -> None:
        schedules: Schedules = []
        report = Search(program, on_execution=_noting(schedules), **settings).run()
        self.told = told(report)
        self.executions = report.executions
        self.schedules = schedules[-report.executions :]


class Cut:
    """The same, stopped after each so many executions and taken up by another search."""

    def __init__(
        self,
        program: Program,
        every: int,
        turns: Iterator[int] | None = None,
        fruitless: bool = False,
        **settings: Any,
    ) -> None:
        """`turns`: how many workers there are in each part. `fruitless`: every other part is
        stopped before it has run anything."""
        schedules: Schedules = []
        self.parts = 0
        saved: list[Saved] = []
        report = None
        while not saved or not saved[-1].over:
            self.parts += 1
            if turns is not None:
                settings["workers"] = next(turns)
            assert self.parts < 1_000, "it does not come to an end"
            saver = Saver(
                lambda one: saved.append(through_a_file(one)), saved[-1] if saved else None
            )
            report = Search(
                program,
                limits=Limits(max_executions=every * (-(-self.parts // (1 + fruitless)))),
                on_execution=_noting(schedules),
                saver=saver,
                **settings,
            ).run()
            if report.nondeterminism:
                break
        assert report is not None
        self.told = told(report)
        self.last = saved[-1]
        self.schedules = schedules[-report.executions :]


def _noting(schedules: Schedules) -> Callable[[Execution, Names], None]:
    return lambda execution, names: schedules.append(execution.schedule)
