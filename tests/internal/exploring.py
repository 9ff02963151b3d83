"""Exploring small programs of one primitive, at internal granularity and at the other.

A program is a primitive and, for each task, what it asks of it, one after another. A task goes on
after an error, which is a result like any other. Nobody waits for the tasks, and they are daemons:
that some of them sleep for ever may be right, and whether it is, the monitor's scheduler says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement, product
from typing import Any

import verify
from tests.internal.menus import Menu
from verify.exploration.dpor import Dpor
from verify.scheduling.event import Ending, Failure
from verify.scheduling.explored import Explored
from verify.scheduling.internal import Checkers, Internal, Internally

Tasks = tuple[tuple[str, ...], ...]
"""For each task, the names of its actions on the menu."""
Scheduler = Callable[[Explored, Checkers], Internal]


def one_each(menu: Menu, tasks: int = 3) -> Iterator[Tasks]:
    """The programs of so many tasks with one action each, up to the tasks' order."""
    for names in combinations_with_replacement(menu.actions, tasks):
        yield tuple((name,) for name in names)


def up_to(menu: Menu, longest: int = 3, tasks: int = 2) -> Iterator[Tasks]:
    """The programs of so many tasks with 1 to `longest` actions each, up to the tasks' order."""
    lines = [
        line for count in range(1, longest + 1) for line in product(menu.actions, repeat=count)
    ]
    yield from combinations_with_replacement(lines, tasks)


@dataclass
class Tally:
    """What explorations came to: `shown` is what each task got, with None for what it waits for."""

    programs: int = 0
    executions: int = 0
    redundant: int = 0
    events: int = 0
    failures: list[tuple[Tasks, Failure]] = field(default_factory=list)
    shown: set[tuple[Any, ...]] = field(default_factory=set)


def program(
    menu: Menu, tasks: Tasks, show: Callable[[tuple[Any, ...]], None] | None = None
) -> Callable[[], None]:
    """The program; what every task got is shown at the end of each execution."""

    def main() -> None:
        subject = menu.make()
        got: list[list[Any]] = [[] for _ in tasks]
        if show is not None:
            _at_the_end(lambda: show(tuple(map(tuple, got))))
        for line, results in zip(tasks, got, strict=True):
            actions = [menu.actions[name] for name in line]
            verify.Thread(
                target=lambda a=actions, r=results: _run(subject, a, r), daemon=True
            ).start()

    return main


def _run(subject: Any, actions: list[Any], results: list[Any]) -> None:
    for action in actions:
        results.append("waits")
        try:
            results[-1] = action(subject)
        except KeyboardInterrupt:
            results[-1] = "was interrupted"
        except Exception as error:
            if isinstance(error, AssertionError):
                raise
            results[-1] = type(error).__name__


def _at_the_end(call: Callable[[], None]) -> None:
    from verify.scheduling.scheduler import current

    scheduler: Any = current()
    getattr(scheduler, "engine", scheduler).asked_at_end.append(call)


def explore(
    menu: Menu,
    tasks: Tasks,
    tally: Tally,
    checkers: Checkers | None = None,
    scheduler: Scheduler = Internal,
    internal: bool = True,
) -> None:
    """Run all classes of a program, and add what they came to."""
    run = program(menu, tasks, tally.shown.add)
    if internal:
        run = Internally(run, scheduler)
        if checkers is not None:
            run.checkers = checkers
    engine, strategy = Explored(), Dpor()
    tally.programs += 1
    while strategy.begin():
        script = engine.execution.events[: strategy.kept]
        execution = engine.run(run, strategy.choose, script=script)
        strategy.end(execution)
        assert not strategy.unplannable and not engine.awaiting.needed
        assert not execution.undecided
        if execution.ending is Ending.REDUNDANT:
            tally.redundant += 1
            continue
        tally.executions += 1
        tally.events += len(execution.events)
        tally.failures += [(tasks, failure) for failure in execution.failures]


def prove(menu: Menu, programs: Iterable[Tasks], internal: bool = True) -> Tally:
    """Explore programs; fail with the first that is not as it should be. What they come to is
    printed."""
    checkers: Checkers = {}
    tally = Tally()
    began = time.perf_counter()
    for tasks in programs:
        explore(menu, tasks, tally, checkers, internal=internal)
        assert not tally.failures, tally.failures[0]
        tally.shown.clear()
    assert tally.redundant == 0, "every class once"
    print(
        f"\n{menu}: {tally.programs} programs, {tally.executions} executions, "
        f"{tally.events} events, {time.perf_counter() - began:.1f} s"
    )
    for checker in checkers.values():
        print(f"{checker.histories} histories, {checker.distinct} of them different")
    return tally
