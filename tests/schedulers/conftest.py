"""One fixture, every scheduler: the battery's programs are written once and carried by each.

A program is a function that creates primitives, starts tasks, joins them, asserts, and may return
what it saw. `carry(program, classes, results)` runs it

* explored: every equivalence class once, by every exhaustive strategy. All executions must be
  "ok", there must be exactly `classes` of them, and what they return must be exactly the set
  `results`. If the program has few interleavings, all are also run without any reduction, and the
  distinct happens-before orders among them are counted by `happens_before` below, which shares
  nothing with the searches;
* on threads, on processes and as coroutines: again and again for real. An exception in any task
  fails the test, a run that hangs is ended and reported, and what it returns must be one of
  `results`: what really happens is among what was explored.

Tasks report through objects of the harness only, for on processes nothing else is shared.
"""

from __future__ import annotations

import importlib.util
import signal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import verify
from verify.exploration.depth_first import BruteForce, Exhaustive
from verify.exploration.dpor import Dpor
from verify.exploration.strategy import Strategy
from verify.scheduling.coroutines import CoroutineScheduler
from verify.scheduling.event import Ending, Execution
from verify.scheduling.explored import Explored
from verify.scheduling.monitor import Monitor, TaskFailure
from verify.scheduling.scheduler import activate
from verify.scheduling.threads import ThreadScheduler

Program = Callable[[], Any]

FEW = 500
"""Programs with at most so many interleavings are also explored by brute force."""
SECONDS_TO_HANG = 20
"""A real run that takes longer hangs: every program of the battery takes milliseconds."""
PROCESSES_MISSING = importlib.util.find_spec("verify.scheduling.processes") is None


class Hang(Exception):
    """A real run did not come to an end."""


def happens_before(execution: Execution, engine: Explored) -> Any:
    """An execution's equivalence class: for each object the writes in order, and which reads lie
    between them; and which option each event took.

    Events are known by their task's path and their index in it, both the same in every execution.
    """
    done: Counter[int] = Counter()
    lines: dict[int, list[tuple[bool, frozenset[Any]]]] = defaultdict(list)
    options = []
    for event in execution.events:
        name = (engine.names.path(event.task), done[event.task])
        done[event.task] += 1
        options.append((name, event.option))
        touched = event.reads | event.writes
        for number in range(touched.bit_length()):
            if event.writes >> number & 1:
                lines[number].append((True, frozenset([name])))
            elif touched >> number & 1:
                line = lines[number]
                if line and not line[-1][0]:
                    line[-1] = (False, line[-1][1] | {name})
                else:
                    line.append((False, frozenset([name])))
    ordered = frozenset((number, tuple(line)) for number, line in lines.items())
    return ordered, frozenset(options)


def explore(
    program: Program, strategy: Strategy, at_most: int | None = None
) -> tuple[Counter[str], set[Any], set[Any]] | None:
    """Outcomes (one for each complete execution), what "ok" ones returned, and the classes seen.

    None if there are more than `at_most` executions. As in the driver, a program that its strategy
    cannot search is searched by another one.
    """
    engine = Explored()
    outcomes: Counter[str] = Counter()
    returned: set[Any] = set()
    classes: set[Any] = set()
    result: list[Any] = []

    def main() -> None:
        result.append(program())

    while strategy.begin():
        result.clear()
        execution = engine.run(main, strategy.choose)
        strategy.end(execution)
        if strategy.unplannable:
            return explore(program, Exhaustive(), at_most)
        assert execution.ending is not Ending.MAX_STEPS
        if execution.ending is Ending.REDUNDANT:
            continue
        outcomes[execution.outcome] += 1
        classes.add(happens_before(execution, engine))
        if execution.outcome == "ok":
            returned.update(result)
        if at_most is not None and outcomes.total() > at_most:
            return None
    return outcomes, returned, classes


def explore_exactly(program: Program, outcomes: dict[str, int]) -> set[Any]:
    """Explore every class; how many of them end how is exactly as told. What "ok" ones returned."""
    reduced = [explore(program, strategy) for strategy in (Exhaustive(), Dpor())]
    for explored in reduced:
        assert explored is not None
        assert dict(explored[0]) == outcomes
        assert len(explored[2]) == explored[0].total(), "an equivalence class was run twice"
        assert explored[1:] == reduced[0][1:], "two strategies saw other classes, or results"
    forced = explore(program, BruteForce(), at_most=FEW)
    if forced is not None:
        assert forced[0].keys() == outcomes.keys()
        assert forced[1:] == reduced[0][1:], "brute force saw other classes, or other results"
    return reduced[0][1]


def agree(program: Program) -> Counter[str]:
    """Explore by every exhaustive strategy; all must see the same classes, and the reducing ones
    each of them once. How many classes end how."""
    reduced = [explore(program, strategy) for strategy in (Exhaustive(), Dpor())]
    forced = explore(program, BruteForce())
    assert forced is not None
    for explored in reduced:
        assert explored is not None
        assert explored[1:] == forced[1:], "not the classes, or the results, of brute force"
        assert explored[0].total() == len(forced[2]), "an equivalence class was run twice"
    assert reduced[0] is not None
    return reduced[0][0]


class Carrier:
    """Runs the battery's programs on one scheduler."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(
        self, program: Program, classes: int, results: set[Any] | frozenset[Any] = frozenset([None])
    ) -> None:
        if self.name == "explored":
            assert explore_exactly(program, {"ok": classes}) == results
            return
        for _ in range(20 if self.name == "threads" else 3):
            assert self.once(program) in results

    def once(self, program: Program) -> Any:
        """One real run; what the program returned."""
        result, failures = self.run(program)
        assert failures == []
        return result

    def run(self, program: Program) -> tuple[Any, list[TaskFailure]]:
        """One real run: what the program returned, and the exceptions that tasks let out."""
        with self._scheduler() as scheduler:
            scheduler.failures = []
            with _ended_if_it_hangs(scheduler):
                if isinstance(scheduler, CoroutineScheduler):
                    result = scheduler.run(program)
                else:
                    result = program()
            return result, scheduler.failures

    @contextmanager
    def _scheduler(self) -> Iterator[Monitor]:
        if self.name == "threads":
            threads = ThreadScheduler()
            before = activate(threads)
            try:
                yield threads
            finally:
                activate(before)
            return
        if self.name == "coroutines":
            with CoroutineScheduler() as coroutines:
                yield coroutines
            return
        from verify.scheduling.processes import ProcessScheduler

        processes = ProcessScheduler()
        before = activate(processes)
        try:
            yield processes
        finally:
            activate(before)
            processes.close()


@contextmanager
def _ended_if_it_hangs(scheduler: Monitor) -> Iterator[None]:
    """An alarm and no helper thread: a process with several threads should not fork."""

    def ring(signal_number: int, frame: Any) -> None:
        parked = ", ".join(f"{task.name} at {task.operation}" for task in scheduler.blocked())
        scheduler.abort()
        raise Hang(f"no end after {SECONDS_TO_HANG} s; parked: {parked or 'nobody'}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS_TO_HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(
    params=[
        "explored",
        "threads",
        "coroutines",
        pytest.param(
            "processes",
            marks=pytest.mark.skipif(
                PROCESSES_MISSING, reason="there is no verify.scheduling.processes"
            ),
        ),
    ]
)
def carry(request: pytest.FixtureRequest) -> Carrier:
    """Carries a program on one scheduler after another; `indirect` names some of them."""
    return Carrier(request.param)


@pytest.fixture
def reported() -> Callable[[str, Program], list[TaskFailure]]:
    """The exceptions that tasks let out in one real run on the named scheduler."""
    return lambda name, program: Carrier(name).run(program)[1]


@pytest.fixture
def exactly() -> Callable[[Program, dict[str, int]], set[Any]]:
    """Explores a program whose executions do not all end well, which no real run should do."""
    return explore_exactly


@pytest.fixture
def agreeing() -> Callable[[Program], Counter[str]]:
    """Explores a program by every exhaustive strategy, which must agree about it."""
    return agree


@pytest.fixture(params=[verify.Queue, verify.LifoQueue, verify.PriorityQueue])
def queue_class(request: pytest.FixtureRequest) -> Any:
    """What holds of every queue is asked of each."""
    return request.param
